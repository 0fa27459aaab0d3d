"""The hunt for passwords after all tests finds what it shall find: otherwise its silence would mean nothing."""

from __future__ import annotations

import base64
import urllib.parse
from pathlib import Path

import pytest

from tests.leak_hunt import LeakHunt
from tests.run_alone import run_alone

PLANTED = "".join(("qu", "artz ", "9 ladle;", "42"))  # not to be found in this file


@pytest.fixture
def hunt(tmp_path: Path) -> LeakHunt:
    (tmp_path / "spool").mkdir()
    made = LeakHunt(tmp_path / "spool")
    made.learn(PLANTED, "a test")
    return made


@pytest.mark.parametrize(
    "carried",
    [
        PLANTED.encode(),
        PLANTED[::-1].encode(),
        PLANTED.encode().hex().encode(),
        PLANTED.encode("utf-16-le"),
        urllib.parse.quote(PLANTED).encode(),
        *(base64.b64encode(b"x" * offset + PLANTED.encode() + b"tail") for offset in range(3)),
    ],
)
def test_it_is_found_in_what_was_kept_and_in_files_whatever_its_shape(hunt: LeakHunt, tmp_path: Path, carried: bytes) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "some.log").write_bytes(b"\0\n before " + carried + b" after")
    hunt.keep("an innocent page", b"nothing")
    hunt.keep("the answer of a page", b"<p>" + carried + b"</p>")
    hunt.search(tmp_path / "state")
    assert any("the answer of a page" in found for found in hunt.found)
    assert any("some.log" in found for found in hunt.found)
    assert not any("innocent" in found for found in hunt.found)


def test_a_file_that_is_input_and_words_of_the_product_are_no_findings(hunt: LeakHunt, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "accounts.csv").write_text(f"a;b;c;{PLANTED}")
    for word in ("secret", "aaaaaaaaaaaa", "first-run-ended"):
        hunt.learn(word, "a test")
        hunt.keep("a page", word)
    hunt.search(tmp_path / "state")
    assert hunt.found == []


def test_a_run_that_prints_a_password_fails(tmp_path: Path) -> None:
    """The whole of it: a test of its own in a pytest of its own, with the plugin of the suite."""
    done = run_alone(
        "tests.fix_leaks",
        tmp_path,
        "from trasloco.secret import Secret\n\n\n"
        "def test_it(capsys):\n"
        "    print('the password is', Secret('onyx 7 ' + 'gondola').reveal())\n"
        "    assert capsys.readouterr().out\n",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "passwords were left in 1 places" in done.stdout.replace("[", "").replace("]", ""), done.stdout
