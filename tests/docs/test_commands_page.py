"""docs/commands.md says of every command and option what ``--help`` says.

It is written anew by ``python -m tests.docs.test_commands_page``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from trasloco.project.cli import trasloco

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
INTRODUCTION = """# The commands

Each command of `trasloco`, with its options, as `trasloco COMMAND --help` says it. This page is written by
`python -m tests.docs.test_commands_page`, and a test holds it against the code.

An option with a variable can be given in the environment as well; the command line wins. With the command's name in between, a variable
is for that command only: `TRASLOCO_MIGRATE_MAX_SIZE`. Of an option that may be repeated the variable holds all values, separated by
semicolons; of one without a value, `1`. What is said in the environment alone is in [service.md](service.md#environment), what is set in
the panel in [settings.md](settings.md), how commands end in [exit-codes.md](exit-codes.md).
"""


def page() -> str:
    """docs/commands.md."""
    context = click.Context(trasloco, info_name="trasloco")
    commands = [trasloco.get_command(context, name) for name in trasloco.list_commands(context)]
    return "\n".join([INTRODUCTION, *(_of(command, context) for command in commands if command is not None)])


def _of(command: click.Command, parent: click.Context) -> str:
    context = click.Context(command, info_name=command.name, parent=parent)
    words = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"## {context.command_path}", "", "```", words, "```", "", _paragraphs(command), ""]
    for section, options in _sections(command).items():
        lines += [f"{section}:", "", "| option | what it does | default | variable |", "|---|---|---|---|"]
        lines += [_row(option, context) for option in options] + [""]
    if command.epilog:
        lines += ["```", command.epilog.strip("\n"), "```", ""]
    return "\n".join(lines)


def _paragraphs(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").replace("(see docs/oauth.md)", "([oauth.md](oauth.md))")


def _sections(command: click.Command) -> dict[str, list[click.Option]]:
    """Without ``--help``, which all have, and what is for our own processes only."""
    found: dict[str, list[click.Option]] = {}
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            found.setdefault(getattr(parameter, "section", "Options"), []).append(parameter)
    return found


def _row(option: click.Option, context: click.Context) -> str:
    shown = ", ".join(f"`{name}`" for name in option.opts)
    if not option.is_flag:
        shown = shown.replace(option.opts[-1], f"{option.opts[-1]} {option.make_metavar(context)}")
    words = re.sub(r"\bdocs/([\w-]+)\.md", r"[\1.md](\1.md)", option.help or "").replace("*", "\\*")
    variable = f"`{option.envvar}`" if option.envvar else ""
    return "| " + " | ".join(part.replace("|", "\\|") for part in (shown, words, _default(option, context), variable)) + " |"


def _default(option: click.Option, context: click.Context) -> str:
    value: Any = option.get_default(context)
    if option.required:
        return "has to be given"
    if option.is_flag or value in (None, "", ()) or not isinstance(value, str | int | float):
        return ""
    return f"`{option.get_help_extra(context).get('default', value)}`"


def documented_options() -> Iterator[tuple[str, str]]:
    """Command and option, as the page has them."""
    for command, text in re.findall(r"^## trasloco ([\w-]+)$(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for row in re.findall(r"^\| (`--[^|\\]*)", text, re.MULTILINE):
            yield from ((command, name) for name in re.findall(r"--[\w-]+", row))


def test_the_page_says_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.docs.test_commands_page"


def test_every_command_and_option_is_on_the_page() -> None:
    context = click.Context(trasloco)
    wanted = set()
    for name in trasloco.list_commands(context):
        command = trasloco.get_command(context, name)
        assert command is not None
        options = [item for item in command.params if isinstance(item, click.Option) and not item.hidden]
        wanted |= {(name, word) for item in options for word in item.opts if word.startswith("--")}
        assert f"## trasloco {name}\n" in PAGE.read_text("utf-8")
    assert ("migrate", "--window") in wanted
    assert set(documented_options()) == wanted


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
