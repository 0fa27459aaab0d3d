"""docs/csv.md has each column of the CSV, and each problem and warning there can be with it, and none that is made up."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from trasloco.plan.problems import FIELDS
from trasloco.plan.table import read

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / "docs" / name).read_text("utf-8") for name in ("csv.md", "it/csv.md")}


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)


def problem_codes() -> set[str]:
    """What is written like a code in the modules that make problems."""
    sources = [path.read_text("utf-8") for path in (ROOT / "src" / "trasloco").rglob("*.py")]
    making = "".join(text for text in sources if re.search(r"(?<!class )\bProblem\(", text))
    making = re.sub(r'NotNow\("[a-z-]+"\)', "", making)  # why a whole migration cannot begin; no line of a CSV
    found = set(re.findall(r'"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)"', making))
    return {code for code in found if not code.startswith(("utf-", "windows-"))}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_column_is_documented_in_its_order(page: str) -> None:
    columns = page.split("\n## ")[0]
    assert tuple(cell for cell in first_cells(columns) if cell not in {"field", "campo", "---"}) == FIELDS


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_problem_is_documented_and_none_is_made_up(page: str) -> None:
    documented = [code for cell in first_cells(page) for code in re.findall(r"`([a-z0-9-]+)`", cell)]
    assert len(documented) == len(set(documented))
    assert set(documented) == problem_codes()


def test_the_most_lines_are_those_documented() -> None:
    assert f"At most {inspect.signature(read).parameters['max_lines'].default} accounts" in PAGES["csv.md"]
