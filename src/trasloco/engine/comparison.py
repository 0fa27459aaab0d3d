"""One batch of messages: what the destination holds under the ledger's UIDs, against what it should hold.

Two clients of its own, opened when they are needed. First look: SHA-256 of the destination's bytes
against the ledger's digest of what was sent. Second look, only for what that does not settle: both
sides are read, and compared exactly, without CR (some servers mend line ends), and by body alone
(deliveries and other tools add header fields).
"""

from __future__ import annotations

import enum
import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trasloco.engine.account import Side
from trasloco.engine.classify import blame
from trasloco.engine.digest import Digester, Digests
from trasloco.engine.failure import Failure, Scope, SideName, TransferError
from trasloco.engine.ledger import FolderRecord, MessageRow
from trasloco.engine.opener import close, open_side
from trasloco.engine.repair import REPAIRED
from trasloco.engine.repaired_forms import repaired_forms
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.client import Client
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Selected
from trasloco.sentence import sentence as _

_FETCHED = 100  # messages of one FETCH
_AHEAD = 2  # FETCHes on their way together


class Verdict(enum.StrEnum):
    """What was found of one message. The values stand in reports."""

    IDENTICAL = "identical"  # the destination's bytes have the digest of those that were sent
    EQUAL = "equal"  # both sides were read again, and have the same bytes
    REPAIRED = "repaired"  # it is what the repair ladder makes of the source's message, read again
    LINE_ENDS = "line-ends"  # only line ends differ
    HEADERS = "headers"  # adopted: the same body, header fields differ
    PRESENT = "present"  # it is there; there was nothing to compare it with
    MISSING = "missing"  # the server had confirmed it, and has it no more in that folder
    DIFFERENT = "different"
    UNKNOWN = "unknown"  # where it is on the destination is not known

    @property
    def good(self) -> bool:
        """Compared, and as it should be."""
        return self in (Verdict.IDENTICAL, Verdict.EQUAL, Verdict.REPAIRED, Verdict.LINE_ENDS, Verdict.HEADERS)

    @property
    def plain(self) -> bool:
        """Nothing that needs to be listed."""
        return self in (Verdict.IDENTICAL, Verdict.EQUAL, Verdict.REPAIRED)

    @property
    def bad(self) -> bool:
        """A person has to look."""
        return self in (Verdict.MISSING, Verdict.DIFFERENT, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Finding:
    """One message. Folders as displayed; expected, found: SHA-256 in hex, "" when there is none."""

    verdict: Verdict
    source_folder: str
    source_uid: int
    destination_folder: str
    destination_uid: int | None
    words: str = ""
    expected: str = ""
    found: str = ""


@dataclass(slots=True)
class Tried:
    """The findings of one batch, one for each row, and the bytes read for them."""

    findings: list[Finding] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """A message as one side has it now."""

    exact: bytes
    digests: Digests


class Comparison:
    """Holds the connections of one verification. ``notes``: what a person should know of it as a whole."""

    def __init__(self, source: Side | None, destination: Side, deadlines: Deadlines | None) -> None:
        self._sides: dict[SideName, Side | None] = {SideName.SOURCE: source, SideName.DESTINATION: destination}
        self._deadlines = deadlines
        self._clients: dict[SideName, Client] = {}
        self._source_closed = _("the source was not to be contacted") if source is None else ""
        self.notes: list[str] = []

    async def compare(self, folder: FolderRecord, rows: Sequence[MessageRow]) -> Tried:
        """A finding for each row. Raises TransferError; then ``drop`` before anything else."""
        tried = Tried()
        client, selected = await self._open(SideName.DESTINATION, folder.destination_name)
        if folder.destination_uidvalidity not in (None, 0, selected.uidvalidity):
            words = _("the destination has renumbered this folder since (UIDVALIDITY changed); a further run matches its messages again")
            tried.findings.extend(_finding(folder, row, Verdict.UNKNOWN, words) for row in rows)
            return tried
        here = [row for row in rows if row.destination_uid is not None]
        words = _("accepted by the destination, which did not tell its UID")
        tried.findings.extend(_finding(folder, row, Verdict.UNKNOWN, row.reason or words) for row in rows if row.destination_uid is None)
        found = await self._digests(client, SideName.DESTINATION, folder, [row for row in here if row.digest is not None], tried)
        again = []
        for row in here:
            if row.digest is None or found.get(row.destination_uid or 0, row.digest) != row.digest:
                again.append(row)
            elif row.destination_uid not in found:
                tried.findings.append(_missing(folder, row))
            else:
                tried.findings.append(_finding(folder, row, Verdict.IDENTICAL))
        if again:
            await self._second_look(client, folder, again, tried)
        return tried

    def unopened(self, folder: FolderRecord, rows: Sequence[MessageRow], failure: Failure) -> Tried:
        """The findings of a folder that the destination does not open."""
        return Tried([_finding(folder, row, Verdict.MISSING, failure.words) for row in rows])

    def drop(self) -> None:
        """Cut both lines, whatever is on its way."""
        for client in self._clients.values():
            client.abort()
        self._clients.clear()

    async def close(self) -> None:
        for client in self._clients.values():
            await close(client)
        self._clients.clear()

    async def _open(self, name: SideName, mailbox: bytes) -> tuple[Client, Selected]:
        """The side's client with this folder open, read-only: nothing is marked, nothing loses \\Recent."""
        side = self._sides[name]
        assert side is not None
        client = self._clients.get(name)
        if client is None:
            client, self._sides[name] = await open_side(side, self._deadlines)
            self._clients[name] = client
        selected = client.selected
        if selected is None or selected.name != mailbox:
            with blame(side, "opening the folder", decode_name(mailbox), Scope.FOLDER):
                selected = await client.select(mailbox, read_only=True)
        return client, selected

    async def _digests(
        self, client: Client, name: SideName, folder: FolderRecord, rows: Sequence[MessageRow], tried: Tried
    ) -> dict[int, bytes]:
        """SHA-256 of the destination's messages by UID; those that are gone are missing."""
        side = self._sides[name]
        assert side is not None
        found: dict[int, bytes] = {}
        with blame(side, "reading messages back", decode_name(folder.destination_name)):
            for streams in _ahead(client, [row.destination_uid for row in rows if row.destination_uid is not None]):
                async for body in streams:
                    sha = hashlib.sha256()
                    async for chunk in body:
                        sha.update(chunk)
                    if body.uid is not None and not body.nil:
                        found[body.uid] = sha.digest()
                        tried.size += body.size
                await streams.finish()
        return found

    async def _second_look(self, client: Client, folder: FolderRecord, rows: Sequence[MessageRow], tried: Tried) -> None:
        """Both sides read and compared in every way that counts."""
        destination = self._sides[SideName.DESTINATION]
        assert destination is not None
        uids = [row.destination_uid for row in rows if row.destination_uid is not None]
        theirs = await self._read(client, destination, folder.destination_name, uids, tried)
        why = await self._open_source(folder)
        ours: dict[int, _Read] = {}
        if not why:
            source = self._sides[SideName.SOURCE]
            assert source is not None
            reader = self._clients[SideName.SOURCE]
            ours = await self._read(reader, source, folder.source_name, [row.source_uid for row in rows], tried)
        for row in rows:
            there, here = theirs.get(row.destination_uid or 0), ours.get(row.source_uid)
            if there is None:
                tried.findings.append(_missing(folder, row))
                continue
            verdict, words = _judge(row, there, here, why or _("the source has it no more"))
            if verdict is Verdict.DIFFERENT and here is not None and _repaired(row) and await self._is_variant(folder, row, there):
                verdict, words = Verdict.REPAIRED, row.reason
            expected = row.digest or (here.exact if here is not None else b"")
            tried.findings.append(_finding(folder, row, verdict, words, expected.hex(), there.exact.hex()))

    async def _open_source(self, folder: FolderRecord) -> str:
        """Open the source's folder; why that is of no use, "" when it is open. A lost line is raised."""
        if self._source_closed:
            return self._source_closed
        try:
            selected = (await self._open(SideName.SOURCE, folder.source_name))[1]
        except TransferError as error:
            if error.failure.retry.value == "now":
                raise
            if error.failure.scope is not Scope.FOLDER:
                # Said once, and not tried for every batch: a refused login may lock the account.
                self._source_closed = _("the source could not be read again")
                self.notes.append(_("%(clause)s What has no digest of its own is only known to be there.", clause=error.failure.words))
            return _("the source could not be read again")
        if folder.source_uidvalidity not in (None, 0, selected.uidvalidity):
            return _("the source has renumbered this folder since")
        return ""

    async def _read(self, client: Client, side: Side, mailbox: bytes, uids: Sequence[int], tried: Tried) -> dict[int, _Read]:
        found: dict[int, _Read] = {}
        with blame(side, "reading messages again", decode_name(mailbox)):
            for stream in _ahead(client, uids):
                async for body in stream:
                    sha, digester = hashlib.sha256(), Digester(text=True)
                    async for chunk in body:
                        sha.update(chunk)
                        digester.update(chunk)
                    if body.uid is not None and not body.nil:
                        found[body.uid] = _Read(sha.digest(), digester.result())
                        tried.size += body.size
                await stream.finish()
        return found

    async def _is_variant(self, folder: FolderRecord, row: MessageRow, there: _Read) -> bool:
        """Is what the destination has one of the forms the ladder gives this message? One message in memory."""
        source = self._sides[SideName.SOURCE]
        assert source is not None
        with blame(source, "reading a repaired message again", decode_name(folder.source_name)):
            stream = self._clients[SideName.SOURCE].bodies([row.source_uid])
            parts = [await body.read() async for body in stream]
            await stream.finish()
        return any(digests.whole == there.digests.whole for part in parts for digests in repaired_forms(part))


def _ahead(client: Client, uids: Sequence[int]) -> Iterator[BodyStream]:
    """Streams to be read to their end one after the other, the next one's FETCH sent before."""
    waiting: deque[BodyStream] = deque()
    for start in range(0, len(uids), _FETCHED):
        waiting.append(client.bodies(uids[start : start + _FETCHED]))
        if len(waiting) == _AHEAD:
            yield waiting.popleft()
    yield from waiting


def _judge(row: MessageRow, there: _Read, here: _Read | None, why: str) -> tuple[Verdict, str]:
    """The verdict on a message read again. why: what is to be said when the source's is not to be had."""
    if there.exact == row.digest:
        return Verdict.IDENTICAL, ""
    if here is not None:
        if there.exact == here.exact:
            return Verdict.EQUAL, ""
        if there.digests.whole == here.digests.whole:
            return Verdict.LINE_ENDS, _("line ends differ: the server rewrites them")
        if row.digest is None and there.digests.body == here.digests.body:
            return Verdict.HEADERS, _("the same body; header fields differ, as a delivery or another tool leaves them")
        if row.digest is None and there.digests.text and there.digests.text == here.digests.text:
            return Verdict.HEADERS, _("the same text; the boundaries between its parts are made anew by the server")
        return Verdict.DIFFERENT, _("the bytes differ")
    if row.digest is None:
        return Verdict.PRESENT, _("it is there; %(why)s", why=why)
    if there.digests.whole == row.digest:
        return Verdict.LINE_ENDS, _("line ends differ: the server rewrites them")
    if _repaired(row):
        return Verdict.PRESENT, _("it is there, %(clause)s; %(why)s", clause=row.reason, why=why)
    return Verdict.DIFFERENT, _("the bytes differ from those that were sent")


def _repaired(row: MessageRow) -> bool:
    return row.reason.startswith(REPAIRED)


def _missing(folder: FolderRecord, row: MessageRow) -> Finding:
    words = _("not in this folder any more: the server had confirmed it under this UID, so it was deleted or moved there since")
    return _finding(folder, row, Verdict.MISSING, words, "" if row.digest is None else row.digest.hex())


def _finding(folder: FolderRecord, row: MessageRow, verdict: Verdict, words: str = "", expected: str = "", found: str = "") -> Finding:
    names = decode_name(folder.source_name), decode_name(folder.destination_name)
    return Finding(verdict, names[0], row.source_uid, names[1], row.destination_uid, words, expected, found)
