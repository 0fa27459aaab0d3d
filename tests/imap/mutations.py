"""Mutated server output against the protocol: nothing but ImapError, no hang, no growth.

    python -m tests.imap.mutations [COUNT] [SEED]

Each input is a stream of known responses with bytes, tokens or pieces changed, cut into random
chunks and given to a protocol with every kind of command waiting. COUNT is 1,000,000 by default.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path

from trasloco.imap import responses
from trasloco.imap.commands import Command, Literal
from trasloco.imap.errors import ConnectionLost, ImapError
from trasloco.imap.exchange import Exchange
from trasloco.imap.limits import Limits
from trasloco.imap.protocol import Protocol
from trasloco.imap.responses import Response
from trasloco.imap.values import Fetched, Namespaces, StatusText

_VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "imap-codec"
_SCRIPTS = Path(__file__).parent / "scripts"
_TOKENS = (
    b"(", b")", b"[", b"]", b"{", b"}", b'"', b"\\", b" ", b"\r\n", b"\n", b"\r", b"\0", b"NIL", b"{0}\r\n", b"{5}\r\n", b"~{3}\r\n",
    b"{4294967296}\r\n", b"{99999999999999999999}\r\n", b"* ", b"+ ", b"t1 OK ", b"t2 NO ", b"t3 BAD ", b"* BYE ", b"FETCH", b"UID",
    b"BODY[]", b"FLAGS", b"1:4294967295", b"4294967296", b"18446744073709551616", b"\xff", b"\xc3\xa9", b"&", b"*", b"%", b"((((((((",
    b"* 1 FETCH (UID 1 BODY[] ", b"* LIST () ", b"* SEARCH", b"* ESEARCH (TAG ", b"COPYUID", b"APPENDUID", b"]" * 8,
)  # fmt: skip
_LIMITS = Limits(line=2000, numbers=4000, literal=2000, depth=20, entries=1000)


class _Sink:
    """A body handler that checks the order of its calls."""

    def __init__(self) -> None:
        self.left = -1

    def begin(self, sequence: int, uid: int | None, size: int) -> None:
        assert self.left <= 0
        self.left = size

    def data(self, chunk: bytes) -> None:
        assert 0 < len(chunk) <= self.left
        self.left -= len(chunk)

    def end(self, uid: int | None) -> None:
        assert self.left == 0

    def broken(self, words: str) -> None:
        assert self.left == 0


def seeds() -> list[bytes]:
    """Responses to begin with: those of the scripts and, where they are at hand, of the vectors."""
    found = [
        line[3:].encode() + b"\r\n"
        for file in sorted(_SCRIPTS.glob("*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("S: ")
    ]
    for name in ("wire_literals", "rfc_traces"):
        file = _VECTORS / f"{name}.jsonl"
        if file.exists():
            cases = map(json.loads, file.read_text(encoding="utf-8").splitlines())
            found += [b64decode(case["b64"]) for case in cases if case["side"] == "S"]
    return found


def mutate(chance: random.Random, material: Sequence[bytes]) -> bytes:
    """A stream of one to four responses with one to six changes."""
    data = bytearray(b"".join(chance.choice(material) for _ in range(chance.randint(1, 4))))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        action = chance.randrange(6)
        if action == 0:
            data[at:at] = chance.choice(_TOKENS)
        elif action == 1:
            del data[at : at + chance.randint(1, 8)]
        elif action == 2 and at < len(data):
            data[at] = chance.randrange(256)
        elif action == 3:
            data[at : at + chance.randint(0, 4)] = chance.choice(_TOKENS)
        elif action == 4:
            end = min(len(data), at + chance.randint(1, 40))
            data[at:at] = data[at:end] * chance.randint(1, 3)
        else:
            data[at:at] = chance.choice(material)[: chance.randint(1, 60)]
    return bytes(data)


def run_one(chance: random.Random, data: bytes) -> bool:
    """Give one stream to one protocol; whether it was followed to its end. Raises what must not be."""
    ended: list[tuple[StatusText | None, ImapError | None]] = []
    seen: list[Response] = []
    protocol = Protocol(_LIMITS, lambda status: None, seen.append)
    protocol.receive_data(b"* PREAUTH [CAPABILITY IMAP4rev1%s] hello\r\n" % chance.choice((b"", b" LITERAL+", b" LITERAL-")))
    kinds: tuple[type, ...] = (
        responses.Listed, responses.MailboxStatus, responses.SearchHits, responses.UntaggedStatus, responses.Exists, Namespaces,
        responses.ServerId, responses.QuotaUsage, responses.FlagList, responses.Enabled, Fetched,
    )  # fmt: skip

    def done(status: StatusText | None, error: ImapError | None) -> None:
        ended.append((status, error))

    count = 0
    for body in (None, _Sink(), None):
        command = Command(b"X").string(b"a\r\nb") if chance.random() < 0.3 else Command(b"X")
        accepts = (Fetched,) if body is not None else kinds
        exchange = Exchange("X", command.pieces, done, accepts=accepts, on_data=seen.append, body=body, whole=body is not None)
        protocol.send(exchange)
        count += 1
    if chance.random() < 0.3:
        pieces: list[bytes | Literal] = [b"AUTHENTICATE PLAIN"]
        protocol.send(Exchange("AUTHENTICATE", pieces, done, on_continue=lambda text: text[:10]))
        count += 1
    followed = True
    position = 0
    try:
        while position < len(data):
            step = chance.choice((1, 2, 7, 64, 100_000))
            protocol.receive_data(data[position : position + step])
            protocol.data_to_send()
            position += step
    except ImapError:
        followed = False
    protocol.fail(lambda doing: ConnectionLost(doing))
    assert len(ended) == count, "every command ends exactly once"
    assert sum(map(len, protocol.data_to_send())) == 0
    return followed


def run(count: int, seed: int) -> int:
    """How many of ``count`` streams were followed to their end."""
    chance = random.Random(seed)
    material = seeds()
    followed = 0
    for _ in range(count):
        data = mutate(chance, material)
        try:
            followed += run_one(chance, data)
        except BaseException:
            sys.stderr.write(f"seed {seed}, stream {data!r}\n")
            raise
    return followed


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    portion = max(1, count // 20)
    run(min(portion, 5000), seed - 1)  # warm the caches, then measure growth
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    followed = sum(run(portion, seed + part) for part in range(20))
    seconds = time.perf_counter() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(f"{portion * 20} streams in {seconds:.0f} s, {followed} followed to their end, memory grew by {grown} KiB\n")


if __name__ == "__main__":
    main()
