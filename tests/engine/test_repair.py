"""Each rung changes what it names and nothing else."""

from __future__ import annotations

import email
import email.header

import pytest

from trasloco.engine.repair import LONGEST_LINE, Rung, repair, rungs


def test_line_ends_become_crlf_and_nul_goes() -> None:
    assert repair(b"A: b\n\nx\0y\rz", Rung.LINE_ENDS) == b"A: b\r\n\r\nxy\r\nz\r\n"


def test_a_message_in_order_is_left_alone_by_every_rung() -> None:
    message = b"Subject: plain\r\nX-Long: a\r\n b\r\n\r\nbody \xc3\xa9\r\n"
    assert [repair(message, rung) for rung in Rung] == [message] * len(Rung)


@pytest.mark.parametrize("raw", ["Grüße aus Köln".encode(), "Grüße aus Köln".encode("latin-1")], ids=["utf-8", "latin-1"])
def test_8_bit_fields_become_encoded_words_and_the_body_stays(raw: bytes) -> None:
    mended = repair(b"From: a@x\r\nSubject: " + raw + b"\r\n\r\nK\xf6ln\r\n", Rung.HEADERS)
    head, body = mended.split(b"\r\n\r\n")
    assert head.isascii()
    assert body == b"K\xf6ln\r\n"
    subject = email.message_from_bytes(mended)["Subject"]
    assert str(email.header.make_header(email.header.decode_header(subject))) == "Grüße aus Köln"
    assert head.startswith(b"From: a@x\r\n")


def test_a_line_that_is_no_field_is_folded_into_the_one_before() -> None:
    assert repair(b"A: b\r\nno field here\r\nC: d\r\n\r\n", Rung.HEADERS) == b"A: b\r\n no field here\r\nC: d\r\n\r\n"


def test_a_message_that_begins_with_no_field_keeps_its_line() -> None:
    assert repair(b"no field\r\nC: d\r\n\r\n", Rung.HEADERS) == b"X-Unreadable: no field\r\nC: d\r\n\r\n"


def test_a_header_without_an_empty_line_after_it_gets_one() -> None:
    assert repair(b"A: b\r\nno field here\r\nnor here\r\n", Rung.HEADERS) == b"A: b\r\n\r\nno field here\r\nnor here\r\n"


def test_a_message_without_any_field_becomes_all_body() -> None:
    assert repair(b"nothing\r\nat all\r\n", Rung.HEADERS) == b"\r\nnothing\r\nat all\r\n"


def test_a_message_that_is_all_header_stays() -> None:
    assert repair(b"A: b\r\nC: d\r\n", Rung.HEADERS) == b"A: b\r\nC: d\r\n"


def test_a_space_before_the_colon_goes() -> None:
    assert repair(b"To   : x\r\n y\r\n\r\n", Rung.HEADERS) == b"To: x\r\n y\r\n\r\n"


def test_long_fields_are_folded_where_there_is_room() -> None:
    mended = repair(b"To: " + b"someone@example.org, " * 200 + b"\r\n\r\nbody\r\n", Rung.LONG_LINES)
    assert max(map(len, mended.split(b"\r\n"))) <= LONGEST_LINE
    assert b"".join(mended.split()) == b"".join((b"To: " + b"someone@example.org, " * 200 + b"body").split())


def test_a_part_with_long_lines_becomes_base64_and_says_the_same() -> None:
    body = b"x" * 5000 + b"\r\nend\r\n"
    mended = repair(b"Subject: s\r\nContent-Type: text/plain\r\n\r\n" + body, Rung.LONG_LINES)
    assert max(map(len, mended.split(b"\r\n"))) <= LONGEST_LINE
    assert email.message_from_bytes(mended).get_payload(decode=True) == body


def test_only_the_part_with_long_lines_is_touched() -> None:
    message = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nshort\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n" + b"y" * 3000 + b"\r\n--b--\r\n"
    )
    mended = repair(message, Rung.LONG_LINES)
    assert b"\r\n\r\nshort\r\n--b" in mended
    assert mended.count(b"base64") == 1


@pytest.mark.parametrize(
    ("words", "message", "first"),
    [
        ("Message contains NUL characters", b"A: b\r\n\r\n\0", Rung.LINE_ENDS),
        ("Message contains bare newlines", b"A: b\n\n", Rung.LINE_ENDS),
        ("Message contains invalid header", b"A: b\r\nnone\r\n\r\n", Rung.HEADERS),
        ("Invalid keyword", b"A: b\r\n\r\n", Rung.FLAGS_AND_DATE),
        ("Command Argument Error. 11", b"A: b\r\n\r\n" + b"x" * 20000, Rung.LONG_LINES),
        ("no", b"A: b\n\n", Rung.LINE_ENDS),
    ],
)
def test_the_refusal_says_which_rung_comes_first(words: str, message: bytes, first: Rung) -> None:
    assert next(rungs(words, message)) is first


def test_a_rung_that_would_change_nothing_is_not_tried() -> None:
    assert list(rungs("Message contains NUL characters", b"A: b\r\n\r\n")) == [Rung.FLAGS_AND_DATE]


def test_a_long_field_without_a_space_is_cut_and_loses_nothing() -> None:
    mended = repair(b"X-Long: " + b"a" * 5000 + b"\r\n\r\nbody\r\n", Rung.LONG_LINES)
    head, body = mended.split(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= LONGEST_LINE
    assert head.replace(b"\r\n ", b"").replace(b" ", b"") == b"X-Long:" + b"a" * 5000
    assert body == b"body\r\n"


def test_a_field_too_long_to_be_encoded_stays() -> None:
    message = b"Subject: " + b"\xfc" * 70_000 + b"\r\nTo: x\r\n\r\nbody\r\n"
    assert repair(message, Rung.HEADERS) == message


def test_a_message_that_cannot_be_written_again_stays() -> None:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(2000))
    message = head + b"\r\n" + b"x" * 1200 + b"\r\n"
    assert repair(message, Rung.LONG_LINES) == message
