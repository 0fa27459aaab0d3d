"""What is said of labels, without a server; how it is said in a run: test_labels.py."""

from __future__ import annotations

from typing import cast

import pytest

from trasloco.engine.label_remarks import label_remarks
from trasloco.engine.labelled_inventory import LabelledInventory
from trasloco.engine.labels import Labels
from trasloco.imap.client import Client
from trasloco.imap.values import Capabilities, Fetched, Mailbox

TREE = [
    Mailbox(b"INBOX", "/"),
    Mailbox(b"[Gmail]", "/", frozenset({"\\noselect"})),
    Mailbox(b"[Gmail]/All Mail", "/", frozenset({"\\all"})),
    Mailbox(b"Work", "/"),
]


class Destination:
    """Only its capabilities are asked for."""

    def __init__(self, *capabilities: str) -> None:
        self.capabilities = Capabilities(capabilities)


def said(labels: Labels | None, *capabilities: str, tree: list[Mailbox] = TREE) -> dict[str, str]:
    entries = label_remarks(labels, tree, cast(Client, Destination(*capabilities or ("UIDPLUS",))))
    assert len({entry.action for entry in entries}) == len(entries)
    return {entry.action: entry.words for entry in entries}


def labels_of(*sets: tuple[bytes, ...], tree: list[Mailbox] = TREE) -> Labels:
    labels = Labels(tree, [mailbox.name for mailbox in tree], categories=False)
    labels.before = LabelledInventory()
    for uid, each in enumerate(sets, 1):
        item = Fetched(uid, uid, frozenset(), None, 10)
        item.other = {"X-GM-MSGID": uid + 100, "X-GM-LABELS": each}
        labels.before.add(item)
    return labels


def test_nothing_is_wrong_and_the_archive_is_counted() -> None:
    entries = said(labels_of((b"\\Inbox",), (b"Work", b"\\Starred"), (), (b"\\Important",)))
    assert entries.keys() == {"labels-read"}
    assert "4 messages, of which 2 are in no folder" in entries["labels-read"]


def test_at_most_five_hidden_labels_are_named_and_what_has_no_other_is_counted() -> None:
    entries = said(labels_of(*[(b"L%d" % number,) for number in range(7)], (b"L1", b"Work")))
    assert "“L0”, “L1”, “L2”, “L3”, “L4” and 2 more." in entries["labels-hidden"]
    assert "7 messages that have no other label" in entries["labels-hidden"]


@pytest.mark.parametrize(("count", "limited"), [(999, False), (1000, True), (2000, True), (2001, False)])
def test_a_round_number_of_messages_is_suspected(count: int, limited: bool) -> None:
    assert ("folder-limit" in said(labels_of(*[()] * count))) is limited


def test_a_destination_without_uidplus_is_named() -> None:
    assert "labels-not-copied" in said(labels_of(()), "IDLE")


def test_all_mail_that_the_operator_leaves_out_is_not_called_hidden() -> None:
    assert said(Labels(TREE, [b"INBOX"], categories=False)) == {}
    hidden = [mailbox for mailbox in TREE if b"All" not in mailbox.name]
    assert said(Labels(hidden, [b"INBOX"], categories=False)).keys() == {"all-mail-hidden"}


def test_only_what_looks_like_gmail_is_missed_without_the_extension() -> None:
    assert said(None).keys() == {"labels-not-told"}
    assert said(None, tree=[Mailbox(b"INBOX", "/"), Mailbox(b"Gmail", "/")]) == {}
