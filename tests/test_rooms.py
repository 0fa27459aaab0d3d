"""The import contracts of pyproject.toml hold, and leave out no module."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
DOES_IO = {"asyncio", "socket", "ssl"}


def test_no_room_imports_what_it_must_not() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


def test_each_module_of_the_wire_is_core_by_contract_or_shell_by_its_imports() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    core = {name for contract in contracts if contract["name"].startswith("The wire's core") for name in contract["source_modules"]}
    graph = grimp.build_graph("trasloco", include_external_packages=True)
    modules = {name for name in graph.find_descendants("trasloco.imap") if not graph.find_children(name)}
    unplaced = sorted(name for name in modules - core if not graph.find_upstream_modules(name) & DOES_IO)
    assert not unplaced, f"add to the contract in pyproject.toml: {unplaced}"
    assert core <= modules, f"remove from the contract in pyproject.toml: {sorted(core - modules)}"
