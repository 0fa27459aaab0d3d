"""One pair of connections in an attempt: folder after folder, and groups of small ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from trasloco.engine.account import FolderResult
from trasloco.engine.brought import Brought
from trasloco.engine.early_lists import EarlyLists
from trasloco.engine.failure import Failure, Retry, Scope, TransferError
from trasloco.engine.fate import Tally
from trasloco.engine.folder_pass import FolderPass
from trasloco.engine.folder_run import FolderRun
from trasloco.engine.following import Following
from trasloco.engine.labels import speaks_labels
from trasloco.engine.lanes import FAR
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.session import Session
from trasloco.engine.sink import Entry, Level
from trasloco.engine.small_folder import SmallFolder
from trasloco.engine.succession import Succession, Turn
from trasloco.engine.together import Together, gather_together, is_small, may_go_together
from trasloco.engine.tree import OTHER, Tree
from trasloco.engine.watching import Watching


def goes_together(session: Session) -> bool:
    """Whether small new folders may be brought together: nowhere that messages may have moved, that folders show the same
    messages, or that a pace has to be kept."""
    wanted = session.settings.together and not session.departures and not speaks_labels(session.source)
    free = session.pace is None or session.pace.free
    return wanted and free and may_go_together(session.source, session.destination)


def groups_of(session: Session, tree: Tree, waiting: Sequence[FolderRecord]) -> list[list[FolderRecord]]:
    """Of the folders that wait, those that are brought together."""
    if not goes_together(session):
        return []
    near = session.distance < FAR
    small = []
    for record in waiting:
        status = tree.source_status(record)
        if session.settings.newest_first and tree.foremost(record) < OTHER:
            continue  # groups come last
        if status is not None and is_small(record, status, tree.destination_status(record), session.settings, near=near):
            small.append((record, status))
    return [group for group in gather_together(small, near=near) if len(group) > 1]


class Lane:
    """``await Lane(session, tree, brought, watching).run(take)``; what it brings is in ``brought``.

    early: lists of the only group there is, that were asked for before.
    """

    def __init__(self, session: Session, tree: Tree, brought: Brought, watching: Watching, early: EarlyLists | None = None) -> None:
        self._early = early
        self._session = replace(session, sink=watching.lane())
        self._tree, self._brought = tree, brought
        self._alone: deque[FolderRecord] = deque()
        self._groups: deque[Sequence[FolderRecord]] = deque()

    @property
    def _halted(self) -> Failure | None:
        return self._session.pace.halted if self._session.pace is not None else None

    async def run(self, take: Callable[[], Sequence[FolderRecord] | None]) -> None:
        """take: gives the next folder, or the next group; None when there is none left. Ends early when the account is to rest.

        Raises TransferError when a connection or a mailbox is the trouble, Fenced, LedgerUnavailable.
        """
        while True:
            turns = Succession(lambda: self._next_turn(take))
            try:
                for turn in turns:
                    await self._folder(turn, turns)
                    if self._halted is not None:
                        return
            finally:
                turns.give_up()
            if not self._groups or self._halted is not None:
                return
            await self._bring_together(take)
            if self._halted is not None:
                return

    def _take(self, take: Callable[[], Sequence[FolderRecord] | None]) -> None:
        """The next folder, or the next group, if none is here that was taken and not begun."""
        while not self._alone and not self._groups and (item := take()) is not None:
            if len(item) == 1:
                self._alone.extend(item)
            else:
                self._groups.append(item)

    def _next_turn(self, take: Callable[[], Sequence[FolderRecord] | None]) -> Turn | None:
        """The next folder that goes by itself; None before a group, and at the end."""
        self._take(take)
        if not self._alone:
            return None
        record, tree = self._alone.popleft(), self._tree
        newest_first = self._session.settings.newest_first and tree.foremost(record) < OTHER
        names, status = tree.shown(record), tree.source_status(record)
        run = FolderRun(self._session, record, *names, status, newest_first=newest_first)
        return record, run, tree.destination_status(record)

    async def _bring_together(self, take: Callable[[], Sequence[FolderRecord] | None]) -> None:
        """Groups of small folders, while there are any; those of them that have to be gone through by themselves come then."""
        left: list[FolderRecord] = []

        def take_group() -> Sequence[SmallFolder] | None:
            if self._halted is not None:
                return None
            self._take(take)
            return [self._small_folder(record) for record in self._groups.popleft()] if self._groups else None

        def put(group: Sequence[SmallFolder]) -> None:
            for folder in group:
                if folder.done is not None:
                    self._brought.passes[folder.record.source_name] = folder.done
                else:
                    left.append(folder.record)
            if self._early is not None:
                self._early.drop()  # lists of folders that do not go over: who goes alone from here on would wait for them

        await Together(self._session, take_group, put, lambda: self._halted is not None).run()
        self._alone.extend(left)

    def _small_folder(self, record: FolderRecord) -> SmallFolder:
        tree = self._tree
        return SmallFolder(self._session, record, *tree.shown(record), tree.source_status(record), self._early)

    async def _folder(self, turn: Turn, following: Following) -> None:
        record, run, destination_status = turn
        brought, session = self._brought, self._session
        try:
            done = brought.passes[record.source_name] = await run.run(destination_status, following)
            if done.trouble is not None:
                session.sink.write(Entry(Level.ERROR, done.trouble.code, done.trouble.words, done.result.source))
        except TransferError as error:
            if error.failure is self._halted:  # all it had on its way is settled; so it is to be in the other lanes
                brought.cut_short.append(FolderResult(*self._tree.shown(record), run.tally))
                return
            if error.failure.scope is not Scope.FOLDER:
                raise
            self._fail(record, run, error.failure)
            if run.under_way:
                # What was on its way would come in between: the other folders get connections of their own.
                raise TransferError(replace(error.failure, scope=Scope.ACCOUNT, retry=Retry.NOW)) from error

    def _fail(self, record: FolderRecord, run: FolderRun, failure: Failure) -> None:
        brought, session, tree = self._brought, self._session, self._tree
        brought.fail(record.source_name, failure, session.sink)
        status = tree.source_status(record)
        tally = Tally(refused=status.messages or 0 if status is not None else 0)
        result = FolderResult(*tree.shown(record), tally, failure.words)
        brought.passes[record.source_name] = FolderPass(result, destination_uidvalidity=run.destination_uidvalidity)
        session.sink.advance(tally.source, 0)
