"""One refused message up the repair ladder: a rung, a try, and the next rung only as the new refusal asks.

Each try is an APPEND of its own with an intent before it and a row after it, like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from trasloco.engine.arrivals import may_be_stored
from trasloco.engine.classify import blame, busy, explain, over_quota
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.flags import SYSTEM_FLAGS
from trasloco.engine.job import Job
from trasloco.engine.ledger import MessageRow
from trasloco.engine.original import read_original
from trasloco.engine.ownership import Ownership
from trasloco.engine.relay import Relay
from trasloco.engine.renewal import renew_if_weary
from trasloco.engine.repair import Rung, repair, rungs
from trasloco.engine.unbound import Unbound
from trasloco.imap.dates import InternalDate
from trasloco.imap.errors import CommandFailed
from trasloco.imap.values import Appended, StatusText, fold_flag
from trasloco.plan.clauses import in_a_row
from trasloco.sentence import sentence as _


@dataclass(frozen=True, slots=True)
class _Try:
    """What is sent: bytes, flags, date; rungs: what was changed so far."""

    message: bytes
    flags: tuple[str, ...]
    date: InternalDate | None
    rungs: tuple[Rung, ...]


class Ladder:
    """Takes messages of one folder, while ``relay`` does nothing. Flags that had to be left behind on the way are in its
    ``permitted.lost``."""

    def __init__(self, job: Job, relay: Relay, unbound: Unbound) -> None:
        self._job, self._relay, self._unbound = job, relay, unbound
        self._permitted, self._arrivals = relay.permitted, relay.arrivals
        self._ownership = Ownership(job.ledger)

    async def climb(self, uid: int, refusal: StatusText) -> MessageRow | None:
        """The message's row: copied with the rungs named, or refused (and parked). None: the source has it no more.

        Raises TransferError, Fenced, LedgerUnavailable.
        """
        position = self._job.inventory.position(uid)
        assert position is not None
        await renew_if_weary(self._job.source)
        original = await read_original(self._job.source, uid, "reading a refused message again")
        if original is None:
            return None
        if isinstance(original, StatusText):
            inventory, run = self._job.inventory, self._job.run
            reason = _(
                "the destination says “%(status)s”, and the source “%(other)s” when asked for it again",
                status=str(refusal),
                other=str(original),
            )
            return MessageRow(uid, Fate.REFUSED, run, size=inventory.sizes[position], flags=inventory.flags(position), reason=reason)
        flags = self._permitted.keep(self._job.inventory.flags(position))
        state, said = _Try(original, flags, self._job.inventory.date(position), ()), refusal
        tried: set[Rung] = set()
        while True:
            possible = rungs(said.words, state.message) if self._job.settings.repair else ()
            rung = next((rung for rung in possible if rung not in tried), None)
            if rung is None:
                return await self._park(uid, original, refusal)
            tried.add(rung)
            for attempt in _attempts(state, rung):
                row = self._row(uid, position, original, attempt, refusal)
                if await self._is_there(attempt, original, row):
                    return row
                answer = await self._send(uid, attempt, row)
                if answer is None:
                    await self._set_keywords(row, flags, attempt)
                    return row
                if answer.words != said.words:
                    # Another complaint: this one is settled, so what settled it is kept.
                    state, said = attempt, answer

    async def _is_there(self, attempt: _Try, original: bytes, row: MessageRow) -> bool:
        """Was this form sent before, by an attempt whose row was lost? Then that is the message's."""
        if attempt.message == original:
            return False  # recognised before anything was sent, if it is there
        row.destination_uid = await self._unbound.claim(attempt.message)
        if row.destination_uid is None:
            return False
        row.fate = Fate.COPIED if row.source_uid in self._unbound.begun else Fate.ADOPTED
        await self._job.ledger.record(self._job.folder_id, [row])
        return True

    async def _send(self, uid: int, attempt: _Try, row: MessageRow) -> StatusText | None:
        """One APPEND; None when it was taken, else the refusal."""
        job, place = self._job, self._job.destination
        await renew_if_weary(place)
        selected = place.client.selected
        assert selected is not None
        begun = job.ledger.begin(job.folder_id, selected.uidvalidity, selected.uidnext or 1, [uid], [row.flags])
        intent = await self._ownership.heard(begun)
        try:
            with blame(place.side, "adding a repaired message", place.folder, refusals=True):
                appended = await self._append(attempt)
        except CommandFailed as error:
            if may_be_stored(error):
                new = await self._arrivals.since(self._relay.uidnext)
                row.destination_uid = await Unbound(place, new).claim(attempt.message) if new else None
            if row.destination_uid is not None:
                self._arrivals.ours([row.destination_uid])
                await job.ledger.settle(intent, [row])
                return None
            await job.ledger.settle(intent, [])
            if over_quota(error.status) or busy(error.status):
                raise TransferError(explain(error, place.side, "adding messages", Scope.ACCOUNT, place.folder)) from error
            return error.status
        row.destination_uid = appended.uids[0] if appended.uids else None
        self._arrivals.ours(appended.uids or ())
        await job.ledger.settle(intent, [row])
        return None

    async def _append(self, attempt: _Try) -> Appended:
        command = self._job.destination.client.append(self._job.name)
        await command.message(len(attempt.message), attempt.flags, attempt.date)
        await command.write(attempt.message)
        await self._ownership.confirm()
        return await command.finish()

    async def _set_keywords(self, row: MessageRow, flags: tuple[str, ...], attempt: _Try) -> None:
        """What was left off the APPEND is tried flag by flag; a refused one is lost and named."""
        place = self._job.destination
        for flag in flags:
            if flag in attempt.flags:
                continue
            if row.destination_uid is None:
                self._permitted.lost.add(flag)
                continue
            await renew_if_weary(place)
            try:
                with blame(place.side, "setting a flag", place.folder, refusals=True):
                    await place.client.store([row.destination_uid], "+FLAGS", [flag])
            except CommandFailed:
                self._permitted.lost.add(flag)

    async def _park(self, uid: int, original: bytes, refusal: StatusText) -> MessageRow:
        position = self._job.inventory.position(uid)
        assert position is not None
        kept = await self._job.ledger.park(self._job.folder_id, uid, original)
        said = _("the destination says “%(status)s”", status=str(refusal))
        reason = in_a_row([said, kept]) if kept else said
        row = self._row(uid, position, original, _Try(original, (), None, ()), refusal)
        row.fate, row.reason = Fate.REFUSED, reason
        return row

    def _row(self, uid: int, position: int, original: bytes, attempt: _Try, refusal: StatusText) -> MessageRow:
        """The original's digest and size, whatever was sent."""
        reason = _("repaired (%(rungs)s) after the destination said “%(status)s”", rungs=", ".join(attempt.rungs), status=str(refusal))
        flags = self._job.inventory.flags(position)
        digest = hashlib.sha256(original).digest()
        listed = self._job.inventory.sizes[position]
        return MessageRow(uid, Fate.COPIED, self._job.run, None, len(original), digest, flags, reason, listed)


def _attempts(state: _Try, rung: Rung) -> Iterator[_Try]:
    """What this rung sends: one form of the message, or the message with fewer flags and without its date."""
    taken = (*state.rungs, rung)
    if rung is not Rung.FLAGS_AND_DATE:
        yield _Try(repair(state.message, rung), state.flags, state.date, taken)
        return
    system = tuple(flag for flag in state.flags if fold_flag(flag) in SYSTEM_FLAGS)
    if system != state.flags:
        yield _Try(state.message, system, state.date, taken)
    if state.date is not None:
        yield _Try(state.message, state.flags, None, taken)
        if system != state.flags:
            yield _Try(state.message, system, None, taken)
