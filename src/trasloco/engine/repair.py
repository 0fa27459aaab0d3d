"""The repair ladder: what may be changed in a message that a destination refused, one rung at a time.

Pure: bytes in, bytes out. Only after a refusal, only the rung that the refusal asks for, and never
more of the message than the rung names. A repaired message keeps its original digest in the ledger
and says in the report which rung it took. What no rung helps is parked (see ``salvage``).
"""

from __future__ import annotations

import email
import email.errors
import enum
import re
from base64 import encodebytes
from collections.abc import Callable, Iterator
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from io import BytesIO

REPAIRED = "repaired"
"""With this word the reason of a repaired message's row begins, whatever else happens to it."""

LONGEST_LINE = 998
"""Bytes of a line without its CRLF (RFC 5322 2.1.1)."""

FOLD_AT = 76

LONGEST_FIELD = 64 * 1024
"""Bytes of a header field that is written anew as encoded-words, which takes time for each character."""

_NOT_WRITTEN = (email.errors.MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What ``email`` raises on messages that it reads and cannot write again: nested too deep, with what it takes for a header
within a header, with an encoding that is none. A rung that fails has changed nothing."""


class Rung(enum.StrEnum):
    """Rungs from the ground up. The value stands in the report."""

    LINE_ENDS = "line-ends"  # bare CR and LF become CRLF, NUL bytes are taken out, the last line ends
    HEADERS = "headers"  # 8-bit fields become encoded-words (RFC 2047), lines that are no field are folded in
    FLAGS_AND_DATE = "flags-and-date"  # the message as it is, without keywords, then without its date
    LONG_LINES = "long-lines"  # long fields are folded, parts with long lines become base64


_HINTS: tuple[tuple[Rung, re.Pattern[str]], ...] = (
    (Rung.LINE_ENDS, re.compile(r"\bnul\b|null|newline|bare|line end|crlf|clientbug|invalid character", re.IGNORECASE)),
    (Rung.HEADERS, re.compile(r"header|non-ascii|8.?bit", re.IGNORECASE)),
    (Rung.FLAGS_AND_DATE, re.compile(r"flag|keyword|date|time", re.IGNORECASE)),
    (Rung.LONG_LINES, re.compile(r"line.{0,20}(long|length)|long line|argument error", re.IGNORECASE)),
)


def rungs(words: str, message: bytes) -> Iterator[Rung]:
    """The rungs to try for a message refused with ``words``: first those the words name, then the others
    that would change something at all. Each once."""
    named = [rung for rung, hint in _HINTS if hint.search(words)]
    for rung in dict.fromkeys([*named, *Rung]):
        if rung is Rung.FLAGS_AND_DATE or repair(message, rung) != message:
            yield rung


def repair(message: bytes, rung: Rung) -> bytes:
    """The message with this rung's changes; equal when there is nothing to change."""
    change = _CHANGES.get(rung)
    return message if change is None else change(message)


def _mend_line_ends(message: bytes) -> bytes:
    mended = re.sub(rb"\r\n|\r|\n", b"\r\n", message.replace(b"\0", b""))
    return mended if mended.endswith(b"\r\n") or not mended else mended + b"\r\n"


def _mend_headers(message: bytes) -> bytes:
    head, gap, body = _split(message)
    newline = b"\r\n" if b"\r\n" in head + gap or not head else b"\n"
    if not gap:
        head, gap, body = _divide(head, newline)
    fields: list[list[bytes]] = []
    for line in re.split(rb"\r?\n", head):
        if _is_field(line):
            name, _, value = line.partition(b":")
            fields.append([name.rstrip() + b":" + value])
        elif fields and line:
            # A continuation as it should be, or a line that can only be one: folded into the field before.
            fields[-1].append(line if line[:1] in b" \t" else b" " + line)
        elif line:
            fields.append([b"X-Unreadable: " + line])
    return newline.join(_encoded(newline.join(lines), newline) for lines in fields) + gap + body


def _divide(text: bytes, newline: bytes) -> tuple[bytes, bytes, bytes]:
    """A message without an empty line: what looks like fields is the header, all from the first other line on the body."""
    lines = text.split(b"\n")
    count = 0
    while count < len(lines) and (_is_field(lines[count]) or (count and lines[count][:1] in (b" ", b"\t"))):
        count += 1
    if lines[count:] in ([], [b""]):
        bare = text.rstrip(b"\r\n")
        return bare, text[len(bare) :], b""  # nothing but header: as it should be
    return b"\n".join(lines[:count]).removesuffix(b"\r"), newline + newline if count else newline, b"\n".join(lines[count:])


def _encoded(item: bytes, newline: bytes) -> bytes:
    """One field with its 8-bit text as encoded-words; one that cannot be written so is left as it is."""
    if len(item) > LONGEST_FIELD or not any(byte > 126 for byte in item):
        return item
    name, _, value = item.partition(b":")
    text = " ".join(_text(value).split())
    ascii_name = re.sub(rb"[^!-9;-~]", b"_", name).decode("ascii")
    try:
        encoded = Header(text, "utf-8", header_name=ascii_name, maxlinelen=FOLD_AT, continuation_ws=" ").encode()
    except _NOT_WRITTEN:
        return item
    return f"{ascii_name}: {encoded}".encode("ascii", "replace").replace(b"\r\n", b"\n").replace(b"\n", newline)


def _mend_long_lines(message: bytes) -> bytes:
    if all(len(line) <= LONGEST_LINE for line in re.split(rb"\r?\n", message)):
        return message
    head, gap, body = _split(message)
    folded = _fold_long_fields(head, b"\r\n" if b"\r\n" in head + gap else b"\n") + gap + body
    if all(len(line) <= LONGEST_LINE for line in re.split(rb"\r?\n", body)):
        return folded
    try:
        return _armoured(folded)
    except _NOT_WRITTEN:
        return folded  # a message that cannot be taken apart and put together again


def _armoured(message: bytes) -> bytes:
    """The message with its parts that have long lines as base64. Raises what ``email`` does on messages it cannot write."""
    parsed = email.message_from_bytes(message)  # by its default policy; naming one takes a tenth of our start-up to import
    for part in parsed.walk():
        _armour(part)
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=0).flatten(parsed, linesep="\r\n")
    return out.getvalue()


