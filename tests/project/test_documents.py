"""What the documents say is held against the code: dependencies, failures, exit codes, options."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from trasloco.engine.pace import RESTS
from trasloco.project.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


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


_MAKERS = {"Failure", "_failure", "_later", "NotAdmitted", "Refusal"}


def failure_codes() -> Iterator[str]:
    """Every code given to a Failure in the engine and the jobs, as written in their source."""
    policy = ROOT / "src/trasloco/plan/address_policy.py"
    for path in [*(ROOT / "src/trasloco/engine").glob("*.py"), *(ROOT / "src/trasloco/jobs").glob("*.py"), policy]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS:
                yield from _codes(node.args)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_fail":
                yield from _codes(node.args[2:3])  # check, side, code, words
            if isinstance(node, ast.Dict) and path.stem == "classify":
                yield from _codes(item.elts[0] for item in node.values if isinstance(item, ast.Tuple))
    yield from ("message-refused", "folder-refused", "account-refused", "run-refused")  # made of the scope's name
    yield from RESTS  # named by constants


def _codes(nodes: Iterable[ast.expr]) -> Iterator[str]:
    """The constants among the expressions that are written like a code."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value


def test_each_failure_has_its_paragraph_and_no_other() -> None:
    documented = re.findall(r"^### `([^`]+)`$", text("docs/errors.md"), re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == set(failure_codes())


def test_each_exit_code_is_explained() -> None:
    rows = re.findall(r"^\| (\d+) \|", text("docs/exit-codes.md"), re.MULTILINE)
    assert [int(code) for code in rows] == sorted(ExitCode)


def test_the_readme_opens_with_the_two_commands_and_the_picture() -> None:
    opening = text("README.md").split("\n## ", 1)[0]
    assert opening.index("make demo") < opening.index("make test") < opening.index("docs/pictures/demo.svg")
    assert (ROOT / "docs/pictures/demo.svg").is_file()


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/csv.md", "docs/exit-codes.md"])
def test_links_between_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(name)):
        assert ((ROOT / name).parent / target).exists(), f"{name} links to {target}"


def test_the_picture_is_self_contained() -> None:
    links = set(re.findall(r"https?://[^\"' )]+", text("docs/pictures/demo.svg")))
    assert links <= {"http://www.w3.org/2000/svg"}


def test_each_architecture_room_exists() -> None:
    rooms = re.findall(r"^### `src/trasloco/(\w+)/`", text("ARCHITECTURE.md"), re.MULTILINE)
    present = {path.name for path in (ROOT / "src/trasloco").iterdir() if (path / "__init__.py").exists() and any(path.glob("[a-z]*.py"))}
    assert set(rooms) == present
