"""A wrong master password is tried for a few accounts, not for all of them."""

from __future__ import annotations

from tests.acceptance.conftest import MASTER, Trasloco
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller


def test_a_refused_master_user_is_not_tried_for_every_account(trasloco: Trasloco, source: Dovecot) -> None:
    logins = [f"master-{number}@old.example" for number in range(12)]
    for login in logins:
        with MailboxFiller(source.host, source.port, login, source.password) as filler:
            filler.fill(Letters(login), 3)
    rows = [(login, f"{source.host}:{source.port}", login, source.password) for login in logins]
    with Dovecot(master=(MASTER[0], "another password"), users=dict.fromkeys(logins, "own")) as destination:
        report = trasloco.migrate(rows, destination, "--concurrency", "1", expect=1)
        errors = [account["runs"][-1]["error"] for account in report["accounts"]]
        assert all("could not sign in" in words for words in errors[:3])
        assert all("was not tried" in words for words in errors[3:])
        assert MASTER[1] not in str(report)