def _armour(part: Message) -> None:
    """A leaf with long lines in the clear becomes base64; what has an encoding already is left alone."""
    if part.is_multipart():
        return
    payload = part.get_payload(decode=True)
    clear = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower() in ("", "7bit", "8bit", "binary")
    if not clear or not isinstance(payload, bytes) or all(len(line) <= LONGEST_LINE for line in payload.splitlines()):
        return
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(encodebytes(payload).decode("ascii"))


def _fold_long_fields(head: bytes, newline: bytes) -> bytes:
    return newline.join(piece for line in re.split(rb"\r?\n", head) for piece in _fold(line))


def _fold(line: bytes) -> Iterator[bytes]:
    """The line in pieces that are short enough, each but the first with a space before it; work is linear in its length."""
    blank, position = b"", 0
    while len(blank) + len(line) - position > LONGEST_LINE:
        piece = blank + line[position : position + LONGEST_LINE]
        cut = max(piece.rfind(b" ", 1, LONGEST_LINE), piece.rfind(b"\t", 1, LONGEST_LINE), piece.rfind(b",", 1, LONGEST_LINE) + 1)
        if cut <= 1:
            cut = LONGEST_LINE - 1
        yield piece[:cut]
        position += cut - len(blank)
        while line[position : position + 1] in (b" ", b"\t"):
            position += 1
        blank = b" "
    yield blank + line[position:]


def _split(message: bytes) -> tuple[bytes, bytes, bytes]:
    """(header without its last line end, that line end and the empty line, body)."""
    end = re.search(rb"\r?\n\r?\n", message)
    if end is None:
        return message, b"", b""
    return message[: end.start()], end.group(), message[end.end() :]


def _is_field(line: bytes) -> bool:
    return re.match(rb"[!-9;-~]+[ \t]*:", line) is not None


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


_CHANGES: dict[Rung, Callable[[bytes], bytes]] = {
    Rung.LINE_ENDS: _mend_line_ends,
    Rung.HEADERS: _mend_headers,
    Rung.LONG_LINES: _mend_long_lines,
}
