from __future__ import annotations

import io

import pytest
from rich.console import Console

from trasloco.project.live_screen import draw
from trasloco.project.progress import AccountProgress, Pace, Progress


def lines(progress: Progress, width: int, height: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, height=height, force_terminal=True, color_system=None, markup=False)
    console.print(draw(progress, Pace(), height))
    return file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 12), (200, 60)])
def test_500_accounts_fit_the_screen(width: int, height: int) -> None:
    accounts = [
        AccountProgress(number, f"a.very.long.name.of.an.account.{number}@subdomain.example.net", "running", 5, 10, folder="Ä" * 90)
        for number in range(480)
    ]
    accounts += [AccountProgress(500 + number, f"failed{number}@example.net", "failed", words="no " * 100) for number in range(20)]
    shown = lines(Progress("Run 1 of 2, migration k7m2q9xd, 500 accounts", tuple(accounts)), width, height)
    assert len(shown) <= height
    assert all(len(line) <= width for line in shown)
    assert "20 failed" in shown[0]
    assert any("failed19@" in line for line in shown)
    assert any("more accounts under way" in line for line in shown)


def test_no_server_moves_the_cursor() -> None:
    account = AccountProgress(1, "a\x1b[2J", "running", 1, 2, folder="\x1b]0;title\x07[bold]x")
    text = "\n".join(lines(Progress("Run 1", (account,)), 100, 24))
    assert "\x1b[2J" not in text
    assert "\x1b]0" not in text
    assert "[bold]x" in text
