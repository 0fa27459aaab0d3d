"""The test vectors of other projects beside this one, where they are at hand: read from there, never kept here."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_VECTORS = Path(__file__).parents[2] / "shared" / "vectors"
_CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def cases(name: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """(bytes, all that is said of them) for each line of a file of vectors; nothing where it is missing."""
    file = _VECTORS / name
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        yield b64decode(case.get("in", case)["b64"]), case


def messages(most: int, longest: int) -> Iterator[bytes]:
    """Up to ``most`` messages of the corpus that are no longer than ``longest`` bytes, in the order of their names."""
    for file in sorted(_CORPUS.rglob("*.eml")):
        if most and 0 < file.stat().st_size <= longest:
            most -= 1
            yield file.read_bytes()
