"""Writes a proof as CSV and as JSON at once, row by row: a million rows take no more memory than ten.

Both files hold the same head, rows and seal; either can be checked alone. They appear whole under
their names, or not at all.

CSV: the first line is ``trasloco-proof;1;<head as JSON>``, the second names the columns, the last is
``seal;<seal as JSON>``; separator ";", UTF-8 with a byte order mark, as the report's CSV.
JSON: one object ``{"proof", "head", "rows", "seal"}``, each row on a line of its own.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any, TextIO

from trasloco.records.proof_format import COLUMNS, FORMAT, START, VERSION, ProofRow, Seal, head_bytes, head_hash, link, signed_bytes
from trasloco.records.proof_key import ProofKey

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_proof(csv_file: Path, json_file: Path, head: Mapping[str, Any], rows: Iterable[ProofRow], key: ProofKey) -> Seal:
    """Write both files and return their seal. Rows come numbered from 1. Raises OSError."""
    with ExitStack() as stack:
        table = stack.enter_context(_appearing(csv_file, "utf-8-sig"))
        document = stack.enter_context(_appearing(json_file, "utf-8"))
        writer = csv.writer(table, delimiter=";", lineterminator="\r\n")
        head_text = head_bytes(head).decode()
        writer.writerow([FORMAT, VERSION, head_text])
        writer.writerow([*COLUMNS, "link"])
        document.write(f'{{"proof": "{FORMAT} {VERSION}",\n"head": {head_text},\n"rows": [')
        last, count = START, 0
        for row in rows:
            last = link(last, row)
            writer.writerow([*(_cell(value) for value in astuple(row)), last.hex()])
            document.write(",\n" if count else "\n")
            document.write(_compact(asdict(row) | {"link": last.hex()}))
            count += 1
        seal = sealed(head, count, last, key)
        seal_text = _compact(seal_document(seal))
        writer.writerow(["seal", seal_text])
        document.write(f'\n],\n"seal": {seal_text}}}\n')
    return seal


def sealed(head: Mapping[str, Any], rows: int, last: bytes, key: ProofKey) -> Seal:
    """The seal of these."""
    name = head_hash(head)
    return Seal(name, rows, last.hex(), key.public, key.sign(signed_bytes(name, rows, last.hex())))


def seal_document(seal: Seal) -> dict[str, Any]:
    """The seal as it stands in the files; key and signature in base64."""
    encoded = {name: base64.b64encode(getattr(seal, name)).decode("ascii") for name in ("public_key", "signature")}
    return {"head": seal.head, "rows": seal.rows, "last": seal.last} | encoded


def _cell(value: object) -> str:
    """Folder names and servers' words are written by strangers: what a spreadsheet would run is made text.
    An apostrophe of its own gets another one, so that the reader can tell and take it off again."""
    text = str(value)
    return "'" + text if text.startswith("'") or text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@contextlib.contextmanager
def _appearing(path: Path, encoding: str) -> Iterator[TextIO]:
    """A text file that takes its name only when it is complete and on disk."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("w", encoding=encoding, errors="replace", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
