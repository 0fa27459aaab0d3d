"""The corpus and its mutations: each message has a fate, each copied one is byte-identical or listed as repaired."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import Account
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import Ledger, MessageRow
from trasloco.engine.repair import Rung
from trasloco.testing.corpus import CorpusMessage
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail

PLAIN = b"Message-ID: <%d@nasty>\r\nSubject: nasty\r\nFrom: a@x\r\n"


def constructed() -> Iterator[bytes]:
    """One of each kind that the corpus has few of."""
    yield PLAIN % 1 + b"\r\nNUL \0 here\0\r\n"
    yield PLAIN % 2 + b"\r\nbare CR \r here, bare LF \n here\r\n"
    yield PLAIN % 3 + b"\r\n" + b"x" * 100_000 + b"\r\n"
    yield PLAIN % 4 + b"".join(b"X-Header-%d: value\r\n" % n for n in range(5000)) + b"\r\nbody\r\n"
    yield PLAIN % 5 + "X-Raw: Grüße\r\n".encode() + b"\r\nbody\r\n"
    yield PLAIN % 6 + "X-Raw: Grüße\r\n".encode("latin-1") + b"\r\nbody \xe9\r\n"
    yield PLAIN % 7 + nested(40)
    yield PLAIN % 8
    yield PLAIN % 9 + b"\r\n"
    yield b"\r\nno header at all\r\n"
    yield b"neither a header\r\nnor an empty line\r\n"
    yield PLAIN % 10 + b"To: " + b"someone@example.org, " * 10_000 + b"\r\n\r\nlong field\r\n"
    yield b"From someone Mon Jan  1 00:00:00 2001\r\n" + PLAIN % 11 + b"\r\nan mbox line\r\n"
    yield PLAIN % 12 + b"broken line without colon\r\n\r\nbody\r\n"
    yield b"x"


def nested(depth: int) -> bytes:
    head = b"Content-Type: text/plain\r\n\r\ninnermost\r\n"
    for level in range(depth):
        mark = b"b%d" % level
        head = b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n" + head + b"\r\n--" + mark + b"--\r\n"
    return head


def mutations(directory: Path, count: int) -> Iterator[bytes]:
    """Messages of the corpus with a few bytes changed, doubled, or cut out: always the same ones."""
    rng = random.Random("nasty")
    messages = [message.content for message in CorpusMessage.all_of(directory) if 0 < len(message.content) < 60_000]
    for content in rng.sample(messages, count):
        changed = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(changed))
            piece = rng.choice([b"\0", b"\r", b"\n", b"\xff", b":", b"\r\n\r\n", b"=?utf-8?q?", b"\x1b", b"y" * 2000])
            if rng.random() < 0.7:
                changed[place:place] = piece
            else:
                del changed[place : place + rng.randint(1, 40)]
        yield bytes(changed) or b"y"


@pytest.fixture(params=["dovecot_destination", "cyrus"])
def destination_server(request: pytest.FixtureRequest) -> Dovecot | Cyrus:
    server: Dovecot | Cyrus = request.getfixturevalue(request.param)
    return server


async def rows_of(ledger: Ledger) -> list[MessageRow]:
    return [row for folder in await ledger.folders() async for rows in ledger.rows(folder.id) for row in rows]


def test_every_message_has_a_fate_and_every_copy_is_exact_or_listed(
    dovecot_source: Dovecot, destination_server: Dovecot | Cyrus, fresh_user: Callable[[], str], shared: Path
) -> None:
    account = Account(dovecot_source, destination_server, fresh_user())  # type: ignore[arg-type]
    with account.source_filler() as filler:
        mails = [Mail(content, ("\\Seen",)) for content in (*constructed(), *mutations(shared / "corpus", 250))]
        stored = [answer for answer in filler.append_each(("INBOX",), mails) if answer is None]
    assert len(stored) > 250
    outcome = account.run(1)
    assert outcome.failure is None
    assert outcome.tally.source == len(stored)
    rows = asyncio.run(rows_of(account.ledger))
    assert len(rows) == len(stored)

    here, there = account.source()["INBOX"], {entry.uid: entry for entry in account.destination()["INBOX"]}
    originals = {entry.uid: entry for entry in here}
    for row in rows:
        if row.fate is Fate.COPIED and not row.reason:
            assert row.destination_uid is not None
            assert there[row.destination_uid].sha256 == originals[row.source_uid].sha256
        elif row.fate is Fate.COPIED:
            assert any(rung.value in row.reason for rung in Rung)
            assert row.digest is not None
            assert row.digest.hex() == originals[row.source_uid].sha256
        else:
            assert row.fate is Fate.REFUSED
            assert "destination says" in row.reason
    assert len(there) == outcome.tally.copied
    if isinstance(destination_server, Dovecot):
        assert Counter(entry.sha256 for entry in here) == Counter(entry.sha256 for entry in there.values())

    before = account.destination()
    account.run(2)
    assert account.destination() == before
