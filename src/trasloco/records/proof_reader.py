"""Checks a proof, CSV or JSON, without the database and in bounded memory: what is wrong, and with which row.

``check_proof`` never raises for what is in the file: everything that does not fit is a problem in words.
A proof is good when there is none. Who sealed it is another question: compare ``Checked.fingerprint``.
"""

from __future__ import annotations

import base64
import binascii
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TextIO

from trasloco.records.proof_format import COLUMNS, FORMAT, START, VERSION, ProofRow, Seal, fingerprint, head_hash, link, signed_bytes
from trasloco.records.proof_key import signature_holds

MOST_PROBLEMS = 50
MOST_MISSING = 10_000  # rows kept in mind to tell a removed one from one that stands elsewhere
_LONGEST_FIELD = 1 << 28

_NUMBERS = frozenset(item.name for item in fields(ProofRow) if item.type == "int")


class NotAProof(Exception):
    """The file is no proof at all, or cannot be read; the words say why."""


@dataclass(slots=True)
class Checked:
    """The result. problems: what is wrong, in the order found, at most ``MOST_PROBLEMS``; more: how many were not kept.

    rows: in the file. fingerprint: of the key in the seal, "" without a readable seal.
    """

    head: Mapping[str, Any]
    rows: int = 0
    public_key: bytes = b""
    problems: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def good(self) -> bool:
        return not self.problems

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key) if self.public_key else ""

    def add(self, words: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(words)
        else:
            self.more += 1


def check_proof(path: Path) -> Checked:
    """Read the file once, row by row. Raises ``NotAProof``."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.read(1)
            stream.seek(0)
            parts = _json_parts(stream) if first == "{" else _csv_parts(stream)
            return _check(parts)
    except UnicodeDecodeError as error:
        raise NotAProof(f"{path} is not a proof of Trasloco: it is not UTF-8 text. Was it saved by another program?") from error
    except OSError as error:
        raise NotAProof(f"{path} cannot be read: {error.strerror}.") from error
    except csv.Error as error:
        raise NotAProof(f"{path} is not a proof of Trasloco: it is no CSV ({error}).") from error


@dataclass(frozen=True, slots=True)
class _Read:
    """A row as it stands in the file: where, what, and its stored link. row None: it cannot be read."""

    line: int
    row: ProofRow | None
    link: bytes


def _check(parts: Iterator[Any]) -> Checked:
    head = next(parts)
    checked = Checked(head)
    chain = _Chain(checked)
    seal: Seal | None = None
    for part in parts:
        if isinstance(part, _Read):
            chain.take(part)
        elif isinstance(part, Seal):
            seal = part
        else:
            checked.add(str(part))
    chain.end()
    if seal is None:
        checked.add("The seal at the end is missing or cannot be read: the file was cut short or changed.")
        return checked
    checked.public_key = seal.public_key
    _check_seal(checked, seal, chain)
    return checked


class _Chain:
    """Follows the links. After a row that does not fit it goes on from that row's own link, to find the others."""

    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self.last = START
        self._number = 0  # of the row before, 0 at the start
        self._expected = 1
        self._missing: dict[int, None] = {}
        self._lost = 0  # missing ones that are not kept one by one
        self.counts: dict[str, int] = {}

    def take(self, read: _Read) -> None:
        self._checked.rows += 1
        row = read.row
        if row is None:
            self._checked.add(f"Line {read.line}: this row cannot be read; it was changed.")
            self._number, self._expected, self.last = self._expected, self._expected + 1, read.link
            return
        self.counts[row.fate] = self.counts.get(row.fate, 0) + 1
        if row.number != self._expected:
            self._out_of_turn(read.line, row.number)
        elif row.number == self._number + 1 and link(self.last, row) != read.link:
            self._checked.add(f"Line {read.line}: row {row.number} was changed ({_where(row)}): its bytes do not give its link.")
        self._number, self.last = row.number, read.link
        self._expected = max(self._expected, row.number + 1)

    def _out_of_turn(self, line: int, number: int) -> None:
        if number > self._expected:
            gap = range(self._expected, number)
            kept = gap[: max(0, MOST_MISSING - len(self._missing))]
            self._missing.update(dict.fromkeys(kept))
            self._lost += len(gap) - len(kept)
        elif number in self._missing:
            del self._missing[number]
            self._checked.add(f"Line {line}: row {number} stands in the wrong place: the rows were put in another order.")
        else:
            self._checked.add(f"Line {line}: row {number} stands here a second time.")

    def cut_short(self, sealed: int) -> str:
        """What to add when the rows end before the last one that was sealed."""
        return "" if self._expected > sealed else f": from row {self._expected} on they are missing at the end"

    def end(self) -> None:
        for first, last in _runs(sorted(self._missing)):
            words = f"Row {first} is missing" if first == last else f"Rows {first} to {last} are missing"
            self._checked.add(f"{words}: removed after the proof was made.")
        if self._lost:
            self._checked.add(f"{self._lost} more rows are missing.")


def _check_seal(checked: Checked, seal: Seal, chain: _Chain) -> None:
    """The signature first: what it covers can be believed, what differs from it was changed."""
    if not signature_holds(seal.public_key, seal.signature, signed_bytes(seal.head, seal.rows, seal.last)):
        checked.add("The seal is wrong: its signature does not hold, so the seal itself was changed or put there by somebody else.")
    if head_hash(checked.head) != seal.head:
        checked.add("The head was changed: it is not the one that was sealed.")
    if checked.rows != seal.rows:
        checked.add(f"There are {checked.rows} rows, {seal.rows} were sealed{chain.cut_short(seal.rows)}.")
    if chain.last.hex() != seal.last:
        checked.add("The last link is not the one that was sealed: rows at the end were changed, removed or added.")
    counts = checked.head.get("counts")
    if isinstance(counts, dict) and checked.good:
        told = {fate: count for fate, count in counts.items() if count and fate != "source"}
        if told != chain.counts:
            checked.add("The counts of the head are not those of the rows. This proof was made wrong: please report it.")


# -- the two forms: each yields the head, then rows, then the seal; words for what cannot be read


def _csv_parts(stream: TextIO) -> Iterator[Any]:
    csv.field_size_limit(_LONGEST_FIELD)  # the head names every folder
    reader = csv.reader(stream, delimiter=";", strict=True)
    first = next(reader, [])
    if len(first) != 3 or first[0] != FORMAT:
        raise NotAProof(f'This is not a proof of Trasloco: it does not begin with "{FORMAT}".')
    yield _head(first[1], first[2])
    if next(reader, []) != [*COLUMNS, "link"]:
        yield "The line with the names of the columns was changed."
    for cells in reader:
        if cells and cells[0] == "seal":
            yield _seal(cells[1] if len(cells) > 1 else "")
            break
        yield _Read(reader.line_num, _row_of_cells(cells), _hex(cells[-1] if cells else ""))
    if next(reader, None) is not None:
        yield "There are lines after the seal: they are no part of the proof."


def _row_of_cells(cells: list[str]) -> ProofRow | None:
    if len(cells) != len(COLUMNS) + 1:
        return None
    return _row(dict(zip(COLUMNS, (cell.removeprefix("'") for cell in cells[:-1]), strict=True)))


def _json_parts(stream: TextIO) -> Iterator[Any]:
    first, second, third = (stream.readline().strip() for _ in range(3))
    name = first.removeprefix('{"proof": "').removesuffix('",')
    if not name.startswith(FORMAT) or not second.startswith('"head": ') or third not in ('"rows": [', '"rows": [],'):
        raise NotAProof("This is not a proof as Trasloco writes it (one row on a line). Was it saved by another program?")
    yield _head(name.rpartition(" ")[2], second.removeprefix('"head": ').removesuffix(","))
    number = 3
    for line in stream:
        number += 1
        text = line.strip()
        if text in ("],", ""):
            continue
        if text.startswith('"seal": '):
            yield _seal(text.removeprefix('"seal": ').removesuffix("}"))
            break
        yield _row_of_line(number, text.removesuffix(","))
    if any(line.strip() for line in stream):
        yield "There is more after the seal: it is no part of the proof."


def _row_of_line(number: int, text: str) -> _Read:
    values = _loaded(text)
    # Only the one spelling counts: a key that stands twice is read differently by different programs.
    if not isinstance(values, dict) or json.dumps(values, ensure_ascii=False, separators=(",", ":")) != text:
        return _Read(number, None, b"")
    stored = _hex(values.pop("link", ""))
    return _Read(number, _row(values), stored)


def _head(version: str, text: str) -> Mapping[str, Any]:
    if version != str(VERSION):
        raise NotAProof(f"This proof has version {version}; this Trasloco reads version {VERSION}. Use the newest Trasloco.")
    head = _loaded(text)
    if not isinstance(head, dict):
        raise NotAProof("The head of this proof cannot be read: the file was changed.")
    return head


def _row(values: Mapping[str, Any]) -> ProofRow | None:
    """A row with every field of its kind; None when one is missing, too many, or not in its one spelling."""
    if set(values) != set(COLUMNS):
        return None
    converted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _NUMBERS:
            if not isinstance(value, str):
                return None
            converted[name] = value
            continue
        text = str(value)
        if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or len(text) > 20 or str(int(text)) != text:
            return None
        converted[name] = int(text)
    return ProofRow(**converted)


def _seal(text: str) -> Seal | str:
    values = _loaded(text)
    try:
        key, signature = (base64.b64decode(values[name], validate=True) for name in ("public_key", "signature"))
        head, rows, last = values["head"], values["rows"], values["last"]
        if isinstance(rows, int) and isinstance(head, str) and isinstance(last, str) and head.isascii() and last.isascii():
            return Seal(head, rows, last, key, signature)
    except (TypeError, KeyError, ValueError, binascii.Error):
        pass
    return "The seal cannot be read: it was changed."


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _hex(text: object) -> bytes:
    try:
        return bytes.fromhex(str(text))
    except ValueError:
        return b""


def _where(row: ProofRow) -> str:
    return f"“{row.source_folder}” UID {row.source_uid}"


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for number in numbers:
        if last is not None and first is not None and number != last + 1:
            yield first, last
            first = number
        first = number if first is None else first
        last = number
    if first is not None and last is not None:
        yield first, last
