"""The log of one account: lines, live ones, problems only, as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]


@pytest.fixture
def transfer(make_migration: Make) -> Any:
    """One that is running, with three lines."""
    run = begin(make_migration())
    set_states(run, ["running", "waiting", "waiting"])
    found = run.transfers.select_related("account__migration").order_by("account__line")[0]
    for level, words in (("info", "“INBOX”: 3 copied"), ("warning", "“Sent”: slow <b>"), ("error", "refused\u202e")):
        _say(found, level, words)
    return found


def _say(transfer: Any, level: str, words: str) -> Any:
    from trasloco.records.clock import now
    from trasloco.records.models import LogEntry

    return LogEntry.objects.create(transfer=transfer, at=now(), level=level, action="x", words=words)


def _address(transfer: Any, query: str = "") -> str:
    return f"/migrations/{transfer.account.migration.code}/accounts/{transfer.account_id}/log/1/{query}"


def _lines(client: Client, address: str, *, live: bool = False) -> list[str]:
    page = client.get(address, headers={"HX-Request": "true"} if live else {}).content.decode()
    return re.findall(r'<li class="(info|warning|error)">', page)


def test_lines_stand_in_order_with_their_signs_and_nothing_in_them_is_obeyed(anna: Client, transfer: Any) -> None:
    page = anna.get(_address(transfer)).content.decode()
    assert _lines(anna, _address(transfer)) == ["info", "warning", "error"]
    assert "slow &lt;b&gt;" in page
    assert "Error:" in page
    assert "Log 1" in page


def test_new_lines_come_by_themselves_and_only_those(anna: Client, transfer: Any) -> None:
    page = anna.get(_address(transfer)).content.decode()
    asked = re.search(r'hx-get="(\?after=\d+)"', page)
    assert asked
    assert _lines(anna, _address(transfer, asked[1]), live=True) == []
    _say(transfer, "info", "one more")
    part = anna.get(_address(transfer, asked[1]), headers={"HX-Request": "true"}).content.decode()
    assert "one more" in part
    assert "“INBOX”" not in part
    assert asked[1] not in part, "the next time it asks for what is newer"


def test_at_the_end_nothing_is_asked_for_any_more(anna: Client, transfer: Any) -> None:
    set_states(transfer.run, ["failed", "completed", "completed"])
    page = anna.get(_address(transfer)).content.decode()
    assert "hx-get" not in page
    assert "Wrong login or password." in page


def test_only_problems(anna: Client, transfer: Any) -> None:
    assert _lines(anna, _address(transfer, "?level=problems")) == ["warning", "error"]


def test_a_long_log_begins_with_its_newest_lines(anna: Client, transfer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.panel.views import account_log

    monkeypatch.setattr(account_log, "MOST_LINES", 2)
    page = anna.get(_address(transfer)).content.decode()
    assert _lines(anna, _address(transfer)) == ["warning", "error"]
    earlier = re.search(r'href="(\?before=\d+)"', page)
    assert earlier
    assert _lines(anna, _address(transfer, earlier[1])) == ["info"]


def test_it_is_downloaded_as_text(anna: Client, transfer: Any) -> None:
    from trasloco.records.models import HistoryEntry

    answer = anna.get(_address(transfer, "?download"))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = answer.content.decode()
    assert f"{transfer.account.destination_address}: log of run 1" in text
    assert "warning  “Sent”: slow <b>" in text
    assert "\u202e" not in text, "nothing in it turns the direction of a terminal"
    assert HistoryEntry.objects.filter(verb="log-downloaded").exists()


def test_the_text_ends_with_what_became_of_the_account(anna: Client, transfer: Any) -> None:
    set_states(transfer.run, ["failed", "completed", "completed"])
    lines = anna.get(_address(transfer, "?download")).content.decode().splitlines()
    assert lines[-2].endswith("failed")
    assert "a1@old.example could not sign in; the server says “[AUTHENTICATIONFAILED] Authentication failed.”." in lines[-1]
    assert "Check login and password" in lines[-1]


def test_a_run_that_has_not_begun_has_no_log(anna: Client, transfer: Any) -> None:
    assert anna.get(_address(transfer).replace("/log/1/", "/log/2/")).status_code == 404
