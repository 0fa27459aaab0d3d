"""A report as a file."""

from __future__ import annotations

from pathlib import Path

from trasloco.documents.atomic_file import write_atomically
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt


def write_file(file: str, data: bytes) -> None:
    """Write ``data`` to ``file``, whole or not at all. Raises ``Halt`` when that fails."""
    try:
        write_atomically(Path(file), data)
    except OSError as error:
        raise Halt(f"{file} cannot be written: {error.strerror}. The mail itself is not touched by this.") from error


def refuse_unwritable(file: str | None) -> None:
    """Before hours of work: is there a directory that the report can be written to? Raises ``Halt``."""
    if file is None:
        return
    parent = Path(file).resolve().parent
    if not parent.is_dir():
        raise Halt(f"The report cannot be written to {file}: there is no directory {parent}.", ExitCode.USAGE)
