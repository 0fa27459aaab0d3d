"""What a stored verification found, in sentences of the active language: for the report and for the proof's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trasloco.documents import spoken
from trasloco.engine.comparison import Verdict
from trasloco.records.said import said


def verification_words(found: Mapping[str, Any] | None) -> str:
    """``found``: ``verification`` of the JSON report or of a proof's head; "" for None."""
    if found is None:
        return ""
    counts = {Verdict(name): count for name, count in found["counts"].items()}
    good = sum(count for verdict, count in counts.items() if verdict.good)
    sentences = [_good(good, found)]
    sentences += [words for verdict, count in counts.items() if count and (words := _not_good(verdict, count))]
    if found["error"]:
        sentences.append(_("It ended before its time: %(words)s") % {"words": said(found["error"])})
    return " ".join(sentences)


def _good(count: int, found: Mapping[str, Any]) -> str:
    facts = {"at": spoken.moment(found["at"]), "good": spoken.figure(count), "all": spoken.figure(found["asked"])}
    if found["sample"] is None:
        pattern = _(
            "On %(at)s the new mailbox was read again by a login of its own (all of them): "
            "%(good)s of %(all)s messages are as they should be."
        )
    else:
        pattern = _(
            "On %(at)s the new mailbox was read again by a login of its own (a sample taken at random): "
            "%(good)s of %(all)s messages are as they should be."
        )
    return pattern % facts


def _not_good(verdict: Verdict, count: int) -> str:
    """ "" for a verdict that is good."""
    if verdict is Verdict.MISSING:
        pattern = ngettext("%(n)s is no longer in its folder.", "%(n)s are no longer in their folder.", count)
    elif verdict is Verdict.DIFFERENT:
        pattern = ngettext("%(n)s is different.", "%(n)s are different.", count)
    elif verdict is Verdict.UNKNOWN:
        pattern = ngettext("%(n)s has no known place.", "%(n)s have no known place.", count)
    elif verdict is Verdict.PRESENT:
        pattern = ngettext("%(n)s is only known to be there.", "%(n)s are only known to be there.", count)
    else:
        return ""
    return pattern % {"n": spoken.figure(count)}
