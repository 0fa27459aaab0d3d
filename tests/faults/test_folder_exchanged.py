"""A destination folder is renamed, deleted or made anew under our hands, at each step of a run: whatever is reported as
brought is there when the run has ended, or is brought by the next one if the change came after our last look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import pytest

from trasloco.engine import lanes
from trasloco.engine.account import Outcome, RunStatus, Settings
from trasloco.engine.failure import Scope
from trasloco.engine.last_look import TIMES
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.sink import Level
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.moments import Moments
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal
from trasloco.testing.wire import WireRefused

Deed: TypeAlias = Callable[[MailboxFiller], object]

LEAF, AWAY = ("Leaf",), ("Away",)
OTHERS = (("INBOX",), ("Zett",))


def _rename(client: MailboxFiller) -> None:
    client.rename(LEAF, AWAY)


def _create(client: MailboxFiller) -> None:
    client.create(LEAF)


def _remove(client: MailboxFiller) -> None:
    client.remove(LEAF)


def _remove_renamed(client: MailboxFiller) -> None:
    client.remove(AWAY)


def _take_back(client: MailboxFiller) -> None:
    client.move(AWAY, None, LEAF)


DEEDS: dict[str, tuple[Deed, ...]] = {
    "deleted": (_remove,),
    "deleted-and-made-anew": (_remove, _create),
    "renamed": (_rename,),
    "renamed-and-made-anew": (_rename, _create),
    "renamed-and-deleted": (_rename, _remove_renamed),
    "renumbered": (_rename, _create, _take_back, _remove_renamed),
}

WAYS = ("one-by-one", "together", "several-connections")

IN_PLACE = ("deleted", "deleted-and-made-anew", "renamed-and-deleted", "renumbered")
"""Those after which everything is in the folder of its name."""


class Stage:
    """Accounts of a few messages between two servers, each with a client that does a deed at some step of its first run."""

    def __init__(self, both: tuple[Line, ...], fresh_user: Callable[[], str]) -> None:
        self._lines, self._fresh_user = both, fresh_user

    def account(self, *, together: bool = False) -> Rehearsal:
        """together: small folders are brought in one go, as they are unless told otherwise."""
        source, destination = self._lines
        settings = Settings() if together else Settings(batch_messages=2, together=False)
        account = Rehearsal(source, destination, self._fresh_user(), settings=settings)
        account.clear()
        with source.filler(account.user) as filler:
            for path, count in ((LEAF, 4), *((other, 1) for other in OTHERS)):
                filler.create(path)
                filler.append(path, [_mail(path, number) for number in range(count)])
        return account


def _play(account: Rehearsal, plan: Mapping[int, Sequence[Deed]], *, half: bool) -> tuple[Outcome, Moments, bool]:
    """The first run, with these deeds at these steps; whether all of them could be done."""
    done: list[bool] = []

    def doing(deeds: Sequence[Deed]) -> Callable[[], None]:
        return lambda: done.append(_do(account, deeds))

    inner = account.ledger
    with Moments(account.destination.proxy.port, {step: doing(deeds) for step, deeds in plan.items()}, half=half) as moments:
        account.ledger = moments.ledger(inner)
        outcome = account.run(1)
    account.ledger = inner
    return outcome, moments, len(done) == len(plan) and all(done)


def _do(account: Rehearsal, deeds: Sequence[Deed]) -> bool:
    with account.destination.filler(account.user) as client:
        for deed in deeds:
            try:
                deed(client)
            except WireRefused:  # there is no such folder yet, or any more
                return False
    return True


def _mail(path: tuple[str, ...], number: int) -> Mail:
    return Mail(b"Message-ID: <%d@%s>\r\nSubject: %d\r\n\r\n%s" % (number, path[0].encode(), number, b"text\r\n" * 30))


@pytest.fixture
def stage(fault_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> Stage:
    return Stage(fault_lines, fresh_user)


def _differences(account: Rehearsal) -> tuple[int, int]:
    """Messages that the destination lacks, and has too often, whatever folder they are in."""
    here, there = (line.snapshot(account.user).digests() for line in (account.source, account.destination))
    return (here - there).total(), (there - here).total()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DEEDS)
def test_folder_exchanged_at_every_step(
    stage: Stage, name: str, way: str, steps: Callable[[int], Iterator[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the intent, between it and the first byte, between two literals, before and after the answer, after the settlement."""
    if way == "several-connections":  # the same steps, in an order that is another one each time
        monkeypatch.setattr(lanes, "FAR", 0.0)
        monkeypatch.setattr(lanes, "ENOUGH_MESSAGES", 2)
    tried = seen = last = 0
    for step in steps(list(DEEDS).index(name) + WAYS.index(way)):
        account = stage.account(together=way == "together")
        outcome, moments, done = _play(account, {step: DEEDS[name]}, half=step % 2 == 0)
        where = f"{name} at step {step} ({moments.last!r})"
        assert outcome.failure is None, where
        assert (outcome.status, outcome.tally.source) == (RunStatus.COMPLETED, 6), where
        if not moments.last:
            break
        tried, last = tried + 1, step
        if not done:
            continue
        seen += 1
        there = account.destination.snapshot(account.user)
        late = b"LOGOUT" in moments.last or (b"STATUS" in moments.last and step % 2 == 0)  # in the midst of our last look
        # What was on its way by name when the folder got another one is there under both.
        twice = 4 if (name, way) == ("renamed-and-made-anew", "together") else 0
        if not late:
            lacking, doubled = _differences(account)
            assert (lacking, doubled <= twice) == (0, True), where
            assert account.run(2).tally.copied == 0, where
            assert account.destination.snapshot(account.user) == there, where
        else:
            assert account.run(2).failure is None, where
            lacking, doubled = _differences(account)
            assert (lacking, doubled <= twice) == (0, True), where
        if name in IN_PLACE:
            assert account.verdict() == FAULTLESS, where
    assert seen * last > 15 * tried, "of all steps, as far as this third tells"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("later", [2, 5, 9])
