"""A source without IMAP, as an operator has it: written in the CSV, checked, moved twice, and copied alone."""

from __future__ import annotations

from collections.abc import Callable

from tests.acceptance.conftest import MASTER, Trasloco, fates, last_run
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot


def fill(server: Dovecot, user: str, seed: str, count: int) -> None:
    with MailboxFiller(server.host, server.port, user, server.password) as filler:
        filler.fill(Letters(seed), count, (("INBOX",),))


def test_a_line_of_the_csv_is_checked_and_moved_by_pop3(
    trasloco: Trasloco, pop3_source: Dovecot, destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    user = fresh_user()
    fill(pop3_source, user, "first", 25)
    where = f"{pop3_source.host}:{pop3_source.pop3_port}"
    rows = [(user, f"pop3://{where}", user, pop3_source.password)]
    told = trasloco.run("check", str(trasloco.csv(rows)), "--tls", "off", "--allow-private-addresses").stdout
    assert "Source: 1 of 1 login works" in told
    assert "asked by POP3, which knows INBOX only" in " ".join(told.split())
    first = last_run(trasloco.migrate(rows, destination))
    assert (first["status"], fates(first)["copied"]) == ("completed", 25)
    assert "POP3" in first["folders"][0]["note"]
    fill(pop3_source, user, "second", 5)
    second = last_run(trasloco.migrate(rows, destination))
    assert (fates(second)["copied"], fates(second)["adopted"]) == (5, 25)
    here = Snapshot.read(pop3_source.host, pop3_source.port, user, pop3_source.password)
    there = Snapshot.read(destination.host, destination.port, f"{user}*{MASTER[0]}", MASTER[1])
    assert (here.total, there.total) == (30, 30)
    # Equal but for the line end that POP3 gives to a message without one.
    assert len(here.digests() - there.digests()) <= 2
    wrong = [(user, f"pop3://{where}", user, "wrong")]
    told = trasloco.run("check", str(trasloco.csv(wrong)), "--tls", "off", "--allow-private-addresses", expect=1).stdout
    assert "could not sign in" in told


def test_one_mailbox_is_copied_by_pop3_without_a_database(
    trasloco: Trasloco, pop3_source: Dovecot, destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    user = fresh_user()
    fill(pop3_source, user, "alone", 8)
    for name, server in (("from", pop3_source), ("to", destination)):
        (trasloco.directory / name).write_text(server.password, "utf-8")
    words = ["copy", "--from", f"pop3://{user}@{pop3_source.host}:{pop3_source.pop3_port}", "--tls", "off"]
    words += ["--to", f"imap://{user}@{destination.host}:{destination.port}"]
    for name in ("from", "to"):
        words += [f"--{name}-password-file", str(trasloco.directory / name)]
    for _ in range(2):  # again: recognised, and nothing twice
        trasloco.run(*words)
        assert Snapshot.read(destination.host, destination.port, user, destination.password).total == 8
