"""From the bytes of a file to its text: which encoding, or why it is no text at all.

Taken: UTF-8 with or without BOM, UTF-16 with BOM or recognisable without, UTF-32 with BOM, else
Windows-1252. A file that is valid UTF-8 on some lines and not on others is refused line by line:
guessing there would change a password silently.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from trasloco.plan.problems import Problem
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _

_SIGNATURES = (
    (b"PK\x03\x04", _("This is a ZIP archive, not a text file.")),
    (b"PK\x05\x06", _("This is a ZIP archive, not a text file.")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _("This is an old Excel workbook (.xls), not a text file.")),
    (b"%PDF-", _("This is a PDF, not a text file.")),
    (b"\x89PNG\r\n\x1a\n", _("This is a picture, not a text file.")),
    (b"\xff\xd8\xff", _("This is a picture, not a text file.")),
    (b"GIF8", _("This is a picture, not a text file.")),
    (b"RIFF", _("This is a picture or a sound, not a text file.")),
    (b"\x1f\x8b", _("This is a compressed file (gzip), not a text file.")),
    (b"BZh", _("This is a compressed file (bzip2), not a text file.")),
    (b"\xfd7zXZ\x00", _("This is a compressed file (xz), not a text file.")),
    (b"7z\xbc\xaf\x27\x1c", _("This is a 7-Zip archive, not a text file.")),
    (b"Rar!\x1a\x07", _("This is a RAR archive, not a text file.")),
    (b"{\\rtf", _("This is a formatted document (RTF), not a text file.")),
    (b"\x7fELF", _("This is a program, not a text file.")),
    (b"SQLite format 3\x00", _("This is a database, not a text file.")),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAVE_AS = _('Open it in the spreadsheet program and save it as "CSV UTF-8", with ; between the fields.')


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text without its BOM, and the name of the encoding; with problems, the text is "" or partial."""

    text: str
    encoding: str
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def decode(data: bytes) -> Decoded:
    """Read a file's bytes as text. Never raises; what cannot be read is a problem."""
    if what := _foreign(data):
        return Decoded("", "", (Problem(None, "", "not-a-csv", what, _SAVE_AS),))
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding)
    if encoding := _utf16_without_bom(data):
        return _strictly(data, encoding)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _windows(data)


def _foreign(data: bytes) -> Sentence | None:
    """What kind of file this is when it is no text."""
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            return _archive(data) if data.startswith(b"PK") else what
    start = data[:2000].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        return _("This is a web page (HTML), perhaps saved instead of the file, and not a text file.")
    if start.startswith(b"<?xml"):
        return _("This is an XML file, not a text file.")
    return None


def _archive(data: bytes) -> Sentence:
    start = data[:4000]
    if b"opendocument.spreadsheet" in start:
        return _("This is a LibreOffice spreadsheet (.ods), not a text file.")
    if b"xl/" in data[:100_000] or b"[Content_Types].xml" in start:
        return _("This is an Excel workbook (.xlsx), not a text file.")
    return _("This is a ZIP archive, not a text file.")


def _utf16_without_bom(data: bytes) -> str:
    """UTF-16 of mostly Latin text: every second byte is NUL, always the same half."""
    sample = data[:4096]
    pairs = len(sample) // 2
    if pairs < 4:
        return ""
    even, odd = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if odd > 0.6 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.6 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return ""


def _strictly(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        text = data[: error.start].decode(encoding, "replace")
        line = 1 + text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
        name = encoding.upper().removesuffix("-LE").removesuffix("-BE")
        words = _(
            "From here on the file is not %(encoding)s, although it begins as such: it may be cut off or put together from two.",
            encoding=name,
        )
        return Decoded("", encoding, (Problem(line, "", "broken-encoding", words, _SAVE_AS),))


def _windows(data: bytes) -> Decoded:
    """Windows-1252, unless some lines are UTF-8 already."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    eight_bit = [(number, line) for number, line in enumerate(lines, 1) if not line.isascii()]
    other = [(number, line) for number, line in eight_bit if not _decodes(line, "utf-8")]
    if len(other) < len(eight_bit):
        words = _("The characters on this line are not UTF-8, those on other lines are: the file is put together from two.")
        return Decoded("", "", tuple(Problem(number, "", "mixed-encodings", words, _SAVE_AS) for number, _ in other[:500]))
    unreadable = [number for number, line in other if not _decodes(line, "cp1252")]
    if unreadable:
        words = _("This line has bytes that are neither UTF-8 nor Windows-1252.")
        return Decoded("", "", tuple(Problem(number, "", "unknown-encoding", words, _SAVE_AS) for number in unreadable[:500]))
    words = _("The file is not UTF-8; it was read as Windows-1252, the encoding of Western European Windows.")
    remedy = _("If accents in passwords come out wrong, save the file as CSV UTF-8.")
    warning = Problem(other[0][0], "", "read-as-windows-1252", words, remedy)
    return Decoded(data.decode("cp1252"), "windows-1252", (), (warning,))


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
