"""docs/pictures anew: the journey of the tests takes them, those that a page names are kept, made small.

    make pictures

A picture is named once, in a page: ``![what it shows](pictures/NAME.png)``; the journey has to take one of that name.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
JOURNEY = ROOT / "tests" / "journey"
_COLOURS = 128


def named() -> set[str]:
    """File names of the pictures in the pages."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return {name for page in pages for name in re.findall(r"pictures/([\w.-]+\.\w+)", page.read_text("utf-8"))}


def taken() -> set[str]:
    """Those that the journey takes."""
    sources = "".join(path.read_text("utf-8") for path in JOURNEY.glob("*.py"))
    return {f"{name}.png" for name in re.findall(r'\bpicture\(page, "([\w-]+)"\)', sources)}


def shrink(source: Path, target: Path) -> None:
    """The same picture with few colours, which screens of text do not miss."""
    with Image.open(source) as picture:
        small = picture.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(target, optimize=True)


def main() -> None:
    """Raises CalledProcessError when the journey fails."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pytest", "-q", str(JOURNEY / "test_journey.py")]
        subprocess.run(command, env=os.environ | {"TRASLOCO_PICTURES": directory}, check=True)  # noqa: S603 - our own words
        for name in sorted(named() & taken()):
            shrink(Path(directory) / name, PICTURES / name)
            print(f"{name}: {(PICTURES / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
