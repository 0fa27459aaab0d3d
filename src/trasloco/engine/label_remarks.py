"""What a person should know of Gmail's labels before all is brought: what is hidden, and where to click. For the account's log."""

from __future__ import annotations

from collections.abc import Sequence

from trasloco.engine.labelled_inventory import LabelledInventory
from trasloco.engine.labels import EXTENSION, Labels, path_of
from trasloco.engine.sink import Entry, Level
from trasloco.imap.client import Client
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Mailbox
from trasloco.plan.labels import below_root
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

LIMITS = frozenset({1000, 2000, 5000, 10000})
"""Messages that a folder shows at most, where the user has chosen one of Gmail's limits."""

_NAMED = 5  # labels shown


def label_remarks(labels: Labels | None, tree: Sequence[Mailbox], destination: Client) -> list[Entry]:
    """labels: None of a source that tells none. tree: the source's folders."""
    if labels is None:
        return _not_told(tree)
    entries = [] if "UIDPLUS" in destination.capabilities else [_not_copied()]
    if not labels.shows_all:
        return [*entries, _hidden_all()]
    if labels.before is None:
        return entries
    return [*entries, *_read(labels, labels.before), *_hidden(labels, labels.before)]


def _not_told(tree: Sequence[Mailbox]) -> list[Entry]:
    """A source that looks like Gmail."""
    if not any(below_root(path_of(mailbox)) for mailbox in tree):
        return []
    words = _(
        "The source has Gmail's folders, but does not offer %(extension)s: its labels cannot be read. Each folder is fetched by itself, "
        "so a message with several labels is fetched several times, and All Mail is copied as a whole. Connect to imap.gmail.com "
        "directly and not through a relay, or leave out All Mail.",
        extension=EXTENSION,
    )
    return [Entry(Level.WARNING, "labels-not-told", words)]


def _not_copied() -> Entry:
    words = _("The destination does not tell where copies arrive (UIDPLUS): messages with several labels are fetched once for each.")
    return Entry(Level.WARNING, "labels-not-copied", words)


def _hidden_all() -> Entry:
    words = _(
        "All Mail is not shown in IMAP, so archived mail (mail without a label) cannot be seen and is not copied; mail with "
        "labels is. In Gmail's settings, under Labels, tick “Show in IMAP” for All Mail, then run once more."
    )
    return Entry(Level.WARNING, "all-mail-hidden", words)


def _read(labels: Labels, before: LabelledInventory) -> list[Entry]:
    words = ngettext(
        "Gmail's labels become folders, and every message is fetched once: All Mail has %(n)s message, of which "
        "%(archived)s are in no folder of a label and go to the archive.",
        "Gmail's labels become folders, and every message is fetched once: All Mail has %(n)s messages, of which "
        "%(archived)s are in no folder of a label and go to the archive.",
        len(before),
        archived=labels.count_archived(),
    )
    entries = [Entry(Level.INFO, "labels-read", words)]
    if len(before) in LIMITS:
        words = _(
            "All Mail shows exactly %(n)s messages, as if Gmail were set to limit IMAP folders to that number; older "
            "mail is hidden then. In Gmail's settings, under Forwarding and POP/IMAP, choose not to limit the number of messages.",
            n=len(before),
        )
        entries.append(Entry(Level.WARNING, "folder-limit", words))
    return entries


def _hidden(labels: Labels, before: LabelledInventory) -> list[Entry]:
    """Labels without a folder, and the messages that have no others."""
    hidden = {label for each in before.sets for label in each if labels.is_hidden(label)}
    if not hidden:
        return []
    names = sorted(decode_name(label.removeprefix(b"\\")) for label in hidden)
    shown: str = ", ".join(f"“{name}”" for name in names[:_NAMED])
    if len(names) > _NAMED:
        shown = _("%(names)s and %(more)s more", names=shown, more=len(names) - _NAMED)
    alone = [bool(each & hidden) and not labels.folders(each) for each in before.sets]
    count = sum(alone[before.set_number(position)] for position in range(len(before)))
    words = ngettext(
        "Labels that IMAP does not show: %(why)s. They make no folder; %(n)s message that has no other label goes to the archive. "
        "To have the folders, tick “Show in IMAP” for these labels in Gmail's settings, under Labels, before the first run.",
        "Labels that IMAP does not show: %(why)s. They make no folder; %(n)s messages that have no other label go to the archive. "
        "To have the folders, tick “Show in IMAP” for these labels in Gmail's settings, under Labels, before the first run.",
        count,
        why=shown,
    )
    return [Entry(Level.WARNING, "labels-hidden", words)]
