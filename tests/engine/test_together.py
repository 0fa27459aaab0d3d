"""Which folders go together, and in which order the steps of groups come, whatever fails in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.account import Settings
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.ledger import Fenced, FolderRecord
from trasloco.engine.session import Session
from trasloco.engine.small_folder import MOST_BYTES, MOST_MESSAGES, SmallFolder
from trasloco.engine.together import ENOUGH_BYTES, ENOUGH_MESSAGES, MOST_FOLDERS, Together, gather_together, is_small
from trasloco.imap.values import Status

SMALL = Status(messages=600, uidnext=601, uidvalidity=1, size=1_000_000)
RECORD = FolderRecord(1, b"A", b"A")


@given(st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 20 << 20)), max_size=250), st.booleans())
def test_groups_hold_all_folders_in_order_within_bounds(folders: list[tuple[int, int]], near: bool) -> None:
    records = [FolderRecord(number, b"%d" % number, b"") for number in range(len(folders))]
    statuses = [Status(messages=messages, size=size) for messages, size in folders]
    groups = gather_together(zip(records, statuses, strict=True), near=near)
    assert [record for group in groups for record in group] == records
    for group in groups:
        held = [folders[record.id] for record in group]
        messages, size = sum(each[0] for each in held), sum(each[1] for each in held)
        assert 1 <= len(group) <= MOST_FOLDERS
        assert len(group) == 1 or (messages <= MOST_MESSAGES and size <= MOST_BYTES)
        if near and len(group) > 2:
            before_the_last = held[:-1]
            assert sum(each[0] for each in before_the_last) < ENOUGH_MESSAGES
            assert sum(each[1] for each in before_the_last) < ENOUGH_BYTES


def test_near_by_a_folder_of_several_batches_is_small_as_well() -> None:
    assert is_small(RECORD, SMALL, None, Settings(), near=True)
    assert not is_small(RECORD, SMALL, None, Settings())
    assert not is_small(RECORD, replace(SMALL, messages=MOST_MESSAGES + 1), None, Settings(), near=True)


@pytest.mark.parametrize("size", [Settings().batch_bytes + 1, MOST_BYTES], ids=["more-than-a-batch", "much-more"])
def test_what_could_be_answered_mixed_is_bounded_by_a_batch(size: int) -> None:
    assert not is_small(RECORD, replace(SMALL, size=size), None, Settings(), near=True)


@pytest.mark.parametrize(
    ("record", "there"),
    [(replace(RECORD, source_uidvalidity=1), None), (replace(RECORD, begun=True), None), (RECORD, Status(messages=1))],
    ids=["opened-before", "begun", "something-there"],
)
def test_only_what_is_new_on_both_sides_is_small(record: FolderRecord, there: Status | None) -> None:
    assert not is_small(record, SMALL, there, Settings(), near=True)


class Steps:
    """Writes down which step of which folder comes when. broken: what a step of a folder raises; slow: whose answers take their time."""

    def __init__(self, broken: dict[str, Exception] | None = None, slow: str = "") -> None:
        self.taken: list[str] = []
        self.on: Callable[[str], object] = lambda step: None
        self._broken, self._slow = broken or {}, slow

    def take(self, step: str) -> None:
        self.taken.append(step)
        self.on(step)
        if step in self._broken:
            raise self._broken[step]

    def folder(self, name: str) -> SmallFolder:
        async def later(step: str) -> None:
            await asyncio.sleep(0.05 if step == f"hear {self._slow}" else 0.002 if step.startswith("carry") else 0)
            self.take(step)

        now = {step: lambda step=step: self.take(f"{step} {name}") for step in ("look", "ask", "close")}
        then = {step: lambda step=step: later(f"{step} {name}") for step in ("seen", "begin", "carry", "hear", "finish", "undo")}
        return cast(SmallFolder, SimpleNamespace(name=name, plain=True, **now, **then))

    async def run(self, *groups: str, several: bool = False, halted: Callable[[], bool] = lambda: False) -> list[str]:
        """Each group a string of one-letter folders; returns which groups were given back."""
        waiting, back = [[self.folder(name) for name in group] for group in groups], list[str]()

        def take() -> Sequence[SmallFolder] | None:
            return waiting.pop(0) if waiting else None

        def put(group: Sequence[Any]) -> None:
            back.append("".join(folder.name for folder in group))

        try:
            await Together(cast(Session, SimpleNamespace(several=several)), take, put, halted).run()
        finally:
            self.back = back
        return back

    def before(self, first: str, second: str) -> bool:
        return self.taken.index(first) < self.taken.index(second)


def lost(side: SideName) -> TransferError:
    return TransferError(Failure(side, Scope.ACCOUNT, Retry.NOW, "connection-lost", "the connection was lost"))


async def test_the_next_group_is_looked_at_behind_the_messages_and_carried_beside_the_end() -> None:
    steps = Steps(slow="a")
    assert await steps.run("ab", "cd", "e") == ["ab", "cd", "e"]
    assert steps.before("ask b", "look c")
    assert steps.before("look d", "carry a")
    assert steps.before("carry d", "finish a")
    assert steps.before("hear a", "finish b")  # what is written is written for all of a group
    assert steps.before("finish b", "finish c")


async def test_beside_other_connections_no_group_is_taken_ahead() -> None:
    steps = Steps()
    await steps.run("ab", "cd", several=True)
    assert steps.before("carry b", "look c")


async def test_what_ends_the_group_before_stops_the_next_one_and_is_said_as_what_it_is() -> None:
    steps = Steps({"finish a": Fenced("another owner")})
    with pytest.raises(Fenced):
        await steps.run("ab", "cdefg", "h")
    assert "carry g" not in steps.taken
    assert steps.back == ["ab", "cdefg", "h"]


async def test_the_graver_of_two_failures_is_said() -> None:
    steps = Steps({"finish a": Fenced("another owner"), "carry c": lost(SideName.SOURCE)}, slow="a")
    with pytest.raises(Fenced):
        await steps.run("ab", "cd")


@pytest.mark.parametrize("side", list(SideName)[:2])
async def test_where_the_source_is_lost_what_the_destination_has_gets_its_rows(side: SideName) -> None:
    steps = Steps({"carry d": lost(side)}, slow="a")
    with pytest.raises(TransferError):
        await steps.run("ab", "cde", "f")
    written = {step for step in steps.taken if step.startswith("finish")}
    assert written == ({"finish a", "finish b", "finish c"} if side is SideName.SOURCE else set())
    assert {f"close {name}" for name in "abcdef"} <= set(steps.taken)


async def test_a_halted_account_ends_what_it_carries_and_lets_the_rest_pass() -> None:
    steps, halted = Steps(), list[bool]()
    steps.on = lambda step: halted.append(True) if step == "carry a" else None
    assert await steps.run("ab", "cd", "e", halted=lambda: bool(halted)) == ["ab", "cd"]
    assert "finish b" in steps.taken
    assert "undo c" in steps.taken
    assert "begin c" not in steps.taken


async def test_a_cancelled_run_leaves_nothing_behind() -> None:
    steps = Steps(slow="a")
    running = asyncio.ensure_future(steps.run("ab", "cd"))
    steps.on = lambda step: running.cancel() if step == "carry c" else None
    with pytest.raises(asyncio.CancelledError):
        await running
    assert {f"close {name}" for name in "abcd"} <= set(steps.taken)
    assert len(asyncio.all_tasks()) == 1
