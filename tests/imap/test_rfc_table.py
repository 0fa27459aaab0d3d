"""docs/rfc.md speaks of every RFC that the code of the wire names, and of each once."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def test_the_table_is_complete() -> None:
    rows = re.findall(r"^\| (\d{4,5}) \| [^|]+ \| (Yes|Partial|No) \| [^|]+ \|$", (_ROOT / "docs" / "rfc.md").read_text(), re.M)
    numbers = [number for number, _ in rows]
    assert numbers == sorted(set(numbers), key=int)
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (_ROOT / "src" / "trasloco" / "imap").glob("*.py"))
    named = set(re.findall(r"RFC (\d{4,5})", sources))
    assert not named - set(numbers)
