"""Small new folders that are brought together, group behind group: much is on its way at once when something happens."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.faults.conftest import FOREIGN, OF_OTHERS, TWIN, killed_at_every_write, meanwhile, recreate, settled
from tests.faults.test_ourselves import FailingLedger
from trasloco.engine import lane, together
from trasloco.engine.account import Settings
from trasloco.engine.ledger import Fenced, Ledger
from trasloco.engine.small_folder import SmallFolder
from trasloco.testing.cutting_proxy import hide
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal
from trasloco.testing.wire_faults import Answer, Bye, Cut, Poison, Rewrite, Stall, Way

TWO_BY_TWO, AT_ONCE = 1, 2000
FOLDERS = (("Alfa",), ("Beta",), ("Gamma",), ("Büro", "Verträge"), ("Empty",))


def _mail(path: tuple[str, ...], number: int) -> Mail:
    """Messages with the same number have the same size and the same UID in each folder."""
    return Mail(b"Message-ID: <%d@%s>\r\nSubject: %d\r\n\r\n%s" % (number, path[-1][:4].encode(), number, b"text\r\n" * 30 * number))


def _small(lines: tuple[Line, ...], user: str) -> Rehearsal:
    """Folders of seven messages, with twins, of two batches where groups are small; an INBOX in which there is something on both sides."""
    source, destination = lines
    several = Settings(batch_messages=4) if together.ENOUGH_MESSAGES == TWO_BY_TWO else Settings()
    account = Rehearsal(source, destination, user, settings=several)
    account.clear()
    with account.source.filler(user) as filler:
        filler.append(("INBOX",), [TWIN, TWIN, _mail(("INBOX",), 1)])
        for path in FOLDERS:
            filler.create(path)
        for path in FOLDERS[:-1]:
            filler.append(path, [*(_mail(path, number) for number in range(1, 6)), TWIN, TWIN])
    with account.destination.filler(user) as filler:
        filler.append(("INBOX",), [TWIN, FOREIGN])
    return account


@pytest.fixture
def small(fault_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> Rehearsal:
    return _small(fault_lines, fresh_user())


@pytest.fixture(autouse=True)
def enough(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Messages that are enough for a group: two folders each, or all in one. A busy machine is not taken for a far one."""
    messages: int = getattr(request, "param", TWO_BY_TWO)
    monkeypatch.setattr(together, "ENOUGH_MESSAGES", messages)
    monkeypatch.setattr(lane, "FAR", 60.0)
    return messages


both_ways = pytest.mark.parametrize("enough", [TWO_BY_TWO, AT_ONCE], ids=["two-by-two", "at-once"], indirect=True)


