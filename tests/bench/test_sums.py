from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bench.ends import End
from bench.sums import Sums
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller

_DATE = datetime(2014, 3, 13, tzinfo=UTC)
LETTERS = [Mail(f"Subject: {number}\r\n\r\ntext\r\n".encode(), ("\\Seen",)) for number in range(3)]


def sums(server: Dovecot, user: str, mails: list[Mail], flag: str = "") -> Sums:
    with MailboxFiller(server.host, server.port, user, server.password) as filler:
        filler.append(("INBOX",), mails)
        if flag:
            filler.store(("INBOX",), [2], "+FLAGS", flag)
    return Sums.read(End(server.host, server.port, user, server.password))


def test_what_is_lost_doubled_or_changed_makes_another_sum(dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    dated = [Mail(mail.content, mail.flags, _DATE) for mail in LETTERS]
    whole = sums(dovecot_source, fresh_user(), dated)
    assert (whole.messages, whole.difference(whole)) == (3, "")
    assert whole.difference(sums(dovecot_source, fresh_user(), dated[::-1])) == "", "the order is no part of it"
    assert whole.difference(sums(dovecot_source, fresh_user(), dated[:2])) == "1 messages lost"
    assert whole.difference(sums(dovecot_source, fresh_user(), [*dated, dated[0]])) == "1 messages doubled"
    other = [*dated[:2], Mail(b"Subject: 9\r\n\r\ntext\r\n", dated[2].flags, _DATE)]
    assert "INBOX" in whole.difference(sums(dovecot_source, fresh_user(), other)), "same count, same size, another content"
    assert "INBOX" in whole.difference(sums(dovecot_source, fresh_user(), dated, "\\Flagged"))
