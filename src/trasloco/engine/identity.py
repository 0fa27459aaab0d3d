"""Which messages of two folders are the same message: for resuming, adopting, and lost UIDs.

Cheap first: a fingerprint of five header fields, the size and the date of arrival. Where that is not unique, or where
certainty is asked for, the bytes of both sides are read and compared by digest. Pairs are made
one to one, so true duplicates keep their count.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from trasloco.engine.account import Side
from trasloco.engine.classify import blame
from trasloco.engine.digest import Digester, Digests
from trasloco.engine.failure import Scope
from trasloco.engine.isolation import isolate
from trasloco.imap import dates
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed

_FIELDS = b"HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)"
_ITEMS = ("UID", "RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[{_FIELDS.decode()}]")

Refusals: TypeAlias = dict[int, CommandFailed]
"""UIDs that a server refused to show, each by itself, and its answers."""

# So many bodies are read back by one command.
_READ_BACK = 500


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """uid; size as the server says; key: hash of the header fields; named: has a Message-ID; date: INTERNALDATE
    in seconds, None when it cannot be read."""

    uid: int
    size: int
    key: bytes
    named: bool
    date: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A signed-in client with one folder selected, and the side to blame."""

    side: Side
    client: Client
    folder: str


async def fingerprints(place: Place, uids: Iterable[int], refused: Refusals | None = None) -> list[Fingerprint]:
    """One FETCH of a few header fields for each of ``uids``; those that are gone are missing.

    refused: takes the messages that the server will not show; without it one of them is the folder's failure.
    """
    found: dict[int, Fingerprint] = {}

    async def read(part: Iterable[int]) -> None:
        async for item in place.client.fetch(part, _ITEMS):
            header = next(iter(item.sections.values()), None)
            if item.uid is None or (item.size is None and header is None):
                continue  # flags another client changed meanwhile
            key, named = header_key(header or b"")
            date = dates.parse(item.internal_date) if item.internal_date else None
            found[item.uid] = Fingerprint(item.uid, item.size or 0, key, named, date.epoch if date is not None else None)

    with blame(place.side, "reading headers", place.folder, Scope.FOLDER):
        if refused is None:
            await read(uids)
        else:
            refused |= await isolate(list(uids), read, found)
    return list(found.values())


def header_key(header: bytes) -> tuple[bytes, bool]:
    """(hash of the fields whatever their folding, order and case of names; whether Message-ID is there)."""
    unfolded = header.replace(b"\r", b"").replace(b"\n ", b" ").replace(b"\n\t", b" ")
    lines, named = [], False
    for line in unfolded.split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            name = name.strip().lower()
            named = named or (name == b"message-id" and bool(value.strip()))
            lines.append(name + b":" + b" ".join(value.split()))
    return hashlib.blake2b(b"\n".join(sorted(lines)), digest_size=16).digest(), named


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
    if not theirs:
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
    ours: Sequence[Fingerprint], theirs: Sequence[Fingerprint], certain: bool
) -> tuple[dict[int, int], list[tuple[list[int], list[int], bool]]]:
    """(pairs that are sure already, groups whose bytes must be compared: ours, theirs, named)."""
    our_groups, their_groups = _grouped(ours), _grouped(theirs)
    pairs: dict[int, int] = {}
    unsure: list[tuple[list[int], list[int], bool]] = []
    for key, our_group in our_groups.items():
        their_group = their_groups.get(key)
        if their_group is None:
            continue
        one, other = our_group[0], their_group[0]
        unique = len(our_group) == 1 and len(their_group) == 1
        # The date of arrival tells the draft that was saved again, or the mail that was sent again, from the first one.
        alike = one.size == other.size and one.date == other.date is not None
        if unique and one.named and alike and not certain:
            pairs[one.uid] = other.uid
        else:
            unsure.append(([item.uid for item in our_group], [item.uid for item in their_group], one.named))
    return pairs, unsure


def _grouped(items: Sequence[Fingerprint]) -> dict[bytes, list[Fingerprint]]:
    groups: dict[bytes, list[Fingerprint]] = {}
    for item in items:
        groups.setdefault(item.key, []).append(item)
    return groups
