"""What an account waits for, as a sentence."""

from __future__ import annotations

from trasloco.records.diagnosis import known_title
from trasloco.records.wait_lines import WaitLine, WaitReason
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _


def wait_words(line: WaitLine) -> Sentence:
    """In the active language where the title of a failure is a part of it."""
    if line.reason is WaitReason.HOURS:
        return _("For the hours in which migration %(code)s may move mail", code=line.about)
    if line.reason is WaitReason.BUDGET:
        return _("For the next day: what may be fetched of their mailboxes in one is used up")
    if line.reason is WaitReason.RETRY:
        title = str(known_title(line.about) or line.about)
        return _("For another try, which comes by itself: %(title)s", title=title)
    if line.reason is WaitReason.MAILBOX:
        return _("For another migration that writes into the same mailboxes as %(code)s", code=line.about)
    if line.reason is WaitReason.SOURCE:
        return _("For a free connection to %(host)s", host=line.about)
    if line.reason is WaitReason.DESTINATION:
        return _("For a free place at %(host)s", host=line.about)
    if line.reason is WaitReason.CUSTOMER:
        if not line.about:
            return _("For a free place among those of the command line")
        return _("For a free place among those of customer %(name)s", name=line.about)
    if line.reason is WaitReason.ALL:
        return _("For a free place among those of the whole installation")
    return _("For a free place of a worker")
