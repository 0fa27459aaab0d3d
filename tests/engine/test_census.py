"""Every message that stays behind is listed: on real servers, over several runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from tests.engine.conftest import Account
from trasloco.engine.census import Census, Stay
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import FolderRecord, MessageRow
from trasloco.engine.opener import close, open_side
from trasloco.imap.utf7 import decode_name
from trasloco.testing.mailbox_filler import Mail


def mails(subject: str, count: int) -> list[Mail]:
    return [Mail(f"Message-ID: <{subject}-{n}@x>\r\nSubject: {subject}\r\n\r\n{n}\r\n".encode()) for n in range(count)]


def ledger_rows(account: Account) -> dict[str, list[MessageRow]]:
    """All rows of the ledger, by the source folder's name."""

    async def read() -> dict[str, list[MessageRow]]:
        found: dict[str, list[MessageRow]] = {}
        for record in await account.ledger.folders():
            found[decode_name(record.source_name)] = [row async for rows in account.ledger.rows(record.id) for row in rows]
        return found

    return asyncio.run(read())


def record_of(account: Account, name: str) -> FolderRecord:
    return next(record for record in asyncio.run(_folders(account)) if decode_name(record.source_name) == name)


async def _folders(account: Account) -> list[FolderRecord]:
    return list(await account.ledger.folders())


def test_messages_of_a_folder_that_is_left_out_have_rows(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 2))
        filler.append(("Trash",), mails("rubbish", 3))
    outcome = account.run()
    assert outcome.tally == Tally(copied=2, skipped=3)
    rows = ledger_rows(account)
    assert [(row.source_uid, row.fate) for row in rows["Trash"]] == [(1, Fate.SKIPPED), (2, Fate.SKIPPED), (3, Fate.SKIPPED)]
    assert all(row.size > 20 and row.destination_uid is None and "Trash is left out" in row.reason for row in rows["Trash"])
    assert record_of(account, "Trash").destination_name == b""
    assert "Junk" not in rows  # empty: there is nothing to list


def test_a_second_run_lists_only_what_is_new(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("Trash",), mails("rubbish", 3))
    account.run(1)
    assert account.run(2).tally == Tally(skipped=3)
    assert {row.run for row in ledger_rows(account)["Trash"]} == {1}
    with account.source_filler() as filler:
        filler.append(("Trash",), mails("more", 2))
        filler.delete(("Trash",), [1])
    assert account.run(3).tally == Tally(skipped=4)
    assert [(row.source_uid, row.run) for row in ledger_rows(account)["Trash"]] == [(1, 1), (2, 1), (3, 1), (4, 3), (5, 3)]


def test_a_folder_left_out_first_and_wanted_later_is_copied(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("Trash",), mails("rubbish", 3))
    account.run(1)
    account.settings = replace(account.settings, skip_roles=())
    assert account.run(2).tally == Tally(copied=3)
    assert not [entry for entry in account.sink.entries if entry.action == "uidvalidity-changed"]
    assert account.run(3).tally == Tally(adopted=3)


def test_a_folder_copied_first_and_left_out_later_keeps_what_was_brought(account: Account) -> None:
    with account.source_filler() as filler:
        filler.create(("Sub",))
        filler.append(("Sub",), mails("sub", 2))
    account.run(1)
    with account.source_filler() as filler:
        filler.append(("Sub",), mails("later", 3))
    account.settings = replace(account.settings, skip_folders=("Sub",))
    assert account.run(2).tally == Tally(adopted=2, skipped=3)
    assert account.run(3).tally == Tally(adopted=2, skipped=3)
    account.settings = replace(account.settings, skip_folders=())
    assert account.run(4).tally == Tally(copied=3, adopted=2)
    assert len(account.destination()["Sub"]) == 5


def test_another_rule_is_another_reason(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("Trash",), mails("rubbish", 2))
    account.run(1)
    account.settings = replace(account.settings, skip_folders=("Trash",))
    account.run(2)
    assert {row.reason for row in ledger_rows(account)["Trash"]} == {'left out by --skip-folder "Trash"'}


def test_renumbered_messages_are_listed_anew(account: Account) -> None:
    with account.source_filler() as filler:
        filler.create(("Spam",))
        filler.append(("Spam",), mails("one", 3))
    account.run(1)
    with account.source_filler() as filler:
        filler.remove(("Spam",))
        filler.create(("Spam",))
        filler.append(("Spam",), mails("two", 1))
    assert account.run(2).tally == Tally(skipped=1)
    assert len(ledger_rows(account)["Spam"]) == 1


def test_messages_of_a_folder_that_failed_are_refused_one_by_one(account: Account) -> None:
    """What was brought before stays brought; the others carry the words, and are tried again by the next run."""
    with account.source_filler() as filler:
        filler.create(("Closed",))
        filler.append(("Closed",), mails("one", 2))
    account.run(1)
    with account.source_filler() as filler:
        filler.append(("Closed",), mails("two", 3))
    assert asyncio.run(take(account, Stay(b"Closed", None, Fate.REFUSED, "“NO go away”"), 2)) == Tally(adopted=2, refused=3)
    rows = ledger_rows(account)["Closed"]
    assert Counter(row.fate for row in rows) == {Fate.COPIED: 2, Fate.REFUSED: 3}
    assert {row.reason for row in rows if row.fate is Fate.REFUSED} == {"“NO go away”"}
    assert account.run(3).tally == Tally(adopted=2, copied=3)


def test_a_folder_that_cannot_be_opened_is_none(account: Account) -> None:
    assert asyncio.run(take(account, Stay(b"Nowhere", None, Fate.SKIPPED, "a rule"), 1)) is None


async def take(account: Account, stay: Stay, number: int) -> Tally | None:
    client, side = await open_side(account.side(SideName.SOURCE))
    try:
        return await Census(side, client, account.ledger, number).take(stay)
    finally:
        await close(client)
