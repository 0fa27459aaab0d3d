"""Prometheus itself, and its tool, from Debian's package."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trasloco.testing.packages import PackageTree

Promtool = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def prometheus_tree() -> PackageTree:
    """With ``usr/bin/prometheus`` and ``usr/bin/promtool``."""
    return PackageTree.obtain("prometheus", "prometheus")


@pytest.fixture(scope="session")
def promtool(prometheus_tree: PackageTree) -> Promtool:
    """Runs it: ``promtool("check", "rules", path)``; text: given on standard input."""

    def run(*words: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(prometheus_tree.root / "usr" / "bin" / "promtool"), *map(str, words)]
        environment = prometheus_tree.environment()
        return subprocess.run(command, input=text, env=environment, capture_output=True, text=True, timeout=120, check=False)

    return run
