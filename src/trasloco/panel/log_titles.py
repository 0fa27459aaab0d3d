"""What a line of an account's log is about, by its ``action``, in the person's language. The engine's sentence, which
names folder and message and quotes the servers, stands behind it (``records.said``)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trasloco.records.diagnosis import known_title

LOG_TITLES: dict[str, str | Promise] = {
    "all-mail-hidden": _("All Mail is not shown"),
    "append-limit": _("Largest message the new server takes"),
    "dates-found": _("Missing dates found"),
    "flags-lost": _("Flags not kept"),
    "folder-completed": _("Folder complete"),
    "folder-followed": _("Renamed folder followed"),
    "folder-left-out": _("Folder left out"),
    "folder-limit": _("Perhaps not all mail is shown"),
    "folder-renamed": _("Folder has another name on the new server"),
    "labels-copied": _("Labels copied"),
    "labels-hidden": _("Labels that are not shown"),
    "labels-not-copied": _("Labels fetched one by one"),
    "labels-not-told": _("Labels not told"),
    "labels-read": _("Labels read"),
    "late-copy-left": _("Late copy left in place"),
    "late-copy-removed": _("Late copy removed"),
    "ledger-taken-over": _("Earlier ledger taken over"),
    "log-full": _("Log full"),
    "master-not-proved": _("Master login not proved"),
    "message-refused": _("Message refused"),
    "message-repaired": _("Message repaired"),
    "message-vanished": _("Message vanished"),
    "messages-moved": _("Messages moved"),
    "messages-skipped": _("Messages skipped"),
    "messages-without-content": _("Messages without content"),
    "numbers-went-back": _("Message numbers went back"),
    "pop3-source": _("Copied by POP3"),
    "refused-and-stored": _("Refused and stored all the same"),
    "room-is-short": _("Room is short"),
    "server-oddity": _("How this server differs"),
    "subscribe-refused": _("Folder not subscribed"),
    "uids-not-lasting": _("Message numbers do not last"),
}


def log_title(action: str) -> str:
    """A few words; those of the diagnosis when the action is a failure's code, "" for an action that has none."""
    return str(LOG_TITLES.get(action) or known_title(action))
