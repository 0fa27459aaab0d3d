"""The operator's page: what is wrong, and each part of the standing with its units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def fresh(clean_database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test has asked for is not given again."""
    from trasloco.panel.fresh import Fresh
    from trasloco.panel.views import status
    from trasloco.records.standing import standing

    monkeypatch.setattr(status, "LATEST", Fresh(lambda _: standing(), 0.0))


def shown(client: Client, **headers: str) -> str:
    from django.utils.html import strip_tags

    answer = client.get("/status/", headers=headers)
    assert answer.status_code == 200
    return " ".join(strip_tags(answer.content.decode()).split())


def test_without_a_worker_it_says_first_what_to_do(anna: Client) -> None:
    page = shown(anna)
    assert "No worker is alive Nothing is moved, checked or mailed until one is." in page
    assert "No worker is there, and none was within the last hour." in page
    assert "No account waits." in page


def test_with_one_all_is_well(anna: Client, process: Make) -> None:
    process(machine="mail1", pid=4711, concurrency=20)
    page = shown(anna)
    assert "All is well" in page
    assert "mail1 process 4711 working 0 of 20 0 transfers, errands" in page


def test_every_part_has_its_units(anna: Client, process: Make, make_migration: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import HostPace
    from trasloco.testing.run_states import begin, set_states

    process(there=False, machine="mail2")
    run = begin(make_migration(accounts=12))
    set_states(run, ["running"] * 4 + ["waiting"] * 8)
    run.transfers.filter(status="waiting", account__line__gt=10).update(not_before=now() + timedelta(hours=1), failure_code="login-refused")
    host = run.transfers.first().source_host
    HostPace.objects.create(host=host, connections=4, words="<b>too many</b>", signalled_at=now(), changed_at=now())
    page = shown(anna)
    assert f"For a free connection to {host} 6" in page
    assert "For another try, which comes by itself: Wrong login or password 2 until " in page
    assert "4 of 4 connections" in page
    assert "“&lt;b&gt;too many&lt;/b&gt;”" in page
    assert "mail2 process 7 lost" in page


def test_the_part_comes_again_only_when_it_says_something_else(anna: Client, process: Make) -> None:
    process()
    first = anna.get("/status/", headers={"HX-Request": "true"})
    assert "<html" not in first.content.decode()
    seen = {"HX-Request": "true", "X-Seen": first.headers["X-Digest"]}
    assert anna.get("/status/", headers=seen).status_code == 204
    process(pid=8)
    assert anna.get("/status/", headers=seen).status_code == 200


def test_long_tables_are_cut_and_say_so(anna: Client, make_migration: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.panel.views import status
    from trasloco.records.models import Transfer
    from trasloco.testing.run_states import begin

    monkeypatch.setattr(status, "MOST_LINES", 3)
    run = begin(make_migration(accounts=6))
    for number, transfer in enumerate(run.transfers.all()):
        Transfer.objects.filter(pk=transfer.pk).update(source_host=f"imap{number}.example", status="waiting")
    assert "And 4 servers more; “trasloco status --json” has all." in shown(anna)
