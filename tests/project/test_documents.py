"""What the documents say is held against the code: dependencies, exit codes, options."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from trasloco.project.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def named_in_table(page: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)


def test_each_dependency_has_its_line_and_no_other() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = {re.split(r"[\[<>=;! ]", item)[0] for names in lists for item in names}
    listed = named_in_table(text("docs/dependencies.md"))
    assert sorted(listed, key=str.casefold) == sorted(wanted, key=str.casefold)


def test_each_exit_code_is_explained() -> None:
    rows = re.findall(r"^\| (\d+) \|", text("docs/exit-codes.md"), re.MULTILINE)
    assert [int(code) for code in rows] == sorted(ExitCode)


def test_the_readme_opens_with_the_two_commands_and_the_film() -> None:
    opening = text("README.md").split("\n## ", 1)[0]
    assert opening.index("make demo") < opening.index("make test") < opening.index("docs/pictures/demo.webp")


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_links_between_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(name)):
        assert ((ROOT / name).parent / target).exists(), f"{name} links to {target}"


def test_each_architecture_room_exists() -> None:
    rooms = re.findall(r"^### `src/trasloco/(\w+)/`", text("ARCHITECTURE.md"), re.MULTILINE)
    present = {path.name for path in (ROOT / "src/trasloco").iterdir() if (path / "__init__.py").exists() and any(path.glob("[a-z]*.py"))}
    assert set(rooms) == present
