"""What the scanners say of the code: each finding is answered in ``answered.toml`` by a reason, and each answer is still needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ANSWERED = tomllib.loads(Path(__file__).with_name("answered.toml").read_text("utf-8"))
# In tests passwords and random-looking texts are what they work with; keys and tokens of services are looked for there, too.
GUESSING = ("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString", "BasicAuthDetector")


def unanswered(found: Iterable[tuple[str, str]], answers: dict[str, dict[str, str]]) -> tuple[list[str], list[str]]:
    """Findings (kind, file) without an answer; answers to nothing."""
    there = set(found)
    given = {(kind, path) for kind, paths in answers.items() for path in paths}
    return [f"{kind}: {path}" for kind, path in sorted(there - given)], [f"{kind}: {path}" for kind, path in sorted(given - there)]


def run(*words: str) -> Any:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=250)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("needs the repository: this is a copy without it")
    return [
        name
        for name in done.stdout.split("\0")
        if name and Path(ROOT, name).is_file() and not name.endswith((".png", ".svg", ".mo", ".po"))
    ]


@pytest.mark.slow
def test_bandit_finds_nothing_that_is_not_answered() -> None:
    answers = dict(ANSWERED["bandit"])
    everywhere = answers.pop("everywhere")
    found = run("-m", "bandit", "-q", "-f", "json", "-r", "src", "tools", "-x", "src/trasloco/testing", "-s", ",".join(everywhere))
    assert not found["errors"]
    new, gone = unanswered(((each["test_id"], each["filename"].removeprefix("./")) for each in found["results"]), answers)
    assert not new, f"answer in tests/security/answered.toml, or mend: {new}"
    assert not gone, f"nothing is found there any more: {gone}"


@pytest.mark.slow
def test_no_secret_is_in_the_repository() -> None:
    names = tracked()
    tests = [name for name in names if name.startswith("tests/")]
    others = [name for name in names if not name.startswith(("tests/", "requirements/"))]
    results = _secrets(others) | _secrets(tests, but=GUESSING)
    found = {(each["type"], path) for path, all_of_it in results.items() for each in all_of_it}
    new, gone = unanswered(found, ANSWERED["secrets"])
    assert not new, f"answer in tests/security/answered.toml, or mend: {new}"
    assert not gone, f"nothing is found there any more: {gone}"


def _secrets(names: list[str], but: tuple[str, ...] = ()) -> dict[str, Any]:
    left_out = [word for name in but for word in ("--disable-plugin", name)]
    found: dict[str, Any] = run("-m", "detect_secrets", "scan", "--no-verify", *left_out, *names)["results"]
    return found


def test_djangos_deployment_check_is_clean(tmp_path: Path) -> None:
    """As behind a proxy with TLS, which is how it is meant to run."""
    environment = os.environ | {
        "TRASLOCO_STATE_DIR": str(tmp_path),
        "TRASLOCO_HTTPS": "1",
        "TRASLOCO_HOSTS": "trasloco.example.net",
        "DJANGO_SETTINGS_MODULE": "trasloco.project.settings",
    }
    words = [sys.executable, "-W", "error", "-m", "django", "check", "--deploy", "--fail-level", "DEBUG"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "no issues (1 silenced)" in done.stdout, "one is answered in settings.py, no other"


def test_every_package_is_pinned_and_hashed_and_the_installer_demands_it() -> None:
    for name in ("run.txt", "dev.txt"):
        lines = (ROOT / "requirements" / name).read_text("utf-8").replace("\\\n", " ").splitlines()
        assert len(lines) > 20
        for line in lines:
            assert "==" in line, line
            assert "--hash=sha256:" in line, line
    assert "--require-hashes" in (ROOT / "tools/make-venv.sh").read_text("utf-8")


def test_a_package_that_is_not_what_was_pinned_is_refused(tmp_path: Path) -> None:
    """The installer itself is asked: a wheel under a pinned name, with other contents."""
    wheel = tmp_path / "idna-3.10-py3-none-any.whl"
    wheel.write_bytes(b"PK\5\6" + b"\0" * 18)
    pins = tmp_path / "pins.txt"
    pins.write_text(f"idna==3.10 --hash=sha256:{'0' * 64}\n", "utf-8")
    words = [
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--no-index",
        "--find-links",
        str(tmp_path),
        "--require-hashes",
        "--dry-run",
    ]
    done = subprocess.run(
        [sys.executable, *words, "--ignore-installed", "-r", str(pins)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
