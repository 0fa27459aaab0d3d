"""Why something is not possible now, in words: the codes of ``records.planning.NotNow``."""

from __future__ import annotations

from django.utils.translation import gettext as _

from trasloco.records.planning import NotNow


def refusal_words(error: NotNow) -> str:
    """A sentence, and what to do."""
    code, _colon, value = str(error).partition(":")
    words = {
        "unfinished": _("There are %(value)s unfinished migrations already, as many as you may have. Wait for one to end, or delete one."),
        "addresses": _("%(value)s addresses may not be moved (any more); they are named here."),
        "no-accounts": _("There is no account to move: give a CSV, or take an account in again."),
        "logins-fail": _("There are logins that do not work or were not checked yet. Correct them, or leave those accounts out."),
        "destination-changed": _("The operator has changed the destination meanwhile: the logins are checked again."),
        "no-destination": _("None of the domains has a destination system. Ask your provider."),
        "nothing-to-start": _("There is no planned run that could be started now."),
        "nothing-runs": _("No run is under way any more."),
        "nothing-stopped": _("There is no stopped run to go on with, or its passwords have been wiped."),
        "nothing-to-retry": _("There is nothing to try again, or the passwords have been wiped: run once more instead."),
        "nothing-to-compare": _(
            "Nothing is to be compared: a run is under way, all is compared already, or the passwords have been wiped."
        ),
        "nothing-to-leave-out": _("None of these accounts fails any more: there is nothing to leave out."),
        "already-begun": _("The run has begun meanwhile; its date cannot be changed any more."),
        "hour-past": _("That hour is over already. To begin at once, use “Start now”."),
        "hours": _("The second run must lie within %(value)s hours after the first."),
        "still-runs": _("A run is under way, stopped or planned; that has to end first."),
        "being-ended": _("The last run is just being brought to its end. Try again in a minute."),
        "of-the-command-line": _("This migration was made on the command line, and goes on there."),
        "passwords-wiped": _("The passwords were wiped when the last run ended. Give the CSV again to run once more."),
        "deleted": _("The migration has been deleted meanwhile."),
    }
    return words.get(code, _("That is not possible now.")) % {"value": value}
