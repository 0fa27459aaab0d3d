from __future__ import annotations

import email
import email.policy
import statistics
from itertools import islice

from trasloco.testing.letters import Letters


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again, other = (list(Letters(seed).take(50)) for seed in (1, 1, 2))
    assert first == again
    assert not {letter.content for letter in first} & {letter.content for letter in other}


def test_sizes_are_those_of_real_mailboxes() -> None:
    sizes = [len(letter.content) for letter in Letters("sizes").take(2000)]
    assert 2_000 < statistics.median(sizes) < 10_000
    assert 15_000 < statistics.mean(sizes) < 60_000
    assert max(sizes) > 1 << 20


def test_a_size_can_be_asked_for() -> None:
    for size in (20_000, 5 << 20):
        assert abs(len(Letters(3).letter(size).content) - size) < 1500


def test_any_server_takes_them() -> None:
    for letter in Letters(4).take(500):
        assert b"\0" not in letter.content
        assert letter.content.count(b"\r\n") == letter.content.count(b"\n") == letter.content.count(b"\r")
        assert letter.date.tzinfo is not None
        assert letter.date.microsecond == 0


def test_they_are_threads_of_varied_mime() -> None:
    parsed = [email.message_from_bytes(letter.content, policy=email.policy.compat32) for letter in islice(Letters(5), 400)]
    ids = {message["Message-ID"] for message in parsed}
    answers = [message["In-Reply-To"] for message in parsed if message["In-Reply-To"]]
    assert len(answers) > 100
    assert set(answers) <= ids
    assert {message.get_content_type() for message in parsed} >= {"text/plain", "multipart/mixed", "multipart/alternative"}
    assert any(message["Message-ID"] is None for message in parsed)
    assert any(message["Date"] is None for message in parsed)
    assert len(ids) > 380
