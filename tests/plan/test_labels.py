"""Gmail's own folders: which marks they are, and where they go."""

from __future__ import annotations

import pytest

from tests.plan.test_mapping import PLAIN, box, names, pair_of, to_plain
from trasloco.imap.values import Mailbox
from trasloco.plan.labels import MARKS, mark_of, mark_words
from trasloco.plan.mapping import Mapping, Rule, Rules, map_folders

GMAIL = Rules(labels=True)
SOURCE = (
    box("INBOX"),
    box("[Gmail]", "\\Noselect"),
    box("[Gmail]/Alle Nachrichten", "\\All"),
    box("[Gmail]/Entwürfe", "\\Drafts"),
    box("[Gmail]/Gesendet", "\\Sent"),
    box("[Gmail]/Markiert", "\\Flagged"),
    box("[Gmail]/Wichtig", "\\Important"),
    box("[Gmail]/Papierkorb", "\\Trash"),
    box("[Gmail]/Chats"),
    box("Work"),
    box("Work/2019"),
)


def left_out(mapping: Mapping) -> dict[str, Rule]:
    return {item.display: item.kind for item in mapping.left_out}


def test_all_mail_is_the_archive_and_the_others_stand_at_the_top() -> None:
    mapping = to_plain(*SOURCE, rules=GMAIL)
    there = names(mapping)
    assert there[pair_of(mapping, "[Gmail]/Alle Nachrichten").source.name] == b"Archive"
    assert pair_of(mapping, "[Gmail]/Alle Nachrichten").special_use == "\\Archive"
    assert pair_of(mapping, "[Gmail]/Gesendet").destination == b"Gesendet"
    assert there[b"Work/2019"] == b"Work/2019"
    assert left_out(mapping) == {
        "[Gmail]/Chats": Rule.LABEL,
        "[Gmail]/Markiert": Rule.LABEL,
        "[Gmail]/Wichtig": Rule.LABEL,
        "[Gmail]/Papierkorb": Rule.ROLE,
    }


def test_the_destinations_own_folders_are_taken_by_role() -> None:
    mapping = to_plain(*SOURCE, there=(box("Archiv", "\\Archive"), box("Sent", "\\Sent")), rules=GMAIL)
    assert pair_of(mapping, "[Gmail]/Alle Nachrichten").destination == b"Archiv"
    assert pair_of(mapping, "[Gmail]/Gesendet").destination == b"Sent"
    assert pair_of(mapping, "[Gmail]/Alle Nachrichten").renamed


def test_mapping_again_after_the_folders_were_created_gives_the_same() -> None:
    first = to_plain(*SOURCE, rules=GMAIL)
    made = [Mailbox(pair.destination, "/", frozenset({pair.special_use.lower()} - {""})) for pair in first.pairs if pair.create]
    second = map_folders(SOURCE, PLAIN, [box("INBOX"), *made], PLAIN, rules=GMAIL)
    assert names(second) == names(first)


def test_what_is_wished_for_is_taken() -> None:
    mapping = to_plain(*SOURCE, rules=Rules(labels=True, taken=MARKS))
    assert names(mapping)[b"[Gmail]/Markiert"] == b"Markiert"
    assert left_out(mapping) == {"[Gmail]/Papierkorb": Rule.ROLE}


def test_a_pattern_for_the_folder_above_still_leaves_out_what_is_below() -> None:
    mapping = to_plain(*SOURCE, rules=Rules(labels=True, skip_folders=("[Gmail]",)))
    assert set(names(mapping)) == {b"INBOX", b"Work", b"Work/2019"}


def test_without_labels_nothing_of_this_happens() -> None:
    mapping = to_plain(*SOURCE, rules=Rules())
    assert names(mapping)[b"[Gmail]/Markiert"] == b"[Gmail]/Markiert"


@pytest.mark.parametrize(
    ("path", "attributes", "mark"),
    [
        (("[Gmail]", "Chat"), set(), "chats"),
        (("[Google Mail]", "Chats"), {"\\hasnochildren"}, "chats"),
        (("[Gmail]", "Speciali"), {"\\flagged"}, "starred"),
        (("[Gmail]", "Importanti"), {"\\important"}, "important"),
        (("[Gmail]", "Bozze"), {"\\drafts"}, ""),
        (("Chats",), set(), ""),
        (("[Gmail]", "A", "B"), set(), ""),
    ],
)
def test_marks_are_known_by_their_role_and_chats_by_having_none(path: tuple[str, ...], attributes: set[str], mark: str) -> None:
    assert mark_of(path, frozenset(attributes)) == mark


def test_the_rule_names_the_option_that_takes_it_along() -> None:
    assert all(f"--include {mark}" in mark_words(mark) for mark in MARKS)
