from __future__ import annotations

import ast

import pytest

from tests.imap.conftest import octets, vectors
from trasloco.imap.limits import Limits
from trasloco.imap.tokens import GrammarError, Tokens, Value


def values(parts: list[bytes]) -> tuple[Value, ...]:
    tokens = Tokens(parts, Limits())
    found = []
    while not tokens.at_end:
        found.append(tokens.value())
    return tuple(found)


def test_imapclient_parser_vectors() -> None:
    count = 0
    for case in vectors("imapclient/parser.jsonl"):
        parts = [octets(piece) for piece in case["input"]]
        if case["file"].endswith("lexer.py"):
            continue  # its lexer keeps quotes and has no values; what it accepts is tested below
        count += 1
        if case["kind"] == "_test_parse_error":
            with pytest.raises(GrammarError):
                values(parts)
            continue
        expected = ast.literal_eval(case["expected_repr"])
        found = values(parts)
        assert found == (expected if isinstance(expected, tuple) and len(found) != 1 else (expected,))
    assert count == 26


def test_imapclient_lexer_vectors() -> None:
    """What their lexer takes, ours takes; what it refuses, ours refuses."""
    for case in vectors("imapclient/parser.jsonl"):
        if not case["file"].endswith("lexer.py"):
            continue
        parts = b" ".join(octets(piece) for piece in case["input"])
        if case["kind"] == "check_error":
            with pytest.raises(GrammarError):
                values([parts])
            continue
        words: list[bytes] = []
        flatten(values([parts]), words)
        expected = [word for word in ast.literal_eval(case["expected_repr"]) if word not in (b"(", b")")]
        assert words == [word[1:-1] if word.startswith(b'"') else word for word in expected]


def flatten(value: Value, words: list[bytes]) -> None:
    if isinstance(value, tuple):
        for item in value:
            flatten(item, words)
    else:
        words.append(value if isinstance(value, bytes) else str(value).encode())


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([b"a ", b"lit (x", b" b"], (b"a", b"lit (x", b"b")),
        ([b"(", b"", b")"], ((b"",),)),
        ([b"BODY[HEADER.FIELDS (", b'DA"]TE', b")]<0> x"], (b'BODY[HEADER.FIELDS ("DA\\"TE")]<0>', b"x")),
        ([b'"" NIL "NIL" nil'], (b"", None, b"NIL", None)),
        ([b"18446744073709551615 -1 007"], (2**64 - 1, b"-1", b"007")),
    ],
)
def test_literals_and_numbers(parts: list[bytes], expected: tuple[Value, ...]) -> None:
    assert values(parts) == expected


@pytest.mark.parametrize("text", [b"(", b")", b"(()", b'"', b'"\\"', b"a[b", b"BODY[HEADER.FIELDS (A"])
def test_what_is_not_closed(text: bytes) -> None:
    with pytest.raises(GrammarError):
        values([text])


def test_depth_is_limited() -> None:
    assert values([b"(" * 100 + b")" * 100])
    with pytest.raises(GrammarError, match="nested deeper"):
        values([b"(" * 101 + b")" * 101])
    with pytest.raises(GrammarError):
        values([b"(" * 500_000])
