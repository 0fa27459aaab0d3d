from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import FOLDERS, Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire import WireRefused


def read(server: Dovecot, user: str) -> Snapshot:
    return Snapshot.read(server.host, server.port, user, server.password)


def filler_of(server: Dovecot, user: str) -> MailboxFiller:
    return MailboxFiller(server.host, server.port, user, server.password)


def test_it_fills_a_tree_exactly(dovecot_source: Dovecot, user: str) -> None:
    letters = list(Letters(7).take(1000))
    with filler_of(dovecot_source, user) as filler:
        filler.fill(Letters(7), 1000)
    snapshot = read(dovecot_source, user)
    assert snapshot.digests() == Counter(hashlib.sha256(letter.content).hexdigest() for letter in letters)
    assert set(snapshot.folders) >= set(FOLDERS)
    flags = Counter(flag for entries in snapshot.folders.values() for entry in entries for flag in entry.flags)
    assert flags["\\seen"] > 600
    assert flags["$Forwarded"] > 0
    assert ("INBOX",) in snapshot.subscribed
    assert set(FOLDERS) - snapshot.subscribed
    assert sorted(entry.epoch for entries in snapshot.folders.values() for entry in entries) == sorted(
        int(letter.date.timestamp()) for letter in letters
    )


def test_date_flags_and_content_are_stored_as_given(dovecot_source: Dovecot, user: str) -> None:
    date = datetime(2019, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    with filler_of(dovecot_source, user) as filler:
        filler.append(("Sent",), [Mail(b'Subject: "\\ {3}\r\n\r\n) UID 99\r\n', ("\\Seen", "$Label1"), date)])
    (entry,) = read(dovecot_source, user)["Sent"]
    assert entry.flags == {"\\seen", "$Label1"}
    assert entry.epoch == int(date.timestamp())
    assert entry.uid == 1


def test_it_changes_what_it_stored(dovecot_source: Dovecot, user: str) -> None:
    with filler_of(dovecot_source, user) as filler:
        filler.append(("INBOX",), [Mail(b"Subject: %d\r\n\r\n" % number) for number in range(10)])
        filler.create(("Büro", "Neu"), subscribe=False)
        filler.store(("INBOX",), [1, 2], "+FLAGS", "\\Flagged", "Hallo")
        filler.delete(("INBOX",), [3])
        filler.move(("INBOX",), [4, 5], ("Büro", "Neu"))
        filler.rename(("Büro",), ("Bureau",))
    snapshot = read(dovecot_source, user)
    assert [entry.uid for entry in snapshot["INBOX"]] == [1, 2, 6, 7, 8, 9, 10]
    assert snapshot["INBOX"][0].flags == {"\\flagged", "Hallo"}
    assert len(snapshot["Bureau/Neu"]) == 2
    assert ("Bureau", "Neu") not in snapshot.subscribed


def test_refusals_come_in_the_servers_words(dovecot_source: Dovecot, user: str) -> None:
    with filler_of(dovecot_source, user) as filler:
        first, second = filler.append_each(("INBOX",), [Mail(b""), Mail(b"x\r\n")])
        assert "zero byte" in (first or "")
        assert second is None
        with pytest.raises(WireRefused, match="TRYCREATE"):
            filler.append(("Nowhere",), [Mail(b"x\r\n")])
