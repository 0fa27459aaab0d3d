"""A secret in every shape in which bytes could carry it away."""

from __future__ import annotations

import base64
import html
import json
import quopri
import urllib.parse
from collections.abc import Iterable, Mapping


def shapes(secret: str) -> set[bytes]:
    """As it is, backwards, base64 at any offset, URL-encoded, quoted-printable, hex, with the escapes of JSON, HTML, IMAP, CSV and Python.

    In UTF-8, Latin-1 and UTF-16.
    """
    found: set[bytes] = set()
    for encoding in ("utf-8", "latin-1", "utf-16-le"):
        raw = secret.encode(encoding, "replace")
        found |= {raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode(), quopri.encodestring(raw, quotetabs=True).rstrip(b"\n")}
        found |= {quopri.encodestring(raw).rstrip(b"\n"), _middle_of_base64(raw, 0), _middle_of_base64(raw, 1), _middle_of_base64(raw, 2)}
        found |= {form.replace(b"+", b"-").replace(b"/", b"_") for form in {_middle_of_base64(raw, offset) for offset in range(3)}}
    quoted = {urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)}
    quoted |= {form.replace("%", "\\x").lower() for form in quoted} | {_lower_hex(form) for form in quoted}
    escaped = {
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
    }
    escaped |= {secret.replace("\\", "\\\\").replace('"', '\\"'), secret.replace('"', '""'), repr(secret)[1:-1], ascii(secret)[1:-1]}
    return found | {form.encode() for form in quoted | escaped}


def found_in(places: Mapping[str, bytes], secrets: Iterable[tuple[str, str]]) -> list[str]:
    """Which secret (name, value) stands in which place: the names only. Empty when none does."""
    looked_for = [(name, shapes(value)) for name, value in secrets]
    return [f"{name} in {place}" for name, forms in looked_for for place, data in places.items() if any(form in data for form in forms)]


def _middle_of_base64(raw: bytes, offset: int) -> bytes:
    """The part of the base64 text that does not depend on what stands before and behind."""
    text = base64.b64encode(b"\0" * offset + raw)
    first = 4 * ((offset + 2) // 3)
    last = len(text) if (offset + len(raw)) % 3 == 0 else len(text) - 4
    return text[first:last]


def _lower_hex(quoted: str) -> str:
    parts = quoted.split("%")
    return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])
