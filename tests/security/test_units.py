"""The units of systemd give the service as little as it needs, and systemd itself says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from trasloco.testing.service import Service

UNITS = sorted((Path(__file__).parents[2] / "deploy/systemd").glob("*.service"))
WANTED = {
    "User": "trasloco",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "LimitCORE": "0",
    "UMask": "0077",
    "StateDirectory": "trasloco",
    "StateDirectoryMode": "0700",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
}
MOST_EXPOSED = 15  # of 100; what cannot be taken away: it talks to the network


def settings(unit: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in unit.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def test_there_is_one_for_the_whole_and_one_for_each_part() -> None:
    assert [unit.name for unit in UNITS] == ["trasloco-panel.service", "trasloco-worker.service", "trasloco.service"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_no_root_no_new_privileges_and_a_file_system_that_is_read_only(unit: Path) -> None:
    given = settings(unit)
    assert {name: given.get(name) for name in WANTED} == WANTED
    assert not any(
        "PASSWORD" in line or "DATABASE_URL=" in line for line in unit.read_text("utf-8").splitlines() if not line.startswith("#")
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_what_a_unit_starts_is_a_command_of_ours(unit: Path) -> None:
    from trasloco.project.cli import trasloco

    program, command, *_ = settings(unit)["ExecStart"].split()
    assert program.endswith("/bin/trasloco")
    assert command in trasloco.list_commands(None)  # type: ignore[arg-type] # needs no context


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_systemd_finds_little_exposed(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze, which Debian and Ubuntu have in the package systemd")
    words = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_works_where_memory_may_not_be_written_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``MemoryDenyWriteExecute`` as the kernel itself has it (PR_SET_MDWE), which holds for the database and all parts, too."""
    from trasloco.testing import service as ours

    program = tmp_path / "trasloco"
    program.write_text(
        f"#!{sys.executable}\nimport ctypes, os, sys\n"
        "if ctypes.CDLL(None, use_errno=True).prctl(65, 1, 0, 0, 0):\n    sys.exit('no PR_SET_MDWE')\n"
        f"os.execv({str(ours.COMMAND)!r}, [{str(ours.COMMAND)!r}, *sys.argv[1:]])\n"
    )
    program.chmod(0o755)
    if subprocess.run([str(program), "--version"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("needs Linux 6.3 or newer, whose kernel can refuse it for one process")
    monkeypatch.setattr(ours, "COMMAND", program)
    (tmp_path / "home").mkdir()
    with Service(tmp_path / "home") as running:
        assert running.first_link
        with urllib.request.urlopen(f"{running.address}/account/login/", timeout=30) as answer:
            assert answer.status == 200
