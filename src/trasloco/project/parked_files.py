"""Messages that a destination took in no form, as files: a directory for each account, in it one for each folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trasloco.documents.units import count_words
from trasloco.project.exit_codes import ExitCode
from trasloco.project.report_file import write_file
from trasloco.project.screen import say


@dataclass(frozen=True, slots=True)
class ParkedLetter:
    """account: its address on the destination. folder: its readable name on the source, as uid is of the source."""

    account: str
    folder: str
    uid: int
    message: bytes


def parked_directory(code: str, output: str | None) -> Path:
    """Where they go."""
    return Path(output or f"parked-{code}")


def write_parked(directory: Path, letters: Iterable[ParkedLetter]) -> int:
    """Write and name each; returns how many there are. Raises ``Halt``, ``OSError``."""
    count = 0
    for letter in letters:
        path = directory / _place(letter) / f"{letter.uid}.eml"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(str(path), letter.message)
        say(str(path))
        count += 1
    return count


def end_parked(count: int, directory: Path) -> int:
    """Say how many there were; the exit status."""
    none = "Nothing is parked: the destination took every message in some form."
    say(f"{count_words(count, 'message')} in {directory}." if count else none)
    return ExitCode.OK


def _place(letter: ParkedLetter) -> Path:
    """Two levels whose names any file system takes and nothing can climb out of."""
    names = (letter.account, letter.folder)
    return Path(*(re.sub(r"[^\w@.+ -]|^\.+", "_", name)[:120] or "_" for name in names))
