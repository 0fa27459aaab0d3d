"""The sentences that are stored as English text, gathered from the code into ``src/trasloco/locale/sentences.json``.

``records.recall`` finds a text's sentence among them. A part of ``make messages``: ``tests/test_sentences.py`` fails when the file
is behind the code.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("imap", "pop3", "plan", "engine", "sources", "jobs", "records")
"""Where what is stored is made."""


def patterns(sources: Path) -> list[tuple[str, str]]:
    """(pattern, pattern for every number but one or "") of all sentences of these rooms, sorted."""
    return sorted({found for room in ROOMS for path in (sources / room).rglob("*.py") for found in _of(ast.parse(path.read_text("utf-8")))})


def sentences_file(sources: Path) -> Path:
    return sources / "locale" / "sentences.json"


def text_of(sources: Path) -> str:
    """What the file should hold."""
    lines = ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in patterns(sources))
    return f"[\n{lines}\n]\n"


def write(sources: Path) -> None:
    sentences_file(sources).write_text(text_of(sources), "utf-8")


def _of(module: ast.Module) -> Iterator[tuple[str, str]]:
    names = dict(_imported(module))
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            texts = [argument.value for argument in node.args[: names[node.func.id]] if isinstance(argument, ast.Constant)]
            if len(texts) == names[node.func.id]:
                yield str(texts[0]), str(texts[1]) if len(texts) > 1 else ""


def _imported(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Under which names the module has our two functions, and how many patterns each takes."""
    takes = {"sentence": 1, "sentence_of": 2}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module == "trasloco.sentence":
            yield from ((alias.asname or alias.name, takes[alias.name]) for alias in node.names if alias.name in takes)
