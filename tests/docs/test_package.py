"""What is installed has the manual in it, from the repository's directory and from a source archive alike."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from trasloco.documents.manual_page import FOR_EVERYBODY, FOR_OPERATORS

ROOT = Path(__file__).parents[2]
MANUAL = "trasloco/documents/manual"


def built(kind: str, sources: Path, directory: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(directory)]
    subprocess.run(command, cwd=sources, check=True, capture_output=True)
    (found,) = directory.iterdir()
    return found


def manual_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name.removeprefix(f"{MANUAL}/") for name in archive.namelist() if name.startswith(f"{MANUAL}/")}


@pytest.mark.slow
def test_the_manual_is_in_the_wheel_without_its_pictures(tmp_path: Path) -> None:
    found = manual_of(built("wheel", ROOT, tmp_path / "wheel"))
    there = {f"{name}.md" for name in FOR_EVERYBODY + FOR_OPERATORS if (ROOT / "docs" / f"{name}.md").is_file()}
    assert there | {"it/errors.md", "it/log.md"} <= found
    assert {name for name in found if not name.endswith(".md")} == set()
    source = built("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(source) as archive:
        parts = [part for part in archive if "/tests/" not in part.name]  # with passwords, for which the leak hunt looks
        archive.extractall(tmp_path / "unpacked", parts, filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again = manual_of(built("wheel", unpacked, tmp_path / "from-sdist"))
    shutil.rmtree(tmp_path / "unpacked")  # our own sources name the tests' passwords, for which the leak hunt looks
    assert again == found
