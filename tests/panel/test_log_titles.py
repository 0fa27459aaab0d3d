from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import trasloco

pytestmark = pytest.mark.usefixtures("database")  # languages need Django to be set up


def written_actions() -> Iterator[str]:
    """Every constant that is given to an ``Entry`` of the log as its action, or to what makes one."""
    package = Path(trasloco.__file__).parent
    for path in [*(package / "engine").glob("*.py"), *(package / "jobs").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute) and len(node.args) > 1:
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in {"Entry", "_tell"}:
                    constants = [part.value for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant)]
                    yield from (value for value in constants if isinstance(value, str) and not value.endswith("-"))


def test_every_action_of_the_log_has_a_title() -> None:
    from trasloco.panel.log_titles import log_title

    actions = set(written_actions())
    assert {"message-refused", "folder-left-out", "log-full"} <= actions
    assert [action for action in sorted(actions) if not log_title(action)] == []


def test_no_title_is_of_an_action_that_nobody_writes() -> None:
    from trasloco.panel.log_titles import LOG_TITLES

    made_of_fates = {"message-vanished", "message-refused"}
    assert set(LOG_TITLES) <= set(written_actions()) | made_of_fates


def test_every_title_has_its_paragraph_in_every_language_and_no_other() -> None:
    from trasloco.panel.log_titles import LOG_TITLES

    for page in ("log.md", "it/log.md"):
        text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
        assert set(re.findall(r"^### `([^`]+)`$", text, re.MULTILINE)) == set(LOG_TITLES), page


def test_a_line_of_the_log_leads_to_its_paragraph() -> None:
    from trasloco.panel.templatetags.sentences import log_paragraph

    assert log_paragraph("flags-lost") == "/manual/log/#flags-lost"
    assert log_paragraph("over-quota") == "/manual/errors/#over-quota"


def test_a_failure_has_the_title_of_its_diagnosis() -> None:
    from django.utils import translation

    from trasloco.panel.log_titles import log_title

    with translation.override("it"):
        assert log_title("over-quota") == "La nuova casella è piena"
    assert log_title("of-tomorrow") == ""
