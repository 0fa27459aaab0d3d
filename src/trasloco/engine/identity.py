"""Which messages of two folders are the same message: for resuming, adopting, and lost UIDs.

Cheap first: a fingerprint of five header fields, the size and the date of arrival. Where that is not unique, or where
certainty is asked for, the bytes of both sides are read and compared by digest. Pairs are made
one to one, so true duplicates keep their count. A server that makes messages anew at each fetch never gives the
same bytes twice: there the text decides, and at last, for a message with a Message-ID, that it arrived at the same second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from trasloco.engine.account import Side
from trasloco.engine.classify import blame
from trasloco.engine.digest import Digester, Digests
from trasloco.engine.failure import Scope
from trasloco.engine.fingerprints import FIELDS, Fingerprints, common
from trasloco.engine.isolation import isolate
from trasloco.engine.uid_map import UidMap
from trasloco.imap import dates, quirks
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed

_ITEMS = ("UID", "RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[{FIELDS.decode()}]")

Refusals: TypeAlias = dict[int, CommandFailed]
"""UIDs that a server refused to show, each by itself, and its answers."""

# So many bodies are read back by one command.
_READ_BACK = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A signed-in client with one folder selected, and the side to blame."""

    side: Side
    client: Client
    folder: str


async def fingerprints(place: Place, uids: Collection[int], refused: Refusals | None = None) -> Fingerprints:
    """One FETCH of a few header fields for each of ``uids``; those that are gone are missing.

    refused: takes the messages that the server will not show; without it one of them is the folder's failure.
    """
    found = Fingerprints()

    async def read(part: Collection[int]) -> None:
        async for item in place.client.fetch(part, _ITEMS):
            header = next(iter(item.sections.values()), None)
            if item.uid is None or (item.size is None and header is None):
                continue  # flags another client changed meanwhile
            date = dates.parse(item.internal_date) if item.internal_date else None
            found.add(item.uid, item.size or 0, header or b"", date.epoch if date is not None else None)

    with blame(place.side, "reading headers", place.folder, Scope.FOLDER):
        if refused is None:
            await read(uids)
        else:
            refused |= await isolate(uids, read, found)
    return found


async def pair(
    source: Place,
    destination: Place,
    source_uids: Collection[int],
    destination_uids: Collection[int],
    *,
    certain: bool,
    refused: Refusals | None = None,
) -> MutableMapping[int, int]:
    """{source UID: destination UID} of messages that are the same; each UID at most once.

    certain: never believe a fingerprint, always compare the bytes. refused: takes the source's messages that
    it will not show: whether they are on the destination is not known. Raises TransferError.
    """
    theirs = await fingerprints(destination, destination_uids)
    if not len(theirs):
        return {}
    ours = await fingerprints(source, source_uids, refused)
    pairs, unsure = _by_fingerprint(ours, theirs, certain)
    if unsure:
        anew = made_anew(source) or made_anew(destination)
        # Only what shares a fingerprint with something on the other side is read back.
        our_digests = await digests(source, [ours.uids[each] for group, _ in unsure for each in group], refused, text=anew)
        their_digests = await digests(destination, [theirs.uids[each] for _, group in unsure for each in group], text=anew)
        for our_group, their_group in unsure:
            our_uids, their_uids = [ours.uids[each] for each in our_group], [theirs.uids[each] for each in their_group]
            named = ours.named(our_group[0])
            found = match(our_uids, their_uids, our_digests, their_digests, named=named)
            if anew and named and not found and len(our_group) == len(their_group) == 1:
                found = _of_one_moment(ours, our_group[0], theirs, their_group[0])
            pairs.update(found)
    return pairs


def made_anew(place: Place) -> bool:
    """Whether this server never gives the same bytes of a message twice."""
    return quirks.MADE_ANEW.name in place.client.quirks


def _of_one_moment(ours: Fingerprints, position: int, theirs: Fingerprints, there: int) -> dict[int, int]:
    """The only two messages of one Message-ID, if they arrived at the same second: we bring messages with their date."""
    return {ours.uids[position]: theirs.uids[there]} if ours.same_date(position, theirs, there) else {}


async def digests(place: Place, uids: Sequence[int], refused: Refusals | None = None, *, text: bool = False) -> dict[int, Digests]:
    """Read these messages once and take their digests; those that are gone are missing. refused: as in ``fingerprints``.
    text: as of ``Digester``."""
    result: dict[int, Digests] = {}

    async def read(part: Collection[int]) -> None:
        stream = place.client.bodies(part)
        async for body in stream:
            digester = Digester(text=text)
            async for chunk in body:
                digester.update(chunk)
            if body.uid is not None:
                result[body.uid] = digester.result()
        await stream.finish()

    with blame(place.side, "reading messages back", place.folder, Scope.FOLDER):
        for start in range(0, len(uids), _READ_BACK):
            part = uids[start : start + _READ_BACK]
            if refused is None:
                await read(part)
            else:
                refused |= await isolate(part, read, result)
    return result


def match(
    ours: Sequence[int], theirs: Sequence[int], our_digests: Mapping[int, Digests], their_digests: Mapping[int, Digests], *, named: bool
) -> dict[int, int]:
    """Pair within one group: first what is equal as a whole, then (only with a Message-ID, which
    makes it the same mail) what is equal but for headers that a tool or a delivery added, then what is equal but
    for boundaries, where that was looked at. In order of UID, each at most once."""
    pairs: dict[int, int] = {}
    for part in ("whole", "body", "text") if named else ("whole", "text"):
        waiting: defaultdict[bytes, list[int]] = defaultdict(list)
        taken = set(pairs.values())
        for uid in sorted(theirs, reverse=True):
            if uid not in taken and uid in their_digests and getattr(their_digests[uid], part):
                waiting[getattr(their_digests[uid], part)].append(uid)
        for uid in sorted(ours):
            if uid not in pairs and uid in our_digests:
                candidates = waiting.get(getattr(our_digests[uid], part))
                if candidates:
                    pairs[uid] = candidates.pop()
    return pairs


def _by_fingerprint(ours: Fingerprints, theirs: Fingerprints, certain: bool) -> tuple[UidMap, list[tuple[list[int], list[int]]]]:
    """(pairs of UIDs that are sure already, groups of positions whose bytes must be compared)."""
    pairs = UidMap(ours.uids)
    unsure: list[tuple[list[int], list[int]]] = []
    for our_group, their_group in common(ours, theirs):
        named = ours.named(our_group[0])
        unique = len(our_group) == 1 and len(their_group) == 1
        if unique and named and not certain and ours.alike(our_group[0], theirs, their_group[0]):
            pairs[ours.uids[our_group[0]]] = theirs.uids[their_group[0]]
        else:
            unsure.append((our_group, their_group))
    return pairs, unsure
