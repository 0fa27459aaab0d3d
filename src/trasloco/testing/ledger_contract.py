"""What every ledger promises, as tests: one suite, run over ``MemoryLedger`` and over ``PostgresLedger``."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Fenced, Intent, Known, Ledger, MessageRow, Origin, Relic, Twin
from trasloco.imap.values import Selected


def row(uid: int, fate: Fate = Fate.COPIED, *, run: int = 1, flags: str = "\\Seen") -> MessageRow:
    digest = hashlib.sha256(bytes([uid % 256])).digest()
    return MessageRow(uid, fate, run, destination_uid=uid + 1000, size=uid * 10, digest=digest, flags=flags)


async def everything(ledger: Ledger, folder_id: int) -> list[Known]:
    return [known async for chunk in ledger.known(folder_id) for known in chunk]


class LedgerContract:
    """Subclasses give the fixture ``ledger``: an empty ledger, owned by whoever holds it."""

    async def test_it_begins_empty(self, ledger: Ledger) -> None:
        assert list(await ledger.folders()) == []

    async def test_a_pair_is_bound_for_ever(self, ledger: Ledger) -> None:
        first = await ledger.bind(b"INBOX.Posta &- \xff", b"Posta", "the name was changed")
        again = await ledger.bind(b"INBOX.Posta &- \xff", b"Elsewhere")
        assert again == first
        assert (first.source_name, first.destination_name, first.renamed) == (b"INBOX.Posta &- \xff", b"Posta", "the name was changed")
        assert first.source_uidvalidity is None
        assert first.tally is None
        assert list(await ledger.folders()) == [first]

    async def test_a_folder_without_a_destination_is_given_one_later(self, ledger: Ledger) -> None:
        listed = await ledger.bind(b"Trash", b"", "Trash is left out")
        assert (listed.destination_name, listed.renamed) == (b"", "Trash is left out")
        assert await ledger.bind(b"Trash", b"", "another rule") == listed
        await ledger.revalidate(listed.id, 3, 0)
        await ledger.record(listed.id, [row(1, Fate.SKIPPED)])
        await ledger.complete(replace(listed, source_uidvalidity=3, source_uidnext=2, source_messages=1, run=1, tally=Tally(skipped=1)))
        bound = await ledger.bind(b"Trash", b"Bin", "a role")
        assert bound == replace(listed, destination_name=b"Bin", renamed="a role")
        assert list(await ledger.folders()) == [bound]
        assert await everything(ledger, bound.id) == []
        assert await ledger.bind(b"Trash", b"Elsewhere") == bound
        assert await ledger.bind(b"Trash", b"") == bound

    async def test_names_have_their_numbers_for_ever(self, ledger: Ledger) -> None:
        assert list(await ledger.numbers([])) == []
        assert list(await ledger.numbers([b"uidl c", b"\xff\x00a", b"b"])) == [1, 2, 3]
        assert list(await ledger.numbers([b"b", b"new", b"uidl c", b"newer"])) == [3, 4, 1, 5]
        assert list(await ledger.numbers([b"newest"])) == [6]

    async def test_validities_are_kept(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await ledger.revalidate(folder.id, 4294967295, 7)
        (found,) = await ledger.folders()
        assert found == replace(folder, source_uidvalidity=4294967295, destination_uidvalidity=7)

    async def test_an_intent_lives_from_begin_to_settle(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        other = await ledger.bind(b"Other", b"Other")
        first = await ledger.begin(folder.id, 7, 1001, [1, 2, 3])
        second = await ledger.begin(folder.id, None, 1004, [4])
        await ledger.begin(other.id, 8, 1, [9])
        one, two = await ledger.intents(folder.id)
        assert (one.id, one.folder_id, one.destination_uidvalidity, one.destination_uidnext, one.source_uids) == (
            first,
            folder.id,
            7,
            1001,
            (1, 2, 3),
        )
        assert (two.id, two.destination_uidvalidity, two.source_uids) == (second, None, (4,))
        await ledger.settle(first, [row(1), row(2)])
        assert [intent.id for intent in await ledger.intents(folder.id)] == [second]
        assert [known.source_uid for known in await everything(ledger, folder.id)] == [1, 2]
        assert len(await ledger.intents(other.id)) == 1

    async def test_an_intent_is_settled_once(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        intent = await ledger.begin(folder.id, 7, 1, [1])
        await ledger.settle(intent, [row(1)])
        with pytest.raises(Fenced):
            await ledger.settle(intent, [row(1), row(2)])
        assert [known.source_uid for known in await everything(ledger, folder.id)] == [1]

    async def test_an_intent_may_be_settled_with_nothing(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await ledger.settle(await ledger.begin(folder.id, 7, 1, [1]), [])
        assert list(await ledger.intents(folder.id)) == []
        assert await everything(ledger, folder.id) == []

    async def test_what_was_not_found_of_an_intent_is_late(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        intent = await ledger.begin(folder.id, 7, 5, [1, 2, 3], ["a", "b", "c"])
        assert [record.begun for record in await ledger.folders()] == [True]
        await ledger.narrow(intent, [1, 3], ["a", "c"])
        assert list(await ledger.intents(folder.id)) == [Intent(intent, folder.id, 7, 5, (1, 3), ("a", "c"), late=True)]
        await ledger.settle(intent, [])
        with pytest.raises(Fenced):
            await ledger.narrow(intent, [1], ["a"], [row(2)])
        assert await everything(ledger, folder.id) == []

    async def test_what_was_found_of_an_intent_is_written_while_the_rest_is_late(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        intent = await ledger.begin(folder.id, 7, 5, [1, 2, 3], ["a", "b", "c"])
        await ledger.narrow(intent, [1, 3], ["a", "c"], [row(2)])
        assert list(await ledger.intents(folder.id)) == [Intent(intent, folder.id, 7, 5, (1, 3), ("a", "c"), late=True)]
        assert [known.source_uid for known in await everything(ledger, folder.id)] == [2]

    async def test_a_late_copy_is_looked_for_like_any_other_message(self, ledger: Ledger) -> None:
        folder, other = await ledger.bind(b"Done", b"Done"), await ledger.bind(b"Other", b"Other")
        copied = Origin(b"INBOX", 4, (1001, 1003), stays=True)
        intent = await ledger.begin(folder.id, 5, 70, [7, 9], ["a", "b"], copied)
        await ledger.narrow(intent, [9], ["b"], [row(7)])
        assert list(await ledger.intents(folder.id)) == [Intent(intent, folder.id, 5, 70, (9,), ("b",), late=True)]
        intent = await ledger.begin(other.id, 5, 70, [7, 9], ["a", "b"], copied)
        await ledger.forget(other.id, 11, 12, source_holds=True)
        assert list(await ledger.intents(other.id)) == [Intent(intent, other.id, 12, 1, (7, 9), ("a", "b"), late=True)]
        await ledger.retire(other.id)
        assert list(await ledger.intents(other.id)) == [Intent(intent, other.id, 12, 1, (), late=True)]

    async def test_known_rows_come_in_order_and_in_chunks(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        uids = list(range(12_000, 0, -1))
        await ledger.record(folder.id, [MessageRow(uid, Fate.ADOPTED, 1, destination_uid=uid, flags="\\Seen $Label1") for uid in uids])
        chunks = [chunk async for chunk in ledger.known(folder.id)]
        assert len(chunks) == 3
        flat = [known for chunk in chunks for known in chunk]
        assert [known.source_uid for known in flat] == sorted(uids)
        assert flat[0] == Known(1, 1, Fate.ADOPTED, 1, "\\Seen $Label1")

    async def test_rows_are_added_up_by_fate_and_run(self, ledger: Ledger) -> None:
        folder, other = await ledger.bind(b"INBOX", b"INBOX"), await ledger.bind(b"Other", b"Other")
        assert list(await ledger.sums(folder.id)) == []
        await ledger.record(other.id, [row(7)])
        last = 2**32 - 1
        await ledger.record(folder.id, [row(1), row(last), row(last - 1), row(3, run=2), row(4, Fate.REFUSED)])
        found = {(each.fate, each.run): (each.messages, each.uids) for each in await ledger.sums(folder.id)}
        assert found == {(Fate.COPIED, 1): (3, 2 * last), (Fate.COPIED, 2): (1, 3), (Fate.REFUSED, 1): (1, 4)}

    async def test_a_row_is_replaced_whole(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await ledger.record(folder.id, [MessageRow(5, Fate.REFUSED, 1, reason="NO [LIMIT] too large", size=9)])
        await ledger.record(folder.id, [row(5, run=2)])
        assert await everything(ledger, folder.id) == [Known(5, 1005, Fate.COPIED, 2, "\\Seen")]

    async def test_every_fate_comes_back(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await ledger.record(folder.id, [MessageRow(uid, fate, 1, reason="words") for uid, fate in enumerate(Fate, 1)])
        assert [known.fate for known in await everything(ledger, folder.id)] == list(Fate)

    async def test_flags_are_given_anew_to_known_rows_only(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await ledger.record(folder.id, [row(1), row(2)])
        await ledger.reflag(folder.id, {2: "\\Answered \\Seen", 3: "\\Flagged"})
        await ledger.reflag(folder.id, {})
        flags = {known.source_uid: known.flags for known in await everything(ledger, folder.id)}
        assert flags == {1: "\\Seen", 2: "\\Answered \\Seen"}

    async def test_a_completed_pass_is_remembered(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        done = replace(
            folder,
            source_uidvalidity=3,
            destination_uidvalidity=4,
            source_uidnext=4_000_000_000,
            source_messages=12,
            source_modseq=2**62,
            run=2,
            tally=Tally(1, 2, 3, 4, 5, 6),
            destination_uidnext=4_000_000_001,
            departed=7,
        )
        await ledger.complete(done)
        assert list(await ledger.folders()) == [done]

    async def test_full_rows_come_back_as_they_were_written(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        written = [row(1), MessageRow(2, Fate.REFUSED, 3, size=9, reason="NO words"), replace(row(3), listed=31)]
        await ledger.record(folder.id, written)
        assert [found async for chunk in ledger.rows(folder.id) for found in chunk] == written

    async def test_a_moved_message_has_its_row_in_the_new_folder_only(self, ledger: Ledger) -> None:
        old, new = await ledger.bind(b"INBOX", b"INBOX"), await ledger.bind(b"Done", b"Done")
        await ledger.record(old.id, [row(1), row(2)])
        await ledger.complete(replace(old, source_uidnext=3, source_messages=2, source_modseq=9, run=1, tally=Tally(copied=2), departed=2))
        await ledger.moved(old.id, [1], new.id, [row(7, Fate.MOVED, run=2)])
        assert [known.source_uid for known in await everything(ledger, old.id)] == [2]
        assert [(known.source_uid, known.fate) for known in await everything(ledger, new.id)] == [(7, Fate.MOVED)]
        (unmarked, _) = await ledger.folders()
        assert (unmarked.source_uidnext, unmarked.source_messages, unmarked.source_modseq) == (None, None, None)
        assert unmarked.departed == 1

    async def test_a_move_takes_its_intent_along(self, ledger: Ledger) -> None:
        old, new = await ledger.bind(b"INBOX", b"INBOX"), await ledger.bind(b"Done", b"Done")
        await ledger.record(old.id, [row(1)])
        origin = Origin(b"INBOX", 4, (1001,))
        intent = await ledger.begin(new.id, 5, 70, [7], ["\\Seen"], origin)
        (found,) = await ledger.intents(new.id)
        assert (found.id, found.source_uids, found.flags, found.origin) == (intent, (7,), ("\\Seen",), origin)
        await ledger.moved(old.id, [1], new.id, [row(7, Fate.MOVED, run=2)], intent=intent)
        assert list(await ledger.intents(new.id)) == []
        assert await everything(ledger, old.id) == []

    async def test_a_copy_within_the_destination_is_told_from_a_move(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"Done", b"Done")
        origin = Origin(b"INBOX", 4, (1001, 1003), stays=True)
        intent = await ledger.begin(folder.id, 5, 70, [7, 9], ["\\Seen", ""], origin)
        (found,) = await ledger.intents(folder.id)
        assert (found.id, found.origin) == (intent, origin)

    async def test_a_message_is_found_by_its_identity_in_every_folder(self, ledger: Ledger) -> None:
        one, other = await ledger.bind(b"INBOX", b"INBOX"), await ledger.bind(b"Work", b"Work")
        largest = 2**64 - 1
        await ledger.record(one.id, [replace(row(1), identity=5), replace(row(2), identity=largest), row(3)])
        intent = await ledger.begin(other.id, 5, 70, [7])
        await ledger.settle(intent, [replace(row(7, Fate.MOVED), identity=5)])
        found = await ledger.twins([5, largest, 6])
        assert [(twin.folder_id, twin.row.source_uid) for twin in found] == [(one.id, 1), (one.id, 2), (other.id, 7)]
        assert found[1] == Twin(one.id, replace(row(2), identity=largest))
        assert [known.identity for known in await everything(ledger, one.id)] == [5, largest, None]
        await ledger.moved(one.id, [1], other.id, [replace(row(8, Fate.MOVED), identity=5)])
        assert [(twin.folder_id, twin.row.source_uid) for twin in await ledger.twins([5])] == [(other.id, 7), (other.id, 8)]
        await ledger.retire(other.id)
        assert list(await ledger.twins([5])) == []
        assert {relic.row.identity async for chunk in ledger.relics() for relic in chunk} == {5}

    async def test_an_intent_keeps_the_flags_as_they_were_sent(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await ledger.begin(folder.id, 5, 70, [7, 8], ["", "$Label1 \\Seen"])
        (found,) = await ledger.intents(folder.id)
        assert (found.flags, found.origin) == (("", "$Label1 \\Seen"), None)

    async def test_a_folder_follows_its_destination_to_another_name(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"Done", b"Done")
        await ledger.revalidate(folder.id, 3, 4, "", "m1")
        await ledger.record(folder.id, [row(1)])
        await ledger.rebind(folder.id, b"Finished")
        (found,) = await ledger.folders()
        assert found == replace(folder, destination_name=b"Finished", source_uidvalidity=3, destination_uidvalidity=4, destination_id="m1")
        assert len(await everything(ledger, folder.id)) == 1

    async def test_retired_rows_are_relics_without_what_was_not_brought(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        other = await ledger.bind(b"Other", b"Other")
        await ledger.revalidate(folder.id, 3, 4, "s", "d")
        brought = [row(1), replace(row(2, Fate.MOVED), listed=7, reason="moved"), MessageRow(4, Fate.ADOPTED, 1)]  # in order of UID
        await ledger.record(folder.id, [*brought, MessageRow(3, Fate.REFUSED, 1, reason="no")])
        await ledger.record(other.id, [row(9)])
        sent = await ledger.begin(folder.id, 4, 21, [8], ["\\Seen"])
        await ledger.begin(folder.id, 4, 22, [9], origin=Origin(b"Other", 5, (1,)))
        await ledger.retire(folder.id)
        assert list(await ledger.folders()) == [replace(folder, begun=True), other]
        assert await everything(ledger, folder.id) == []
        assert list(await ledger.intents(folder.id)) == [Intent(sent, folder.id, 4, 21, (), late=True)]
        relics = [relic async for chunk in ledger.relics() for relic in chunk]
        relics.sort(key=lambda relic: relic.row.source_uid)
        assert relics == [Relic(relic.id, b"INBOX", b"INBOX", 4, kept) for relic, kept in zip(relics, brought, strict=True)]

    async def test_a_relic_that_was_met_again_is_gone(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await ledger.revalidate(folder.id, 3, 4)
        await ledger.record(folder.id, [row(1), row(2)])
        await ledger.retire(folder.id)
        relics = [relic async for chunk in ledger.relics() for relic in chunk]
        met = [relic.id for relic in relics if relic.row.source_uid == 2]
        await ledger.moved(None, [], folder.id, [row(5, Fate.ADOPTED)], relics=met)
        assert [relic.row.source_uid async for chunk in ledger.relics() for relic in chunk] == [1]
        assert [known.source_uid for known in await everything(ledger, folder.id)] == [5]

    async def test_a_message_can_be_parked_again(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        first = await ledger.park(folder.id, 5, b"Subject: no\r\n\r\n")
        assert await ledger.park(folder.id, 5, b"Subject: no\r\n\r\n") == first

    async def test_an_owner_may_confirm_that_he_is_one(self, ledger: Ledger) -> None:
        await ledger.confirm()

    async def test_forgetting_takes_rows_intents_and_marks(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        other = await ledger.bind(b"Other", b"Other")
        for each in (folder, other):
            await ledger.record(each.id, [row(1)])
            await ledger.begin(each.id, 1, 7, [2], ["\\Seen"])
            await ledger.begin(each.id, 1, 8, [3], origin=Origin(b"Third", 5, (1,)))
        (sent, _) = await ledger.intents(folder.id)
        await ledger.complete(replace(folder, source_uidnext=3, source_messages=1, source_modseq=9, tally=Tally(copied=1)))
        await ledger.forget(folder.id, 11, 12)
        (found, _) = await ledger.folders()
        assert found == replace(folder, source_uidvalidity=11, destination_uidvalidity=12, begun=True)
        assert await everything(ledger, folder.id) == []
        assert list(await ledger.intents(folder.id)) == [Intent(sent.id, folder.id, 12, 1, (), late=True)]
        assert len(await everything(ledger, other.id)) == 1
        assert [intent.late for intent in await ledger.intents(other.id)] == [False, False]

    async def test_what_was_on_its_way_to_a_forgotten_folder_may_still_arrive(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        sent = await ledger.begin(folder.id, 1, 7, [2, 3], ["\\Seen", ""])
        await ledger.forget(folder.id, 11, 12, source_holds=True)
        assert list(await ledger.intents(folder.id)) == [Intent(sent, folder.id, 12, 1, (2, 3), ("\\Seen", ""), late=True)]
        await ledger.settle(sent, [])
        assert [record.begun for record in await ledger.folders()] == [False]

    async def test_what_a_forgotten_folder_does_not_show_may_come_to_light(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        other = await ledger.bind(b"Other", b"Other")
        for each in (folder, other):
            await ledger.record(each.id, [row(1), row(2), replace(row(3), fate=Fate.SKIPPED)])
        await ledger.forget(folder.id, 11, 12, shown=Selected(b"INBOX", 1, 12, 5))
        (left,) = await ledger.intents(folder.id)
        assert left == Intent(left.id, folder.id, 12, 5, (), late=True)
        await ledger.forget(folder.id, 11, 13, shown=Selected(b"INBOX", 0, 13, None))
        assert list(await ledger.intents(folder.id)) == [Intent(left.id, folder.id, 13, 1, (), late=True)]
        await ledger.forget(other.id, 11, 12, shown=Selected(b"Other", 2, 12, 5))
        assert list(await ledger.intents(other.id)) == []

    async def test_a_folder_left_out_is_no_pair(self, ledger: Ledger) -> None:
        await ledger.left_out(b"Trash", "Trash is left out", Tally(skipped=4))
        await ledger.left_out(b"Trash", "Trash is left out", Tally(skipped=5))
        assert list(await ledger.folders()) == []

    async def test_a_row_kept_by_the_caller_may_change_without_harm(self, ledger: Ledger) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        mine = row(1)
        await ledger.record(folder.id, [mine])
        mine.flags = "\\Deleted"
        assert (await everything(ledger, folder.id))[0].flags == "\\Seen"
