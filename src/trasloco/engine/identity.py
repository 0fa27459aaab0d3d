"""Which messages of two folders are the same message: for resuming, adopting, and lost UIDs.

Cheap first: a fingerprint of five header fields, the size and the date of arrival. Where that is not unique, or where
certainty is asked for, the bytes of both sides are read and compared by digest. Pairs are made
one to one, so true duplicates keep their count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from trasloco.engine.account import Side
from trasloco.engine.classify import blame
from trasloco.engine.digest import Digester, Digests
from trasloco.engine.failure import Scope
from trasloco.engine.fingerprints import FIELDS, Fingerprints, common
from trasloco.engine.isolation import isolate
from trasloco.imap import dates
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


async def fingerprints(place: Place, uids: Iterable[int], refused: Refusals | None = None) -> Fingerprints:
    """One FETCH of a few header fields for each of ``uids``; those that are gone are missing.

    refused: takes the messages that the server will not show; without it one of them is the folder's failure.
    """
    found = Fingerprints()

    async def read(part: Iterable[int]) -> None:
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
            refused |= await isolate(list(uids), read, found)
    return found


async def pair(
    source: Place,
    destination: Place,
    source_uids: Iterable[int],
    destination_uids: Iterable[int],
    *,
    certain: bool,
    refused: Refusals | None = None,
) -> dict[int, int]:
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
        # Only what shares a fingerprint with something on the other side is read back.
        our_digests = await digests(source, [uid for group, _, _ in unsure for uid in group], refused)
        their_digests = await digests(destination, [uid for _, group, _ in unsure for uid in group])
        for our_group, their_group, named in unsure:
            pairs |= match(our_group, their_group, our_digests, their_digests, named=named)
    return pairs


async def digests(place: Place, uids: Sequence[int], refused: Refusals | None = None) -> dict[int, Digests]:
    """Read these messages once and take their digests; those that are gone are missing. refused: as in ``fingerprints``."""
    result: dict[int, Digests] = {}

    async def read(part: Sequence[int]) -> None:
        stream = place.client.bodies(part)
        async for body in stream:
            digester = Digester()
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
    makes it the same mail) what is equal but for headers that a tool or a delivery added.
    In order of UID, each at most once."""
    pairs: dict[int, int] = {}
    for part in ("whole", "body") if named else ("whole",):
        waiting: defaultdict[bytes, list[int]] = defaultdict(list)
        taken = set(pairs.values())
        for uid in sorted(theirs, reverse=True):
            if uid not in taken and uid in their_digests:
                waiting[getattr(their_digests[uid], part)].append(uid)
        for uid in sorted(ours):
            if uid not in pairs and uid in our_digests:
                candidates = waiting.get(getattr(our_digests[uid], part))
                if candidates:
                    pairs[uid] = candidates.pop()
    return pairs


def _by_fingerprint(
    ours: Fingerprints, theirs: Fingerprints, certain: bool
) -> tuple[dict[int, int], list[tuple[list[int], list[int], bool]]]:
    """(pairs that are sure already, groups whose bytes must be compared: ours, theirs, named)."""
    pairs: dict[int, int] = {}
    unsure: list[tuple[list[int], list[int], bool]] = []
    for our_group, their_group in common(ours, theirs):
        named = ours.named(our_group[0])
        unique = len(our_group) == 1 and len(their_group) == 1
        if unique and named and not certain and ours.alike(our_group[0], theirs, their_group[0]):
            pairs[ours.uids[our_group[0]]] = theirs.uids[their_group[0]]
        else:
            unsure.append(([ours.uids[position] for position in our_group], [theirs.uids[position] for position in their_group], named))
    return pairs, unsure
