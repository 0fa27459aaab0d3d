"""The floor: the fastest relay we could write that still knows what it does.

It trusts both servers to be Dovecots, keeps no ledger, checks nothing and starts anew after any trouble. What
it may not give up is what every relay needs: it lists a folder's messages before it asks for them, and makes a
folder before it writes into it. Fetches go ahead of appends, literals pass as they come, up to 500 messages
or 8 MiB share a MULTIAPPEND with LITERAL+, and answers are read at the end. ``connections`` share the folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.ends import Ends
from bench.programs.plain_wire import BODY, ITEM, LISTED, STATUS, PlainWire
from bench.programs.readiness import arguments, done, wait_for_the_word

_MESSAGES = 500
_BYTES = 8 * 1024 * 1024


@dataclass
class Folder:
    name: bytes  # as on the wire, quotes and all
    messages: int
    subscribed: bool


def main() -> None:
    task = arguments()
    accounts = [Ends.of_json(ends) for ends in task["accounts"]]
    wait_for_the_word()
    with ThreadPoolExecutor(task["at_once"]) as pool:
        list(pool.map(lambda ends: copy(ends, task["connections"], nothing_new=task["nothing_new"]), accounts))
    done()


def copy(ends: Ends, connections: int, *, nothing_new: bool) -> None:
    with ThreadPoolExecutor(2 * connections) as pool:
        here = [pool.submit(PlainWire, ends.source) for _ in range(connections)]
        there = [pool.submit(PlainWire, ends.destination) for _ in range(connections)]
        pairs = [(one.result(), other.result()) for one, other in zip(here, there, strict=True)]
        source, destination = pairs[0]
        theirs = pool.submit(listing, destination)
        folders = listing(source)
        known = {folder.name: folder.messages for folder in theirs.result()}
        if nothing_new:
            assert all(known[folder.name] == folder.messages for folder in folders)
            return
        tags = [destination.start(b"CREATE " + folder.name + b"\r\n") for folder in folders if folder.name not in known]
        tags += [destination.start(b"SUBSCRIBE " + folder.name + b"\r\n") for folder in folders if folder.subscribed]
        for tag in tags:
            destination.until(tag)
        jobs = [pool.submit(carry, *pair, share) for pair, share in zip(pairs, _shares(folders, connections), strict=True)]
        for job in jobs:
            job.result()


def listing(wire: PlainWire) -> list[Folder]:
    """One LIST with counts. Folders that cannot be opened are left out: none of the corpora has any."""
    counts: dict[bytes, int] = {}
    names: list[tuple[bytes, bool]] = []
    for line in wire.command(b'LIST "" "*" RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))'):
        if listed := LISTED.match(line):
            if b"\\Noselect" not in listed[1]:
                names.append((listed[2], b"\\Subscribed" in listed[1]))
        elif status := STATUS.match(line):
            counts[status[1]] = int(status[2])
    return [Folder(name, counts[name], subscribed) for name, subscribed in names]


def _shares(folders: Sequence[Folder], connections: int) -> list[list[Folder]]:
    """The largest folder first, each to the connection that has the least to do."""
    shares: list[list[Folder]] = [[] for _ in range(connections)]
    for folder in sorted(folders, key=lambda folder: -folder.messages):
        if folder.messages:
            min(shares, key=lambda share: sum(each.messages + 20 for each in share)).append(folder)
    return shares


def carry(source: PlainWire, destination: PlainWire, folders: Sequence[Folder]) -> None:
    waiting: list[bytes] = []
    for folder in folders:
        examined = source.start(b"EXAMINE " + folder.name + b"\r\n")
        listed = source.start(b"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)\r\n")
        source.until(examined)
        items = {m[1]: (m[2], m[3]) for line in source.until(listed) if (m := ITEM.search(line))}
        tag = source.start(b"UID FETCH 1:* (UID BODY.PEEK[])\r\n")
        source.flush()
        held, size = 0, 0
        while not (line := source.line()).startswith(tag):
            body = BODY.match(line)
            if body is None:
                continue
            length = int(body[2])
            if held and (held >= _MESSAGES or size + length > _BYTES):
                destination.send(b"\r\n")
                held, size = 0, 0
            if not held:
                waiting.append(destination.start(b"APPEND " + folder.name))
            flags, date = items[body[1]]
            destination.send(b" (" + flags.replace(b"\\Recent", b"") + b") " + date + b" {%d+}\r\n" % length)
            source.hand_on(length, destination)
            held, size = held + 1, size + length
        if held:
            destination.send(b"\r\n")
    for each in waiting:
        destination.until(each)


if __name__ == "__main__":
    main()
