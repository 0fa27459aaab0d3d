"""The text of a status response: ``[CODE arguments] words`` (RFC 9051 7.1, ``resp-text``).

Servers put anything there. A code that is not one, or whose arguments are not what its RFC says
(``[COPYUID 701  ]``), is no code: the whole is then the server's words, and nothing is guessed.
"""

from __future__ import annotations

import re

from trasloco.imap.number_set import LARGEST, parse_set
from trasloco.imap.values import Kind, StatusText

_CODE = re.compile(
    rb"""\[ ([A-Za-z][A-Za-z0-9.+/_-]*+)
    (?: \x20+ ( \( [^()]*+ \) (?=\x20*\]) | (?: "(?:[^"\\]|\\.)*+" | [^\]"] )*+ ) )?
    \]""",
    re.VERBOSE,
)
_NUMBER = re.compile(rb"\d{1,20}")
_ONE_NUMBER = frozenset({"UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ"})
_LONGEST_WORDS = 400
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def parse_status_text(kind: Kind, text: bytes) -> StatusText:
    """Read what follows OK, NO, BAD, BYE or PREAUTH. Never raises."""
    text = text.strip()
    if not text.startswith(b"["):
        return StatusText(kind, "", b"", readable(text))
    match = _CODE.match(text)
    if match is None:
        return StatusText(kind, "", b"", readable(text))
    code = match.group(1).decode("ascii").upper()
    arguments = (match.group(2) or b"").strip()
    if not _plausible(code, arguments):
        return StatusText(kind, "", b"", readable(text))
    return StatusText(kind, code, arguments, readable(text[match.end() :]))


def readable(text: bytes) -> str:
    """A server's words for a person: decoded leniently, one line, at most a few hundred characters."""
    cut = text[: _LONGEST_WORDS * 4]
    try:
        words = cut.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two at the end is ours; anything else means it is no UTF-8.
        words = cut[: error.start].decode("utf-8") if error.start > len(cut) - 4 and len(text) > len(cut) else cut.decode("latin-1")
    words = _UNPRINTABLE.sub(" ", words).strip()
    return words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"


def _plausible(code: str, arguments: bytes) -> bool:
    """Whether the arguments are what the code's RFC says, for the codes we act upon."""
    if code in _ONE_NUMBER:
        return _is_number(arguments)
    words = arguments.split()
    if code == "APPENDUID":
        return len(words) == 2 and _is_number(words[0]) and _is_set(words[1])
    if code == "COPYUID":
        return len(words) == 3 and _is_number(words[0]) and _is_set(words[1]) and _is_set(words[2])
    if code == "PERMANENTFLAGS":
        return arguments.startswith(b"(")
    return True


def _is_number(text: bytes) -> bool:
    return _NUMBER.fullmatch(text) is not None and int(text) <= LARGEST


def _is_set(text: bytes) -> bool:
    try:
        parse_set(text)
    except ValueError:
        return False
    return True
