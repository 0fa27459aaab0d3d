"""A pytest of its own with one plugin of this suite: for what the plugin does to a whole run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_alone(plugin: str, directory: Path, test: str) -> subprocess.CompletedProcess[str]:
    """plugin: a module, as ``tests.fix_leaks``. directory: an empty one. test: the text of the only file of tests."""
    (directory / "test_it.py").write_text(test, "utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", plugin, "-c", os.devnull, "--rootdir", str(directory), str(directory)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    return subprocess.run(words, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=120)
