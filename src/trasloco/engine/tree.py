"""Both folder trees, mapped, and the destination's made ready: what is missing is created and subscribed.

The mapping is pure (``plan.mapping``); here are only the questions to the servers, and what to do
when the destination refuses a name: the next one the plan offers, and the folders below follow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trasloco.engine.account import FolderResult, Settings, Side
from trasloco.engine.at_side import at_side
from trasloco.engine.census import Stay
from trasloco.engine.classify import blame, busy, explain, over_quota
from trasloco.engine.created import is_there, made_of
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.known_folders import Listed, follow_renamed, retire_renumbered, tell_bound_anew
from trasloco.engine.labels import EXTENSION, Labels
from trasloco.engine.lanes import FAR
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap import quirks
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Kind, Mailbox, Namespaces, Status, StatusText
from trasloco.plan.mapping import LeftOut, Pair, Rule, Rules, map_folders
from trasloco.plan.mapping import Mapping as FolderMapping
from trasloco.plan.roles import Role, role_by_attribute
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

CREATED_AT_ONCE = 100
"""CREATE commands on their way together."""

BOUND_AT_ONCE = 200
"""Statements on their way to the ledger together."""


OTHER = 2
"""What ``Tree.foremost`` says of most folders."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One side's folders as listed."""

    side: Side
    client: Client
    tree: list[Mailbox]
    namespaces: Namespaces | None


@dataclass(frozen=True, slots=True)
class FailedFolder:
    """A folder that the destination takes under no name: in the report, with its messages refused."""

    source_name: bytes
    result: FolderResult
    failure: Failure


async def list_side(side: Side, client: Client) -> Listing:
    """Read one side's folder tree with counts. INBOX is there even when a server does not list it."""
    with blame(side, "reading the folder list"):
        namespaces, tree = await asyncio.gather(_namespaces(client), client.tree())
    if not any(mailbox.name.upper() == b"INBOX" for mailbox in tree):
        delimiter = next((mailbox.delimiter for mailbox in tree if mailbox.delimiter), None)
        tree.insert(0, Mailbox(b"INBOX", delimiter))
    return Listing(side, client, tree, namespaces)


async def _namespaces(client: Client) -> Namespaces | None:
    """None when the server will not say: then there is one namespace without a prefix (RFC 2342 2)."""
    try:
        return await client.namespaces()
    except CommandFailed as error:
        if busy(error.status):
            raise
        return None


