"""Destinations verified for real: as the run left them, and after somebody has been at them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.engine.conftest import Account
from trasloco.engine.comparison import Comparison, Tried, Verdict
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import MessageRow
from trasloco.engine.verify import Verification, verify_account
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail


def mails(subject: str, count: int) -> list[Mail]:
    return [Mail(f"Message-ID: <{subject}-{n}@x>\r\nSubject: {subject}\r\n\r\n{n}\r\n".encode()) for n in range(count)]


def verify(account: Account, **options: Any) -> Verification:
    source = options.pop("source", account.side(SideName.SOURCE))
    destination = options.pop("destination", account.side(SideName.DESTINATION))
    return asyncio.run(verify_account(source, destination, account.ledger, **options))


def change_rows(account: Account, change: Callable[[MessageRow], MessageRow]) -> None:
    """Rewrite the ledger, as if the engine had written something else."""

    async def rewrite() -> None:
        for record in await account.ledger.folders():
            rows = [change(row) async for chunk in account.ledger.rows(record.id) for row in chunk]
            await account.ledger.record(record.id, rows)

    asyncio.run(rewrite())


def test_what_was_copied_is_identical(account: Account) -> None:
    with account.source_filler() as filler:
        filler.fill(Letters("verify"), 250)
        filler.append(("Trash",), mails("rubbish", 3))
    account.run()
    before = account.destination()
    told: list[tuple[int, int]] = []
    found = verify(account, source=None, told=lambda messages, size: told.append((messages, size)))
    assert found.counts == {Verdict.IDENTICAL: 250}
    assert (found.verified, found.asked, found.well, found.failure) == (250, 250, True, None)
    assert found.findings == ()
    assert told[-1] == (250, found.size)
    assert account.destination() == before


def test_a_sample_is_as_large_as_asked_for_and_fair(account: Account) -> None:
    with account.source_filler() as filler:
        filler.fill(Letters("sample"), 60)
    account.run()
    assert verify(account, sample=10).counts == {Verdict.IDENTICAL: 10}
    assert verify(account, sample=1000).counts == {Verdict.IDENTICAL: 60}


def test_deleted_messages_are_missing_with_their_names(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 5))
    account.run()
    with account.destination_filler() as filler:
        filler.delete(("INBOX",), [2, 4])
    found = verify(account)
    assert found.counts == {Verdict.IDENTICAL: 3, Verdict.MISSING: 2}
    assert [(item.source_folder, item.source_uid, item.destination_uid) for item in found.findings] == [("INBOX", 2, 2), ("INBOX", 4, 4)]
    assert "deleted or moved there since" in found.findings[0].words
    assert not found.well


def test_a_folder_that_is_gone_is_missing_as_a_whole(account: Account) -> None:
    with account.source_filler() as filler:
        filler.create(("Sub",))
        filler.append(("Sub",), mails("sub", 3))
        filler.append(("INBOX",), mails("mail", 2))
    account.run()
    with account.destination_filler() as filler:
        filler.remove(("Sub",))
    found = verify(account)
    assert found.counts == {Verdict.IDENTICAL: 2, Verdict.MISSING: 3}
    assert found.failure is None


def test_a_folder_made_anew_cannot_be_compared(account: Account) -> None:
    with account.source_filler() as filler:
        filler.create(("Sub",))
        filler.append(("Sub",), mails("sub", 3))
    account.run()
    with account.destination_filler() as filler:
        filler.remove(("Sub",))
        filler.create(("Sub",))
    assert verify(account).counts == {Verdict.UNKNOWN: 3}


def test_other_bytes_are_different_and_both_digests_are_named(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 3))
    account.run()
    change_rows(account, lambda row: replace(row, digest=bytes(32)) if row.source_uid == 2 else row)
    (finding,) = verify(account, source=None).findings
    assert (finding.verdict, finding.source_uid, finding.expected) == (Verdict.DIFFERENT, 2, "00" * 32)
    assert finding.found == hashlib.sha256(mails("mail", 3)[1].content).hexdigest()


def test_adopted_messages_are_compared_with_the_source(account: Account) -> None:
    same = mails("same", 3)
    delivered = Mail(b"Received: by mx\r\n" + mails("delivered", 1)[0].content)
    with account.source_filler() as filler:
        filler.append(("INBOX",), [*same, *mails("delivered", 1)])
    with account.destination_filler() as filler:
        filler.append(("INBOX",), [*same, delivered])
    assert account.run().tally.adopted == 4
    assert verify(account).counts == {Verdict.EQUAL: 3, Verdict.HEADERS: 1}
    alone = verify(account, source=None)
    assert alone.counts == {Verdict.PRESENT: 4}
    assert (alone.verified, alone.well) == (0, True)
    assert "not to be contacted" in alone.findings[0].words


def test_a_source_that_is_closed_is_said_once(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("same", 2))
    with account.destination_filler() as filler:
        filler.append(("INBOX",), mails("same", 2))
    account.run()
    wrong = replace(account.side(SideName.SOURCE), credentials=Credentials(account.user, Secret("wrong")))
    found = verify(account, source=wrong)
    assert found.counts == {Verdict.PRESENT: 2}
    assert found.failure is None
    assert len(found.notes) == 1
    assert "could not sign in" in found.notes[0]


@pytest.mark.parametrize("with_source", [False, True])
def test_mended_line_ends_are_told_from_other_bytes(account: Account, with_source: bool) -> None:
    bare = Mail(b"Message-ID: <bare@x>\nSubject: bare\n\nline\n")
    with account.source_filler() as filler:
        filler.append(("INBOX",), [bare])
    with account.destination_filler() as filler:
        filler.append(("INBOX",), [Mail(bare.content.replace(b"\n", b"\r\n"))])
    account.run()
    digest = hashlib.sha256(bare.content).digest()
    change_rows(account, lambda row: replace(row, fate=Fate.COPIED, digest=digest, destination_uid=1))
    found = verify(account) if with_source else verify(account, source=None)
    # Dovecot gives a bare LF out as CRLF, on either side.
    assert found.counts == {Verdict.EQUAL if with_source else Verdict.LINE_ENDS: 1}
    assert found.well


def test_a_repaired_message_is_what_the_ladder_makes_of_it(account: Account) -> None:
    odd = b"Message-ID: <odd@x>\r\nSubject: \xe4\xf6\r\n\r\nbody\r\n"
    with account.source_filler() as filler:
        filler.append(("INBOX",), [Mail(odd)])
    account.run()
    from trasloco.engine.repair import Rung, repair

    with account.destination_filler() as filler:
        filler.append(("INBOX",), [Mail(repair(odd, Rung.HEADERS))])
    change_rows(account, lambda row: replace(row, destination_uid=2, reason="repaired (headers) after the destination said “NO”"))
    assert verify(account).counts == {Verdict.REPAIRED: 1}
    assert verify(account, source=None).counts == {Verdict.PRESENT: 1}


def test_a_message_that_moved_is_looked_for_where_it_is_now(account: Account) -> None:
    with account.source_filler() as filler:
        filler.create(("Sub",))
        filler.append(("INBOX",), mails("mail", 4))
    account.run(1)
    with account.source_filler() as filler:
        filler.move(("INBOX",), [2], ("Sub",))
    assert account.run(2).tally.moved == 1
    assert verify(account).counts == {Verdict.IDENTICAL: 4}


def test_a_message_without_a_known_uid_is_unknown(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 2))
    account.run()
    change_rows(account, lambda row: replace(row, destination_uid=None) if row.source_uid == 1 else row)
    assert verify(account).counts == {Verdict.IDENTICAL: 1, Verdict.UNKNOWN: 1}


def test_a_broken_line_repeats_one_batch(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is cut in the middle of every second batch: nothing is counted twice, nothing left out."""
    monkeypatch.setattr("trasloco.engine.verify.BATCH", 7)
    monkeypatch.setattr("trasloco.engine.verify.PAUSE", 0.0)
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 40))
    account.run()
    calls, compare = 0, Comparison.compare

    async def cut(self: Comparison, *given: Any) -> Tried:
        nonlocal calls
        calls += 1
        if calls % 2:
            for client in self._clients.values():
                client.abort()
        return await compare(self, *given)

    monkeypatch.setattr(Comparison, "compare", cut)
    found = verify(account)
    assert (found.counts, found.failure) == ({Verdict.IDENTICAL: 40}, None)
    assert calls > 6


def test_a_line_that_breaks_every_time_is_given_up_in_words(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trasloco.engine.verify.PAUSE", 0.0)
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 3))
    account.run()
    compare = Comparison.compare

    async def cut(self: Comparison, folder: Any, rows: Any) -> Tried:
        client, _ = await self._open(SideName.DESTINATION, folder.destination_name)
        client.abort()
        return await compare(self, folder, rows)

    monkeypatch.setattr(Comparison, "compare", cut)
    found = verify(account)
    assert found.failure is not None
    assert (found.failure.code, found.asked, found.well) == ("connection-lost", 0, False)


def test_a_destination_that_does_not_let_us_in_ends_it_in_words(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 2))
    account.run()
    wrong = replace(account.side(SideName.DESTINATION), credentials=Credentials(account.user, Secret("wrong")))
    found = verify(account, destination=wrong)
    assert (found.asked, found.counts, found.well) == (0, {}, False)
    assert found.failure is not None
    assert found.failure.code == "login-refused"
