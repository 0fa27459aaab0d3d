"""From the bytes of a file to its text: which encoding, or why it is no text at all.

Taken: UTF-8 with or without BOM, UTF-16 with BOM or recognisable without, UTF-32 with BOM, else
Windows-1252. A file that is valid UTF-8 on some lines and not on others is refused line by line:
guessing there would change a password silently.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from trasloco.plan.problems import Problem

_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"\xfd7zXZ\x00", "a compressed file (xz)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"{\\rtf", "a formatted document (RTF)"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAVE_AS = 'Open it in the spreadsheet program and save it as "CSV UTF-8", with ; between the fields.'


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
        return Decoded("", "", (Problem(None, "", "not-a-csv", f"This is {what}, not a text file.", _SAVE_AS),))
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding)
    if encoding := _utf16_without_bom(data):
        return _strictly(data, encoding)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _windows(data)


def _foreign(data: bytes) -> str:
    """What kind of file this is when it is no text, "" otherwise."""
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            return _archive(data) if data.startswith(b"PK") else what
    start = data[:2000].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        return "a web page (HTML), perhaps saved instead of the file"
    if start.startswith(b"<?xml"):
        return "an XML file"
    return ""


def _archive(data: bytes) -> str:
    start = data[:4000]
    if b"opendocument.spreadsheet" in start:
        return "a LibreOffice spreadsheet (.ods)"
    if b"xl/" in data[:100_000] or b"[Content_Types].xml" in start:
        return "an Excel workbook (.xlsx)"
    return "a ZIP archive"


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
        words = f"From here on the file is not {name}, although it begins as such: it may be cut off or put together from two."
        return Decoded("", encoding, (Problem(line, "", "broken-encoding", words, _SAVE_AS),))


def _windows(data: bytes) -> Decoded:
    """Windows-1252, unless some lines are UTF-8 already."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    eight_bit = [(number, line) for number, line in enumerate(lines, 1) if not line.isascii()]
    other = [(number, line) for number, line in eight_bit if not _decodes(line, "utf-8")]
    if len(other) < len(eight_bit):
        words = "The characters on this line are not UTF-8, those on other lines are: the file is put together from two."
        return Decoded("", "", tuple(Problem(number, "", "mixed-encodings", words, _SAVE_AS) for number, _ in other[:500]))
    unreadable = [number for number, line in other if not _decodes(line, "cp1252")]
    if unreadable:
        words = "This line has bytes that are neither UTF-8 nor Windows-1252."
        return Decoded("", "", tuple(Problem(number, "", "unknown-encoding", words, _SAVE_AS) for number in unreadable[:500]))
    words = "The file is not UTF-8; it was read as Windows-1252, the encoding of Western European Windows."
    warning = Problem(other[0][0], "", "read-as-windows-1252", words, "If accents in passwords come out wrong, save the file as CSV UTF-8.")
    return Decoded(data.decode("cp1252"), "windows-1252", (), (warning,))


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
