"""Draws ``docs/pictures/demo.svg``: runs ``trasloco demo`` on a terminal of its own and keeps the last state of every line.

.venv/bin/python docs/pictures/draw_demo.py
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS, ROWS = 100, 45
PICTURE = Path(__file__).with_name("demo.svg")
_SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


def perform() -> str:
    """Everything the demo writes to a terminal. Ends the process when the demo fails."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(  # noqa: S606 - our own command, on the terminal made for it
            sys.executable, [sys.executable, "-m", "trasloco", "demo"], os.environ | {"TERM": "xterm-256color"}
        )
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    written = b""
    try:
        while chunk := os.read(terminal, 65536):
            written += chunk
    except OSError:
        pass  # how Linux says that the other end is closed
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        sys.exit(f"the demo ended with {status}:\n{written.decode('utf-8', 'replace')}")
    return written.decode("utf-8")


def settled(written: str) -> list[str]:
    """The lines as they stand in the end: obeys the cursor movements that redrawing uses, keeps the colours."""
    lines, row, at = [""], 0, 0
    while at < len(written):
        sequence = _SEQUENCE.match(written, at)
        if sequence is not None:
            at = sequence.end()
            values, name = sequence.groups()
            if name == "A":
                row = max(0, row - int(values or 1))
            elif name == "K":
                lines[row] = ""
            elif name == "m":
                lines[row] += sequence[0]
            continue
        character = written[at]
        at += 1
        if character == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif character != "\r":
            lines[row] += character
    return lines


def main() -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    lines = settled(perform())
    lines = [re.sub(r"trasloco-demo-\w+", "trasloco-demo", line) for line in lines]
    text = "\n".join(lines).strip("\n")
    console.print(Text.from_ansi(text), soft_wrap=False)
    picture = console.export_svg(title="make demo", unique_id="demo")
    # The default style fetches a font; whoever looks at the picture has a monospaced one.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL).replace("Fira Code, monospace", "monospace")
    picture = re.sub(r"<!--.*?-->", "", picture)
    PICTURE.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