class Tree:
    """The folders of one attempt. Call ``prepare`` first. known: the ledger's. doubtful: see ``known_folders``.

    records: the pairs to work on. failed: folders the destination takes under no name. departed: pairs of earlier runs whose
    source folder is gone, renamed or left out now.
    """

    def __init__(
        self,
        source: Listing,
        destination: Listing,
        ledger: Ledger,
        settings: Settings,
        sink: Sink,
        known: Sequence[FolderRecord],
        *,
        doubtful: bool = False,
    ) -> None:
        self._source, self._destination, self._known, self._doubtful = source, destination, known, doubtful
        self._ledger, self._settings, self._sink = ledger, settings, sink
        self._bound: dict[bytes, bytes] = {}
        self._renamed: dict[bytes, str] = {}
        self._created: set[bytes] = set()
        self._confirmed: set[bytes] = set()
        self._relisted: list[Mailbox] | None = None  # what the destination lists behind what was created last
        self._mapping: FolderMapping | None = None
        self._statuses = {
            listing.side.name: {mailbox.name: mailbox.status for mailbox in listing.tree} for listing in (source, destination)
        }
        self.records: list[FolderRecord] = []
        self.departed: list[FolderRecord] = []
        self.failed: list[FailedFolder] = []

    async def prepare(self) -> None:
        """Map, create, bind. ``records`` and ``failed`` hold the outcome.

        The new folders are subscribed by ``subscribe``, which may be called while messages are brought already.
        Raises TransferError when the destination cannot be worked with at all.
        """
        known = {record.source_name: record for record in await self._as_they_are_now()}
        if any(_stands_still(record, self._statuses[SideName.SOURCE].get(name)) for name, record in known.items()):
            self._source.client.note(quirks.HIGHESTMODSEQ_FROZEN)
        known = {name: record for name, record in known.items() if record.destination_name}
        self._bound = {name: record.destination_name for name, record in known.items()}
        known |= await self._bound_anew(known)
        self._mapping = self._map()
        await self._create_all()
        failed = {item.source_name for item in self.failed}
        pairs = [pair for pair in self._pairs() if pair.source.name not in failed]
        for start in range(0, len(pairs), BOUND_AT_ONCE):
            self.records += await asyncio.gather(*(self._bind(pair, known) for pair in pairs[start : start + BOUND_AT_ONCE]))
        listed = {record.source_name for record in self.records}
        self.departed = [record for name, record in known.items() if name not in listed]

    async def _bind(self, pair: Pair, known: Mapping[bytes, FolderRecord]) -> FolderRecord:
        name = pair.source.name
        return known.get(name) or await self._ledger.bind(name, pair.destination, self._renamed.get(name, pair.renamed))

    async def _as_they_are_now(self) -> Sequence[FolderRecord]:
        """The ledger's pairs, those renumbered on the source and those renamed on the destination seen to."""
        known = self._known
        if not known:
            return known
        records = [record for record in known if record.destination_name]
        here, there = (Listed(side.side, side.client, side.tree, self._doubtful) for side in (self._source, self._destination))
        if await follow_renamed(self._ledger, records, there, self._sink):
            records = [record for record in await self._ledger.folders() if record.destination_name]
        await retire_renumbered(self._ledger, records, here, there, self._sink)
        return await self._ledger.folders()

    async def _bound_anew(self, known: Mapping[bytes, FolderRecord]) -> dict[bytes, FolderRecord]:
        """Pairs whose folder on the destination is gone, and for which there is one under the name that they would have today:
        a folder that was renamed, followed, and whose mail was taken back. It is not made again under the name that went away."""
        there = Listed(self._destination.side, self._destination.client, self._destination.tree, self._doubtful)
        gone = {name for name, record in known.items() if record.destination_uidvalidity and record.destination_name not in there.statuses}
        if not gone:
            return {}
        mapping = self._map({name: bound for name, bound in self._bound.items() if name not in gone})
        found = {}
        for pair in mapping.pairs:
            name = pair.source.name
            if name not in gone or not pair.exists or await there.select(known[name].destination_name) is not None:
                continue
            await self._ledger.rebind(known[name].id, pair.destination)
            self._bound[name] = pair.destination
            found[name] = replace(known[name], destination_name=pair.destination)
            tell_bound_anew(self._sink, known[name], pair.destination)
        return found

    async def leave_out(self) -> dict[bytes, FolderResult]:
        """The folders that a rule leaves out, with their messages counted as skipped, each told to the ledger.

        The count is the server's; ``census`` lists the messages of ``stays`` once all else is done. What is elsewhere too
        is no mail that stays behind, and counts there.
        """
        assert self._mapping is not None
        left_out = [item for item in self._mapping.left_out if item.source.selectable]
        counts = await self._counts(left_out)
        results = {}
        for item in left_out:
            name = item.source.name
            elsewhere = self._is_elsewhere(item)
            tally = Tally(skipped=0 if elsewhere else counts.get(name, 0))
            await self._ledger.left_out(name, item.words, tally)
            results[name] = FolderResult(decode_name(name), "", tally, item.words)
            words = _left_out_words(decode_name(name), item.words, counts.get(name, 0) if elsewhere else tally.skipped, elsewhere)
            self._sink.write(Entry(Level.INFO, "folder-left-out", words, decode_name(name)))
        return results

    def stays(self) -> list[Stay]:
        """The folders of this mailbox that a rule leaves out, to be listed. Other people's are not this mailbox's."""
        assert self._mapping is not None
        items = [item for item in self._mapping.left_out if item.source.selectable and item.kind is not Rule.FOREIGN]
        items = [item for item in items if not self._is_elsewhere(item)]
        return [Stay(item.source.name, item.source.status, Fate.SKIPPED, item.words) for item in items]

    def _is_elsewhere(self, item: LeftOut) -> bool:
        """Gmail's Starred and Important, where All Mail is carried: each message of theirs has its row in another folder."""
        if item.kind is not Rule.LABEL or role_by_attribute(item.source.attributes) is None:
            return False
        carried = {record.source_name for record in self.records}
        return any(mailbox.name in carried and role_by_attribute(mailbox.attributes) is Role.ALL for mailbox in self._source.tree)

    def expectation(self, labels: Labels | None = None) -> tuple[int, int | None]:
        """(messages, bytes) of all folders to be copied; bytes None when the server does not tell. labels: what many folders
        have is fetched once."""
        view = None if labels is None else labels.all_mail
        statuses = [self.source_status(record) for record in self.records if record.source_name != view]
        messages = sum(status.messages or 0 for status in statuses if status is not None)
        if labels is not None:
            told = labels.sizes()
            return messages + labels.count_archived(), None if told is None else told[0]
        sizes = [status.size for status in statuses if status is not None and status.size is not None]
        return messages, sum(sizes) if len(sizes) == len(statuses) else None

    def source_statuses(self) -> Mapping[bytes, Status | None]:
        """Every folder the source lists now, whatever becomes of it."""
        return self._statuses[SideName.SOURCE]

    def source_status(self, record: FolderRecord) -> Status | None:
        return self._statuses[SideName.SOURCE].get(record.source_name)

    def destination_status(self, record: FolderRecord) -> Status | None:
        return self._statuses[SideName.DESTINATION].get(record.destination_name)

    def unchanged(self, record: FolderRecord) -> bool:
        """Whether the counts are those of the last completed pass: most likely there is nothing to do."""
        status = self.source_status(record)
        then = (record.source_uidnext, record.source_messages, record.source_modseq)
        return status is not None and record.run is not None and then == (status.uidnext, status.messages, status.highest_modseq)

    def foremost(self, record: FolderRecord) -> int:
        """Where it stands when the newest mail goes first: 0 INBOX, 1 Sent, 2 any other."""
        if record.source_name.upper() == b"INBOX":
            return 0
        sent = (pair.source.name for pair in self._pairs() if pair.role == Role.SENT.value)
        return 1 if record.source_name in sent else OTHER

    def shown(self, record: FolderRecord) -> tuple[str, str]:
        """Both names as their servers have them, decoded."""
        return decode_name(record.source_name), decode_name(record.destination_name)

    def _map(self, bound: Mapping[bytes, bytes] | None = None) -> FolderMapping:
        settings = self._settings
        source, destination = self._source, self._destination
        rules = Rules(
            skip_roles=settings.skip_roles,
            skip_folders=settings.skip_folders,
            skip_non_mail=settings.skip_non_mail,
            labels=EXTENSION in source.client.capabilities,
            taken=settings.gmail,
            case_insensitive=quirks.NAMES_FOLDED.name in destination.client.quirks,
        )
        return map_folders(
            source.tree,
            source.namespaces,
            destination.tree,
            destination.namespaces,
            bound=self._bound if bound is None else bound,
            rules=rules,
        )

    def _pairs(self) -> list[Pair]:
        assert self._mapping is not None
        return [pair for pair in self._mapping.pairs if not pair.container]

    async def _create_all(self) -> None:
        """Create what is missing, many at a time; then one by one what was refused, mapping again each time.

        At the end the destination says what it has made of the names (``created``)."""
        failed: set[bytes] = set()
        while True:
            missing = [p for p in self._pairs() if p.create and p.destination not in self._created and p.source.name not in failed]
            refused = await self._create_many(missing) if missing else await self._merged_one(failed)
            if refused is None:
                if not missing:
                    return
                continue
            pair, refusal = refused
            if not await self._create_otherwise(pair, refusal):
                failed.add(pair.source.name)
                self._give_up(pair, refusal)
            self._mapping = self._map()

    async def _create_many(self, pairs: Sequence[Pair]) -> tuple[Pair, CommandFailed] | None:
        """Create these in order; the first that was refused, None when all are there now."""
        first: tuple[Pair, CommandFailed] | None = None
        for start in range(0, len(pairs), CREATED_AT_ONCE):
            some = pairs[start : start + CREATED_AT_ONCE]
            answers = await self._create_and_list(some)
            for pair, refusal in zip(some, answers, strict=True):
                if refusal is None:
                    self._made(pair, pair.destination, pair.renamed)
                else:
                    first = first or (pair, refusal)
            if first is not None:
                break
        return first

    async def _create_and_list(self, pairs: Sequence[Pair]) -> list[CommandFailed | None]:
        """Create these, and where the destination is far away ask for its list in the same breath."""
        client = self._destination.client
        creating = asyncio.gather(*(self._create(pair.destination, pair.special_use) for pair in pairs))
        if client.round_trip < FAR:
            return await creating
        refusals = client.refusals
        answers, self._relisted = await asyncio.gather(creating, self._list_again())
        if client.refusals != refusals:
            self._relisted = None  # some names were tried again after it was made
        return answers

    async def _merged_one(self, failed: set[bytes]) -> tuple[Pair, CommandFailed] | None:
        """A pair whose new folder turns out to be another pair's, with a refusal to go on with; None when there
        is none (any more). One that only goes by another name there is bound to that name."""
        fresh = self._created - self._confirmed
        if not fresh:
            return None
        listed, self._relisted = self._relisted or await self._list_again(), None
        pairs = [pair for pair in self._pairs() if pair.source.name not in failed]
        names = {pair.source.name: pair.destination for pair in pairs}
        for pair in pairs:
            if pair.destination not in fresh:
                continue
            self._confirmed.add(pair.destination)
            found = made_of(pair.destination, listed, names.values())
            if found is None:
                continue
            self._destination.client.note(quirks.NAMES_FOLDED)
            if found.another:
                return pair, CommandFailed(StatusText(Kind.NO, "ALREADYEXISTS", b"", "it makes one folder of two names"), "CREATE")
            self._confirmed.add(found.name)
            self._renamed_by_server(pair, found.name)
            names[pair.source.name] = found.name
        self._mapping = self._map()
        return None

    async def _list_again(self) -> list[Mailbox]:
        with blame(self._destination.side, "reading the folder list again"):
            return await self._destination.client.tree(status=False)

    def _renamed_by_server(self, pair: Pair, name: bytes) -> None:
        why = _("the destination has made this name of it")
        self._made(pair, name, why)
        words = _named_words(pair, name, why)
        self._sink.write(Entry(Level.WARNING, "folder-renamed", words, decode_name(pair.source.name)))

    async def _create(self, name: bytes, special_use: str) -> CommandFailed | None:
        """One CREATE; the refusal, or None when the folder is there now."""
        client = self._destination.client
        use = special_use if "CREATE-SPECIAL-USE" in client.capabilities else ""
        with blame(self._destination.side, "creating a folder", decode_name(name)):
            # A NO without a code is asked again, without a role: it may be a passing one, and a name is for ever.
            for attribute in (use, ""):
                refusal = await _refusal_of(client, name, attribute)
                if refusal is None or (_exists_already(refusal) and await is_there(client, name)):
                    return None
                if _exists_already(refusal):
                    client.note(quirks.NAMES_FOLDED)  # under another name: two folders must not become one
                    return refusal
                if over_quota(refusal.status) or busy(refusal.status):
                    raise TransferError(explain(refusal, self._destination.side, "creating a folder", folder=decode_name(name)))
                if refusal.status.code == "CANNOT" and not attribute:
                    return refusal
            return refusal

    async def _create_otherwise(self, pair: Pair, refusal: CommandFailed) -> bool:
        """Try the names the plan offers, least change first; the accepted one is bound."""
        assert self._mapping is not None
        for alternative in self._mapping.alternatives(pair, f"{refusal.status.code} {refusal.status.words}"):
            if alternative.exists or await self._create(alternative.destination, pair.special_use) is None:
                why = _("%(why)s (the destination says “%(status)s”)", why=alternative.words, status=str(refusal.status))
                self._made(pair, alternative.destination, why)
                words = _named_words(pair, alternative.destination, why)
                self._sink.write(Entry(Level.WARNING, "folder-renamed", words, decode_name(pair.source.name)))
                return True
        return False

    def _made(self, pair: Pair, destination_name: bytes, renamed: str) -> None:
        """Keep what was created: a further mapping builds on it."""
        self._created.add(destination_name)
        self._bound[pair.source.name] = destination_name
        self._renamed[pair.source.name] = renamed

    def _give_up(self, pair: Pair, refusal: CommandFailed) -> None:
        name = decode_name(pair.source.name)
        clause = _(
            "the folder “%(folder)s” could not be created under any name; the server says “%(status)s”",
            folder=name,
            status=str(refusal.status),
        )
        said = at_side(SideName.DESTINATION, self._destination.side.endpoint, clause)
        failure = Failure(SideName.DESTINATION, Scope.FOLDER, Retry.NEVER, "folder-refused", said)
        messages = pair.source.status.messages if pair.source.status is not None else None
        self.failed.append(FailedFolder(pair.source.name, FolderResult(name, "", Tally(refused=messages or 0), said), failure))

    async def subscribe(self) -> None:
        """Subscriptions follow the source's; one that is refused is only said. Raises TransferError."""
        wanted = [pair for pair in self._pairs() if pair.subscribe]
        client = self._destination.client
        with blame(self._destination.side, "subscribing folders"):
            answers = await asyncio.gather(*(client.subscribe(pair.destination) for pair in wanted), return_exceptions=True)
            for pair, answer in zip(wanted, answers, strict=True):
                if isinstance(answer, CommandFailed):
                    words = _(
                        "“%(folder)s” could not be subscribed; the destination says “%(status)s”.",
                        folder=decode_name(pair.destination),
                        status=str(answer.status),
                    )
                    self._sink.write(Entry(Level.WARNING, "subscribe-refused", words, decode_name(pair.source.name)))
                elif isinstance(answer, BaseException):
                    raise answer

    async def _counts(self, left_out: Iterable[LeftOut]) -> Mapping[bytes, int]:
        """Messages of folders that are not opened. Other people's folders are not this mailbox's: not counted."""
        own = [item.source for item in left_out if item.kind is not Rule.FOREIGN]
        unknown = [mailbox.name for mailbox in own if mailbox.status is None or mailbox.status.messages is None]
        with blame(self._source.side, "counting messages"):
            asked = await self._source.client.statuses(unknown) if unknown else {}
        counts = {mailbox.name: mailbox.status.messages or 0 for mailbox in own if mailbox.status is not None}
        return counts | {name: status.messages or 0 for name, status in asked.items() if isinstance(status, Status)}


