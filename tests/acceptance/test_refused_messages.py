"""A message the destination refuses: mended on the rung its refusal needs, or parked; listed either way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.acceptance.conftest import Trasloco, last_run
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot

GOOD = b"Message-ID: <good-%d@x>\r\nSubject: good\r\n\r\nbody\r\n"
BROKEN_HEADER = b"Subject: broken\r\nthis is no field\r\nFrom: a@x\r\n\r\nbody\r\n"


@pytest.fixture(scope="module")
def cyrus() -> Iterator[Cyrus]:
    with Cyrus() as server:
        yield server


def migrate_words(trasloco: Trasloco, rows: Sequence[tuple[str, ...]], cyrus: Cyrus, *words: str) -> list[str]:
    """Cyrus's administrator opens each mailbox by authorization identity."""
    secret = trasloco.directory / "admin"
    secret.write_text(cyrus.master[1] + "\n", "utf-8")
    login = ["--destination", f"imap://{cyrus.host}:{cyrus.port}", "--destination-master", cyrus.master[0]]
    password = ["--destination-master-password-file", str(secret)]
    rest = ["--tls", "off", "--allow-private-addresses", "--report", str(trasloco.directory / "report.json")]
    return ["migrate", str(trasloco.csv(rows)), *login, *password, *rest, *words]


def test_one_is_mended_and_the_rest_goes_on(trasloco: Trasloco, source: Dovecot, cyrus: Cyrus) -> None:
    login = "refused@old.example"
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        mails = [Mail(GOOD % number) for number in range(40)]
        filler.append(("INBOX",), [*mails[:20], Mail(BROKEN_HEADER), *mails[20:]])
    rows = [(login, f"{source.host}:{source.port}", login, source.password)]
    trasloco.run(*migrate_words(trasloco, rows, cyrus))
    run = last_run(trasloco.report)
    assert run["messages"]["copied"] == 41
    (mended,) = next(folder["exceptions"] for folder in run["folders"] if folder["source"] == "INBOX")
    assert mended["fate"] == "copied"
    assert mended["reason"].startswith("repaired (headers) after the destination said “NO Message contains invalid header”")
    there = Snapshot.read(cyrus.host, cyrus.port, login, cyrus.password)
    assert len(there["INBOX"]) == 41
    trasloco.run(*migrate_words(trasloco, rows, cyrus))
    assert last_run(trasloco.report)["messages"]["adopted"] == 41
    assert Snapshot.read(cyrus.host, cyrus.port, login, cyrus.password) == there


def test_what_is_not_mended_is_parked_and_can_be_written_to_a_file(trasloco: Trasloco, source: Dovecot, cyrus: Cyrus) -> None:
    login = "parked@old.example"
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.append(("INBOX",), [Mail(GOOD % 1), Mail(BROKEN_HEADER), Mail(GOOD % 2)])
    rows = [(login, f"{source.host}:{source.port}", login, source.password)]
    trasloco.run(*migrate_words(trasloco, rows, cyrus, "--no-repair"), expect=1)
    run = last_run(trasloco.report)
    assert run["status"] == "completed_with_errors"
    assert (run["messages"]["copied"], run["messages"]["refused"]) == (2, 1)
    code = trasloco.report["migration"]
    (parked,) = next(folder["exceptions"] for folder in run["folders"] if folder["source"] == "INBOX")
    assert f"trasloco parked {code}" in parked["reason"]
    directory = trasloco.directory / "parked"
    trasloco.run("parked", code, "--output", str(directory))
    (file,) = directory.rglob("*.eml")
    assert file.read_bytes() == BROKEN_HEADER


def test_nothing_parked_is_said(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    login = "unparked@old.example"
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.append(("INBOX",), [Mail(GOOD % 1)])
    report = trasloco.migrate([(login, f"{source.host}:{source.port}", login, source.password)], destination)
    done = trasloco.run("parked", report["migration"], "--output", str(Path(trasloco.directory) / "none"))
    assert "Nothing is parked" in done.stdout
    assert trasloco.run("parked", "nonesuch", expect=2)


def test_a_copy_without_a_database_finds_its_repaired_messages_again(trasloco: Trasloco, source: Dovecot, cyrus: Cyrus) -> None:
    login = "copied-twice"
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.append(("INBOX",), [Mail(GOOD % 1), Mail(BROKEN_HEADER), Mail(BROKEN_HEADER), Mail(GOOD % 2)])
    words = ["copy"]
    for word, server in (("from", source), ("to", cyrus)):
        secret = trasloco.directory / word
        secret.write_text(server.password + "\n", "utf-8")
        words += [f"--{word}", f"imap://{login}@{server.host}:{server.port}", f"--{word}-password-file", str(secret)]
    words += ["--tls", "off", "--report", str(trasloco.directory / "report.json")]
    for copied, adopted in ((4, 0), (0, 4)):
        trasloco.run(*words)
        messages = last_run(trasloco.report)["messages"]
        assert (messages["copied"], messages["adopted"], messages["refused"]) == (copied, adopted, 0)
        assert len(Snapshot.read(cyrus.host, cyrus.port, login, cyrus.password)["INBOX"]) == 4
