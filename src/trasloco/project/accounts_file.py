"""The CSV of accounts as a file: read once, bounded, and its problems shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from trasloco.documents.units import size_words
from trasloco.plan.problems import Problem
from trasloco.plan.table import Table, read
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.screen import table

MOST_BYTES = 8 << 20  # 500 lines of any sense are far below


def read_accounts(file: str, *, by_token: bool = False, server: str = "") -> Table:
    """The rows and problems of the CSV at ``file`` ("-": standard input); by_token, server: as of ``table.read``.

    Raises ``Halt`` when it cannot be read at all.
    """
    try:
        if file == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Halt(f"{file} cannot be read: {error.strerror}.", ExitCode.USAGE) from error
    if len(data) > MOST_BYTES:
        raise Halt(f"{file} is larger than {size_words(MOST_BYTES)}: that is no CSV of at most 500 accounts.", ExitCode.USAGE)
    return read(data, by_token=by_token, server=server)


def show_problems(title: str, problems: Sequence[Problem]) -> None:
    """All of them, one row each: line, field, what is wrong, what to do."""
    if not problems:
        return
    rows = [[str(problem.line or ""), problem.field, problem.words, problem.remedy] for problem in problems]
    table(title, ["Line", "Field", "What is wrong", "What to do"], rows, numbers=["Line"])