@pytest.fixture(autouse=True)
def _brought_together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many folders went together, each time that some did."""
    sizes: list[int] = []
    bring = together.Together._bring

    async def counting(groups: together.Together, group: Sequence[SmallFolder]) -> Sequence[SmallFolder] | None:
        sizes.append(len(group))
        return await bring(groups, group)

    monkeypatch.setattr(together.Together, "_bring", counting)
    return sizes


@both_ways
def test_all_is_there_and_in_order(small: Rehearsal, enough: int, _brought_together: list[int]) -> None:
    outcome = small.run()
    assert outcome.failure is None
    assert not small.pauses
    assert (len(_brought_together) == 1) == (enough == AT_ONCE)
    assert sum(_brought_together) >= len(FOLDERS)
    here, there = small.source.snapshot(small.user), small.destination.snapshot(small.user)
    for path in FOLDERS:
        assert [entry.sha256 for entry in here[path]] == [entry.sha256 for entry in there[path]]
    assert outcome.size == sum(entry.size for path, entries in here.folders.items() for entry in entries if path != ("INBOX",)) + sum(
        entry.size for entry in here[("INBOX",)][1:]
    )
    settled(small)


@both_ways
@pytest.mark.timeout(180)
@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
def test_killed_at_every_wire_write(
    fault_lines: tuple[Line, ...],
    fresh_user: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    half: bool,
    halves: Callable[[bool], Iterator[int]],
) -> None:
    at = killed_at_every_write(lambda: _small(fault_lines, fresh_user()), monkeypatch, halves(half), half=half)
    assert at > 12, "the case is too small to mean anything"


@both_ways
@pytest.mark.parametrize("way", list(Way), ids=["asking", "answering"])
@pytest.mark.parametrize("side", ["source", "destination"])
def test_cut_at_random_bytes(small: Rehearsal, side: str, way: Way, fresh_user: Callable[[], str]) -> None:
    assert small.run(1).failure is None  # to know how many bytes there are
    line: Line = getattr(small, side)
    passed = line.proxy.seen.bytes[way]
    cut = 0
    for seed in range(12):
        account = _small((small.source, small.destination), fresh_user())
        chosen = random.Random(f"together {side} {way} {seed}")
        getattr(account, side).proxy.arm(*(Cut(way, chosen.randrange(passed), reset=chosen.random() < 0.5) for _ in range(2)))
        assert account.run(1).failure is None
        cut += bool(line.proxy.fired)
        settled(account)
    assert cut >= 9, "two places near the end may both lie behind the last byte of one run, not of many"


@pytest.mark.parametrize("verb", ["settle", "sums", "complete"])
def test_taken_by_another_worker_at_the_end_of_a_group(small: Rehearsal, verb: str) -> None:
    """The next group's messages are on their way by then; what ends the run is said as what it is."""
    inner = small.ledger

    class Taken:
        def __getattr__(self, name: str) -> Any:
            return self.fenced if name == verb else getattr(inner, name)

        async def fenced(self, *arguments: Any) -> None:
            raise Fenced("the transfer has another owner")

    small.ledger = cast(Ledger, Taken())
    with pytest.raises(Fenced):
        small.run()
    small.ledger = inner
    assert small.run().failure is None
    settled(small)


@both_ways
@pytest.mark.parametrize("done", [False, True], ids=["before-the-write", "after-the-write"])
def test_database_lost_at_every_write(
    small: Rehearsal, fresh_user: Callable[[], str], done: bool, halves: Callable[[bool], Iterator[int]]
) -> None:
    for at in halves(done):
        account = _small((small.source, small.destination), fresh_user())
        inner = account.ledger
        failing = FailingLedger(inner, at, 1, done=done)
        account.ledger = cast(Ledger, failing)
        assert account.run().failure is None
        lost = failing.writes >= at
        account.ledger = inner
        assert account.verdict(OF_OTHERS) == FAULTLESS, f"lost at write {at}"
        before = account.destination.snapshot(account.user)
        account.run(2)
        assert account.destination.snapshot(account.user) == before, f"lost at write {at}"
        if not lost:
            break
    assert at > 25


@pytest.mark.parametrize(
    "fault",
    [
        Answer("APPEND", "NO no room in this shelf", 2),
        Answer("APPEND", "NO [LIMIT] try later", 2),
        Answer("APPEND", "NO stored all the same", 2, forward=True),
        Answer("APPEND", "NO [TRYCREATE] gone", 2),
        Answer("APPEND", "OK done", 2, forward=True),
        Answer("APPEND", "OK [APPENDUID 1 1:7] done", 2, forward=True),
        Answer("SELECT", "NO it is locked", 2),
        Bye("Server shutting down", "APPEND", 3),
        Bye("Server shutting down", "SELECT", 3),
        Stall(Way.TO_CLIENT, 9000),
        Rewrite(rb"\[APPENDUID [^]]*\] "),
    ],
    ids=str,
)
def test_the_destination_answers_one_of_them_otherwise(small: Rehearsal, fault: Answer | Bye | Stall | Rewrite) -> None:
    small.destination.proxy.arm(fault)
    assert small.run().failure is None
    settled(small)


