"""What a proof consists of: head, rows, chain, seal; and the exact bytes that are hashed and signed.

A proof says of every source message of one account what became of it. ``docs/proof.md`` describes
the same for whoever wants to check it with a program of his own.

- Row bytes: each of the ten fields as a netstring (decimal length in bytes, ":", UTF-8 text, ","), in
  the order of ``COLUMNS``; numbers in decimal, what is not known is the empty text.
- Chain: link = SHA-256(link of the row before || row bytes); before the first row stand 32 zero bytes.
- Head: a JSON object; its bytes are the object with sorted keys, no blanks, UTF-8.
- Seal: Ed25519 (RFC 8032) over ``signed_bytes``: the head's hash, the number of rows, the last link.

Pure: no database, no files. Subjects, addresses inside mail and bodies are in no part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

FORMAT = "trasloco-proof"
VERSION = 1
START = bytes(32)
"""What stands before the first link."""


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One source message. number: from 1, without a gap. Folder names as displayed; sizes in bytes.

    destination_folder, destination_uid, sha256: "" when there is none or it is not known. sha256: lower-case
    hex over the message as the source gave it. run: the one that gave the fate, 0 when another migration brought it.
    reason: of every fate that is not plain, also of a message that was repaired or moved.
    """

    number: int
    source_folder: str
    source_uid: int
    destination_folder: str
    destination_uid: str
    size: int
    sha256: str
    fate: str
    run: int
    reason: str


COLUMNS = tuple(item.name for item in fields(ProofRow))


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of a proof. head, last: lower-case hex SHA-256. public_key, signature: raw bytes (32, 64)."""

    head: str
    rows: int
    last: str
    public_key: bytes
    signature: bytes


def row_bytes(row: ProofRow) -> bytes:
    """The canonical bytes of a row."""
    return b"".join([_netstring(str(value)) for value in astuple(row)])


def link(before: bytes, row: ProofRow) -> bytes:
    """The row's link of the chain, 32 bytes."""
    return hashlib.sha256(before + row_bytes(row)).digest()


def head_bytes(head: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a head: texts, whole numbers, None, lists and objects of these."""
    return json.dumps(head, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def head_hash(head: Mapping[str, Any]) -> str:
    """SHA-256 of the head in lower-case hex."""
    return hashlib.sha256(head_bytes(head)).hexdigest()


def signed_bytes(head: str, rows: int, last: str) -> bytes:
    """What the signature is over."""
    return f"{FORMAT} {VERSION}\nhead {head}\nrows {rows}\nlast {last}\n".encode("ascii")


def fingerprint(public_key: bytes) -> str:
    """SHA-256 of the raw public key in hex, in groups of four: for reading out and comparing."""
    text = hashlib.sha256(public_key).hexdigest()
    return ":".join(text[start : start + 4] for start in range(0, len(text), 4))


def _netstring(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return b"%d:%b," % (len(data), data)