def test_folder_renamed_and_taken_back_after_it_was_followed(stage: Stage, later: int) -> None:
    """A client renames the folder, makes one of its name anew and puts the mail back; in between we have followed the renaming.
    The name that went away is not made again."""
    step, seen, reached = later % 2, 0, True
    while reached:
        step += 2
        account = stage.account()
        plan = {step: (_rename, _create), step + later: (_take_back, _remove_renamed)}
        outcome, moments, done = _play(account, plan, half=step % 4 < 2)
        reached = bool(moments.last)
        if not done:
            continue
        seen += 1
        where = f"taken back at step {step + later} ({moments.last!r})"
        assert outcome.failure is None, where
        for number in (1, 2):
            assert account.run(number).failure is None, where
        assert account.verdict() == FAULTLESS, where
        assert AWAY not in account.destination.snapshot(account.user).folders, where
    assert seen > 3


class _Deleting:
    """A ledger; whenever the pass over the folder is complete a client deletes it on the destination."""

    def __init__(self, inner: Ledger, account: Rehearsal) -> None:
        self._inner, self._account = inner, account
        self.times = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def complete(self, record: FolderRecord) -> None:
        await self._inner.complete(record)
        if record.source_name == b"Leaf":
            self.times += 1
            _do(self._account, (_remove,))


def test_folder_that_is_deleted_each_time_is_listed_and_does_not_keep_us(stage: Stage) -> None:
    account = stage.account()
    inner, deleting = account.ledger, _Deleting(account.ledger, account)
    account.ledger = cast(Ledger, deleting)
    outcome = account.run(1)
    assert deleting.times == TIMES + 1
    assert outcome.status is RunStatus.COMPLETED_WITH_ERRORS
    assert outcome.failure is not None
    assert (outcome.failure.scope, outcome.failure.code) == (Scope.FOLDER, "uidvalidity-changed")
    assert "“Leaf” was deleted" in outcome.failure.words
    assert [entry.action for entry in account.sink.entries if entry.level is Level.ERROR] == ["uidvalidity-changed"]
    assert _differences(account) == (4, 0), "the other folders are whole"
    account.ledger = inner
    assert account.run(2).failure is None
    assert account.verdict() == FAULTLESS
