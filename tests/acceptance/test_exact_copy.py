"""Every message of the corpus, byte for byte, with everything that belongs to it, onto Dovecot and onto Cyrus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, last_run
from trasloco.testing.corpus import CorpusMessage
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Entry, Snapshot

FLAGS = (
    (),
    ("\\Seen",),
    ("\\Answered", "\\Seen"),
    ("\\Flagged",),
    ("\\Draft",),
    ("$Forwarded", "\\Seen"),
    ("Work", "$Label1"),
    ("\\Deleted",),
)

NAMES: tuple[tuple[str, ...], ...] = (
    ("Tom & Jerry",),
    ("&",),
    ("&AOk-",),
    ('Say "cheese"',),
    ("Back\\slash",),
    ("dotted.name",),
    ("Smile 😀 non-BMP 𝔘",),
    ("Ünïcödé", "日本語", "Дела"),
    (" leading and trailing ",),
    ("per%cent", "st*ar"),
    ("a~tilde",),
    ("#hash",),
    ("a'b",),
    ("paren(th)esis{brace}",),
    ("inbox-like",),
    ("INBOX", "below inbox"),
)


@pytest.fixture(scope="module")
def nasty() -> Iterator[Dovecot]:
    """A source that can hold any name: slashes between levels, no character special."""
    with Dovecot(layout="fs", separator="/", special_use={"Gesendet": "\\Sent", "Entwürfe": "\\Drafts", "Papierkorb": "\\Trash"}) as server:
        yield server


@pytest.fixture(scope="module")
def cyrus() -> Iterator[Cyrus]:
    with Cyrus() as server:
        yield server


def corpus_mail(directory: Path) -> Iterator[Mail]:
    """Each message as it is and with CRLF, with flags and dates that go round."""
    start = datetime(1998, 3, 29, 0, 59, 58, tzinfo=UTC)
    number = 0
    for message in CorpusMessage.all_of(directory):
        for content in dict.fromkeys((message.content, message.crlf)):
            yield Mail(content, FLAGS[number % len(FLAGS)], start + timedelta(hours=5 * number, seconds=number))
            number += 1


def fill(server: Dovecot, login: str, shared: Path) -> int:
    """The corpus into the INBOX as far as the server takes it, and a few mails into every nasty folder."""
    with MailboxFiller(server.host, server.port, login, server.password) as filler:
        answers = filler.append_each(("INBOX",), corpus_mail(shared / "corpus"))
        for number, path in enumerate((*NAMES, ("Gesendet",), ("Entwürfe",))):
            filler.create(path, subscribe=number % 2 == 0)
            filler.append(path, [Mail(b"Subject: in a folder\r\n\r\n%d\r\n" % number, ("\\Seen",), datetime(2001, 2, 3, tzinfo=UTC))])
        filler.create(("Empty",))
        filler.append(("Papierkorb",), [Mail(b"Subject: rubbish\r\n\r\n", (), None)])
        return sum(answer is None for answer in answers)


def test_the_corpus_arrives_byte_for_byte_on_dovecot(trasloco: Trasloco, nasty: Dovecot, shared: Path) -> None:
    login = "corpus-dovecot"
    stored = fill(nasty, login, shared)
    assert stored > 1400
    with Dovecot(layout="fs", separator="/", master=MASTER) as destination:
        rows = [(f"{login}@new.example", f"{nasty.host}:{nasty.port}", login, nasty.password)]
        run = last_run(trasloco.migrate(rows, destination))
        here = Snapshot.read(nasty.host, nasty.port, login, nasty.password)
        there = Snapshot.read(destination.host, destination.port, f"{login}@new.example*{MASTER[0]}", MASTER[1])
        _compare(here, there, run)
        assert there.subscribed >= {path for path in here.subscribed if path in here.folders} - {("Papierkorb",)}
        # The same server on both ends keeps every name as it is.
        assert {folder["source"] for folder in run["folders"] if folder["source"] != folder["destination"]} == {"Papierkorb"}


def test_the_corpus_arrives_byte_for_byte_on_cyrus(trasloco: Trasloco, nasty: Dovecot, cyrus: Cyrus, shared: Path) -> None:
    login = "corpus-cyrus"
    fill(nasty, login, shared)
    secrets = {}
    for name, password in (("from", nasty.password), ("to", cyrus.password)):
        secrets[name] = trasloco.directory / name
        secrets[name].write_text(password + "\n", "utf-8")
    done = trasloco.run(
        "copy",
        *("--from", f"imap://{login}@{nasty.host}:{nasty.port}", "--from-password-file", str(secrets["from"])),
        *("--to", f"imap://{login}@{cyrus.host}:{cyrus.port}", "--to-password-file", str(secrets["to"])),
        *("--tls", "off", "--report", str(trasloco.directory / "report.json")),
        expect=None,
    )
    assert done.returncode in (0, 1)
    run = last_run(trasloco.report)
    here = Snapshot.read(nasty.host, nasty.port, login, nasty.password)
    there = Snapshot.read(cyrus.host, cyrus.port, login, cyrus.password)
    _compare(here, there, run)
    refused = run["messages"]["refused"]
    assert run["messages"]["copied"] + refused + run["messages"]["skipped"] == here.total
    assert refused <= 5, "Cyrus takes what Dovecot has normalised, but for a handful"


def _compare(here: Snapshot, there: Snapshot, run: dict[str, Any]) -> None:
    """Folder by folder as the report maps them: contents, flags, dates."""
    names = {folder["source"]: folder for folder in run["folders"]}
    for path, entries in here.folders.items():
        folder = names["/".join(path)]
        if not folder["destination"]:
            assert folder["messages"]["skipped"] == len(entries)
            continue
        found = there.folders[tuple(folder["destination"].split("/"))]
        missing, surplus = _multiset(entries) - _multiset(found), _multiset(found) - _multiset(entries)
        listed = Counter(item["fate"] for item in folder.get("exceptions", ()))
        # What is not there as it was is listed: refused, or repaired with the rung and the server's words.
        assert missing.total() == listed["refused"] + listed["copied"], folder
        assert surplus.total() == listed["copied"], folder
        assert listed["refused"] == folder["messages"]["refused"]
        for item in folder.get("exceptions", ()):
            assert "the destination said “NO" in item["reason"] or "the destination says “NO" in item["reason"]


def _multiset(entries: list[Entry]) -> Counter[tuple[str, int, frozenset[str], int]]:
    return Counter((entry.sha256, entry.size, entry.flags, entry.epoch) for entry in entries)