async def _refusal_of(client: Client, name: bytes, special_use: str) -> CommandFailed | None:
    try:
        await client.create(name, special_use)
    except CommandFailed as error:
        return error
    return None


def _stands_still(record: FolderRecord, status: Status | None) -> bool:
    """A mod-sequence that is what it was although messages came since (RFC 7162 3.1.2.1 wants it larger)."""
    if status is None or record.source_modseq is None or status.uidvalidity != record.source_uidvalidity:
        return False
    return status.highest_modseq == record.source_modseq and status.uidnext != record.source_uidnext


def _exists_already(refusal: CommandFailed) -> bool:
    """RFC 5530 ALREADYEXISTS, or the words of servers that are older than it."""
    return refusal.status.code == "ALREADYEXISTS" or "exist" in refusal.status.words.lower().replace("does not exist", "").replace(
        "doesn't exist", ""
    )


def _named_words(pair: Pair, name: bytes, why: str) -> Sentence:
    old, new = decode_name(pair.source.name), decode_name(name)
    return _("“%(folder)s” is named “%(new)s” there: %(why)s.", folder=old, new=new, why=why)


def _left_out_words(folder: str, rule: str, count: int, elsewhere: bool) -> Sentence:
    """count: of its messages. elsewhere: they are counted in other folders."""
    if elsewhere:
        return ngettext(
            "“%(folder)s”: %(why)s; %(n)s message, counted there.",
            "“%(folder)s”: %(why)s; %(n)s messages, counted there.",
            count,
            folder=folder,
            why=rule,
        )
    return ngettext(
        "“%(folder)s”: %(why)s; %(n)s message skipped.", "“%(folder)s”: %(why)s; %(n)s messages skipped.", count, folder=folder, why=rule
    )