@pytest.mark.parametrize(
    "fault",
    [
        Answer("EXAMINE", "NO it is locked", 2),
        Answer("EXAMINE", "NO it is locked", 8),
        Answer("UID FETCH", "NO not now", 2),
        Answer("UID FETCH", "NO not now", 8),
        Answer("UID FETCH", "BAD what", 8, forward=True),
        Bye("Server shutting down", "UID FETCH", 7),
        Stall(Way.TO_CLIENT, 12_000),
        Rewrite(rb"\* 3 FETCH \(UID 3 BODY"),
    ],
    ids=str,
)
def test_the_source_answers_one_of_them_otherwise(small: Rehearsal, fault: Answer | Bye | Stall | Rewrite) -> None:
    small.source.proxy.arm(fault)
    small.run()
    small.clear()
    assert small.run(2).failure is None
    settled(small, 3)


def test_a_message_that_breaks_the_line_is_found_among_all(small: Rehearsal) -> None:
    small.destination.proxy.arm(Poison(b"Message-ID: <3@Beta>"))
    outcome = small.run()
    assert outcome.tally.refused == 1
    small.clear()
    assert small.run(2).tally.copied == 1
    settled(small, 3)


@pytest.mark.parametrize("hidden", ["LITERAL+", "MULTIAPPEND", "UIDPLUS"])
def test_a_destination_without(small: Rehearsal, hidden: str, _brought_together: list[int]) -> None:
    small.destination.proxy.arm(*hide(hidden))
    assert small.run().failure is None
    assert bool(_brought_together) == (hidden == "MULTIAPPEND")
    settled(small)


@pytest.mark.parametrize(("verb", "at"), [("revalidate", 1), ("begin", 1), ("begin", 3), ("settle", 2), ("complete", 1)])
@pytest.mark.parametrize("side", ["source", "destination"])
def test_one_of_them_is_made_anew_meanwhile(small: Rehearsal, side: str, verb: str, at: int) -> None:
    outcome = meanwhile(small, verb, at, lambda: recreate(small, side, ("Beta",)))
    small.clear()
    assert outcome.failure is None
    small.run(2)
    assert small.verdict(OF_OTHERS) == FAULTLESS
    settled(small, 3)


@pytest.mark.parametrize(("verb", "at"), [("revalidate", 1), ("begin", 4), ("settle", 1)])
def test_messages_come_go_and_change_meanwhile(small: Rehearsal, verb: str, at: int) -> None:
    def happen() -> None:
        with small.source.filler(small.user) as filler:
            filler.delete(("Alfa",), [2])
            filler.move(("Beta",), [1], ("Gamma",))
            filler.append(("Gamma",), [_mail(("late",), 9)])
            filler.store(("Gamma",), [2], "+FLAGS", "\\Flagged")
            filler.append(("Empty",), [_mail(("late",), 8)])
        with small.destination.filler(small.user) as filler:
            filler.append(("Beta",), [FOREIGN])

    assert meanwhile(small, verb, at, happen).failure is None
    small.clear()
    assert small.run(2).failure is None
    here, there = small.source.snapshot(small.user), small.destination.snapshot(small.user)
    assert not here.digests() - there.digests()
    surplus = there.digests() - here.digests()
    # What was deleted on the source may have been brought before; the strangers were there.
    assert surplus.total() <= 3
    before = there
    assert small.run(3).failure is None
    assert small.destination.snapshot(small.user) == before


def test_what_is_large_or_late_goes_by_itself(small: Rehearsal, _brought_together: list[int]) -> None:
    small.settings = replace(small.settings, batch_bytes=6000)
    with small.source.filler(small.user) as filler:
        filler.append(("Alfa",), [Mail(b"Subject: large\r\n\r\n" + b"x\r\n" * 3000)])
    assert small.run().failure is None
    assert sum(_brought_together) >= len(FOLDERS) - 1
    settled(small)
