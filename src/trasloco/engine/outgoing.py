"""The destination's end of one batch: which APPEND carries which message, and what was refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from trasloco.engine.batches import Batch
from trasloco.engine.fate import Fate
from trasloco.engine.job import Job
from trasloco.engine.ledger import MessageRow
from trasloco.engine.renewal import Restraint
from trasloco.imap.append_command import AppendCommand, PendingAppend, WholeMessage
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.dates import InternalDate
from trasloco.imap.errors import CommandFailed


@dataclass(slots=True)
class Sending:
    """A batch between its intent and its settlement.

    commands: whose answers are due, one for a MULTIAPPEND, one a message without it; each with the rows it carries.
    uidnext: a lower bound of the UIDs that its messages can have on the destination.
    missing: UIDs the source has not sent; empty: those it sent without content; unsent: its NO to the FETCH.
    rows: those that need no answer of the destination.
    """

    batch: Batch
    stream: BodyStream
    intent: int
    uidnext: int
    missing: set[int]
    empty: set[int] = field(default_factory=set)
    unsent: CommandFailed | None = None
    commands: deque[tuple[PendingAppend, list[MessageRow]]] = field(default_factory=deque)
    refused: list[tuple[list[MessageRow], CommandFailed]] = field(default_factory=list)
    rows: list[MessageRow] = field(default_factory=list)


class Outgoing:
    """The APPEND side of one batch: opens commands, starts messages, keeps which rows each carries.

    closed: the destination refused in the middle of a MULTIAPPEND; the rest of the batch is refused with it.
    """

    def __init__(self, job: Job, sending: Sending, restraint: Restraint) -> None:
        self._client, self._name, self._sending, self._restraint = job.destination.client, job.name, sending, restraint
        self._several = "MULTIAPPEND" in self._client.capabilities
        self._command: AppendCommand | None = None
        self._rows: list[MessageRow] = []
        self._refusal: CommandFailed | None = None

    @property
    def closed(self) -> bool:
        return self._refusal is not None and self._several

    async def start(self, row: MessageRow, flags: Sequence[str], date: InternalDate | None) -> bool:
        """Begin one message; false when the server refused instead of asking for the literal.
        What was sent before in the same command was then not stored either."""
        if self._command is None:
            await self._restraint.before_next()
            self._command = self._client.append(self._name)
        self._rows.append(row)
        try:
            await self._command.message(row.size, flags, date)
        except CommandFailed as error:
            self._refusal = error
            self._sending.refused.append((self._rows, error))
            self._command, self._rows = None, []
            return False
        return True

    @property
    def flows(self) -> bool:
        """Whether messages may go into the open command without a word of the destination between them."""
        return self._command is not None and self._several and self._command.flows

    async def send_whole(self, rows: Sequence[MessageRow], messages: Sequence[WholeMessage]) -> None:
        """Messages that are here already, each with its row, while it ``flows``."""
        assert self._command is not None
        self._rows.extend(rows)
        await self._command.whole(messages)

    async def write(self, chunk: bytes | memoryview) -> None:
        assert self._command is not None
        await self._command.write(chunk)

    def close_message(self) -> None:
        if not self._several:
            self._finish()

    def end(self) -> None:
        """The batch has been read to its end; only now the command is completed."""
        if self._command is not None:
            self._finish()
        if self.closed and self._refusal is not None:
            self._refuse_the_rest(self._refusal)

    def _finish(self) -> None:
        assert self._command is not None
        pending = self._command.finish()
        self._restraint.sent(pending)
        self._sending.commands.append((pending, self._rows))
        self._command, self._rows = None, []

    def _refuse_the_rest(self, refusal: CommandFailed) -> None:
        """Messages of the batch that came after the refusal were never offered: they go with it."""
        known = {row.source_uid for rows, _ in self._sending.refused for row in rows}
        known.update(row.source_uid for row in self._sending.rows)
        rest = [uid for uid in self._sending.batch.uids if uid not in known and uid not in self._sending.missing]
        if rest:
            self._sending.refused.append(([MessageRow(uid, Fate.REFUSED, 0) for uid in rest], refusal))
