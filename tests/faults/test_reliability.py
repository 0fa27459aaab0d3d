"""The page about reliability lists exactly the faults that are tried."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent
_PAGE = _HERE.parents[1] / "docs/reliability.md"


def _tried() -> set[str]:
    files = set(_HERE.glob("test_*.py")) - {Path(__file__)}
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)}


def test_every_fault_of_the_page_is_tried_and_every_fault_tried_is_on_the_page() -> None:
    listed = re.findall(r"^\|.*\| `(test_\w+)` \|", _PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(_tried())


def test_there_are_at_least_25_kinds() -> None:
    assert len(_tried()) >= 25
