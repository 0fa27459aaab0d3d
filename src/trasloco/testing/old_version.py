"""A version of Trasloco as it once was: the sources of a commit of this repository, run by the same Python.

    old = OldVersion(directory, commit)
    fleet.start("--concurrency", "3", environment=old.environment)

Nothing is installed: the sources stand before those of today on the path of a process.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
_SERVERS = ("dovecot", "cyrus", "courier")
# docs: the panel's manual is a link to it. The test servers stay behind, as whoever hunts for leaks would take their passwords for some.
_PARTS = ("src", "docs", "pyproject.toml", *(f":(exclude)src/trasloco/testing/{name}.py" for name in _SERVERS))


class NoOldVersion(Exception):
    """It cannot be had here; says why."""


class OldVersion:
    """environment: by which a command of ours becomes one of that version. migrations: of its schema, by name, in order.

    Raises ``NoOldVersion`` where the commit is not there (a shallow clone, an archive), or where it wants other libraries than
    those that are installed."""

    def __init__(self, directory: Path, commit: str) -> None:
        self.directory = directory
        directory.mkdir(parents=True)
        packed = directory / "sources.tar"
        _archive(commit, packed)
        with tarfile.open(packed) as archive:
            archive.extractall(directory, filter="data")
        packed.unlink()
        missing = _missing(directory / "pyproject.toml")
        if missing:
            raise NoOldVersion(f"{commit[:9]} wants other libraries than those that are installed: {', '.join(missing)}")
        self.environment = {"PYTHONPATH": str(directory / "src")}
        self.migrations = sorted(path.stem for path in (directory / "src/trasloco/records/migrations").glob("[0-9]*.py"))
        _prove(self.environment, directory)


def _archive(commit: str, into: Path) -> None:
    """A tar of the sources."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "archive", f"--output={into}", commit, "--", *_PARTS], capture_output=True, check=False
        )
    except OSError as error:
        raise NoOldVersion(f"there is no git here to ask for {commit[:9]}: {error.strerror}") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()
        raise NoOldVersion(f"the history of this copy does not reach back to {commit[:9]} (git: {words})")


def _missing(project: Path) -> list[str]:
    """What it depends on and is not installed, or not in a version that it takes."""
    wanted = map(Requirement, tomllib.loads(project.read_text("utf-8"))["project"]["dependencies"])
    return [str(item) for item in wanted if (item.marker is None or item.marker.evaluate()) and not _installed(item)]


def _installed(item: Requirement) -> bool:
    try:
        return item.specifier.contains(importlib.metadata.version(item.name), prereleases=True)
    except importlib.metadata.PackageNotFoundError:
        return False


def _prove(environment: dict[str, str], directory: Path) -> None:
    """That its sources are the ones that run."""
    words = [sys.executable, "-c", "import trasloco; print(trasloco.__file__)"]
    where = subprocess.run(words, env=os.environ | environment, capture_output=True, text=True, check=True).stdout.strip()
    assert Path(where).is_relative_to(directory), where
