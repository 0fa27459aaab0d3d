"""A mailbox that cannot fit is said before it starts; one that may not is a warning."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.conftest import Account
from trasloco.engine.account import RunStatus
from trasloco.engine.fate import Tally
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail


def test_a_mailbox_larger_than_the_quota_fails_before_anything_is_sent(dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    with Dovecot(quota=200_000) as small:
        account = Account(dovecot_source, small, fresh_user())
        with account.source_filler() as filler:
            filler.append(("INBOX",), [Mail(b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" * 100_000) for _ in range(2)])
        outcome = account.run()
        assert outcome.status is RunStatus.FAILED
        assert outcome.failure is not None
        assert outcome.failure.code == "will-not-fit"
        assert account.destination().total == 0


def test_a_quota_reached_on_the_way_stops_the_account_and_more_room_lets_it_go_on(
    dovecot_source: Dovecot, fresh_user: Callable[[], str]
) -> None:
    user = fresh_user()
    with Dovecot(quota=400_000) as small:
        account = Account(dovecot_source, small, user)
        with account.source_filler() as filler:
            filler.append(("INBOX",), [Mail(letter.content) for letter in Letters("room").take(8)])
        with account.destination_filler() as filler:
            filler.append(("INBOX",), [Mail(b"Subject: mine\r\n\r\n" + b"y" * 390_000)])
        outcome = account.run()
        if outcome.failure is not None:
            assert outcome.failure.code == "over-quota"
            assert "full" in outcome.failure.words
        with account.destination_filler() as filler:
            filler.delete(("INBOX",), [1])
        again = account.run()
        assert again.failure is None
        assert again.tally == Tally(copied=8)


def test_a_limit_for_one_message_is_taken_from_the_server(dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    with Dovecot(extra="imap_capability = +APPENDLIMIT=1000") as strict:
        account = Account(dovecot_source, strict, fresh_user())
        with account.source_filler() as filler:
            filler.append(("INBOX",), [Mail(b"Subject: small\r\n\r\n"), Mail(b"Subject: large\r\n\r\n" + b"z" * 2000)])
        assert account.run().tally == Tally(copied=1, skipped=1)
