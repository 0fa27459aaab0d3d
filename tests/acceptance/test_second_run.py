"""A second run brings what is new, applies what changed, and nothing else."""

from __future__ import annotations

from tests.acceptance.conftest import MASTER, Trasloco, fates, last_run
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot


def test_nothing_new_changes_nothing_and_what_is_new_is_all_that_comes(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    login = "second-run@old.example"
    rows = [(login, f"{source.host}:{source.port}", login, source.password)]
    letters = Letters("second run")
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.fill(letters, 400)

    first = last_run(trasloco.migrate(rows, destination))
    assert fates(first) == {"source": 400, "copied": 400}
    after_first = _read(destination, login)
    assert after_first.messages() == _read(source, login).messages()

    second = last_run(trasloco.migrate(rows, destination, "--runs", "2"))
    assert second["number"] == 2
    assert fates(second) == {"source": 400, "adopted": 400}
    assert second["flags_changed"] == 0
    assert _read(destination, login) == after_first

    flags_before = {entry.uid: entry.flags for entry in _read(source, login)["INBOX"]}
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.append(("INBOX",), [Mail(letter.content, ("\\Seen",), letter.date) for letter in letters.take(30)])
        inbox = [entry.uid for entry in _read(source, login)["INBOX"]][:60]
        filler.store(("INBOX",), inbox[:40], "+FLAGS", "\\Flagged", "$Changed")
        filler.store(("INBOX",), inbox[40:], "-FLAGS", "\\Seen", "\\Answered")
    before = _read(source, login)
    changed = sum(flags_before.get(entry.uid, entry.flags) != entry.flags for entry in before["INBOX"])
    assert changed > 40
    third = last_run(trasloco.migrate(rows, destination))
    assert third["number"] == 3
    assert third["messages"]["copied"] == 30
    assert third["messages"]["source"] == 430
    assert third["flags_changed"] == changed
    assert _read(destination, login).messages() == before.messages()


def _read(server: Dovecot, login: str) -> Snapshot:
    if server.master:
        return Snapshot.read(server.host, server.port, f"{login}*{MASTER[0]}", MASTER[1])
    return Snapshot.read(server.host, server.port, login, server.password)
