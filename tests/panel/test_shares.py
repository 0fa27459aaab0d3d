"""Caps and shares in the panel and the API; and what an account waits for, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from trasloco.testing.run_states import begin, set_states

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.fix_people import Cast


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def operator(make_client: Callable[..., Client], cast: Cast) -> Client:
    return make_client(cast.people["superuser"])


def test_the_operator_sets_what_may_be_moved_at_once(operator: Client) -> None:
    from tests.panel.matrix_table import LIMITS
    from trasloco.plan.shares import Cap
    from trasloco.records.models import Installation
    from trasloco.records.shares import caps_now

    data = {**LIMITS, "language": "en", "smtp_port": "587", "smtp_security": "starttls", "public_url": ""}
    figures = {"all_transfers": "90", "source_connections": "12", "destination_transfers": "", "customer_transfers": "0"}
    answer = operator.post("/installation/", data | figures)
    assert 'id="id_customer_transfers_error"' in text_of(answer)
    assert operator.post("/installation/", data | figures | {"customer_transfers": "30"}).status_code == 302
    caps = caps_now()
    assert (caps.everything, caps.source, caps.destination, caps.customer) == (Cap(90), Cap(None, 12), Cap(), Cap(30))
    assert Installation.objects.get().all_connections is None


def test_a_figure_of_the_environment_is_shown_beside_its_field(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "TRASLOCO_CAPS", {"all_transfers": 41})
    assert "The environment of this machine says 41, which wins." in text_of(operator.get("/installation/"))


def test_a_customer_has_figures_and_a_share_of_his_own(cast: Cast, operator: Client) -> None:
    from trasloco.records.models import Installation

    Installation.objects.update(customer_transfers=25)
    path = f"/customers/{cast.alpha.pk}/"
    assert 'placeholder="25"' in text_of(operator.get(path))
    data = {"name": "Alpha", "language": "en", "time_zone": "UTC"}
    assert operator.post(path, data | {"most_transfers": "5", "share": "3"}).status_code == 302
    cast.alpha.refresh_from_db()
    assert (cast.alpha.most_transfers, cast.alpha.most_connections, cast.alpha.share) == (5, None, 3)
    assert operator.post(path, data).status_code == 302  # an empty share is that of anybody
    cast.alpha.refresh_from_db()
    assert (cast.alpha.most_transfers, cast.alpha.share) == (None, 1)


def test_table_and_page_say_what_an_account_waits_for(anna: Client, make_migration: Callable[..., Any]) -> None:
    from trasloco.records.models import Installation

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["running", "running", "waiting"])
    Installation.objects.update(source_transfers=2)
    host = run.transfers.first().source_host
    words = f"Waits for a place at {host}: 2 of 2 accounts are being moved from there."
    assert words in text_of(anna.get(f"/migrations/{migration.code}/"))
    assert words in text_of(anna.get(f"/migrations/{migration.code}/accounts/{migration.accounts.get(line=3).pk}/"))
    assert "Waits for" not in text_of(anna.get(f"/migrations/{migration.code}/accounts/{migration.accounts.get(line=1).pk}/"))
    set_states(run, ["running", "completed", "waiting"])
    assert "Waits for its turn" in text_of(anna.get(f"/migrations/{migration.code}/"))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("large", [False, True])
def test_whatever_it_waits_for_is_a_whole_sentence(large: bool) -> None:
    from trasloco.panel.templatetags.waits import wait_words
    from trasloco.records.waits import Wait, Wanted

    for wanted in Wanted:
        for unit in ("transfers", "connections"):
            host = "imap.old.example" if wanted in (Wanted.SOURCE, Wanted.DESTINATION) else ""
            words = wait_words(Wait(wanted, host, unit, 3, 4, large))
            assert words.startswith("Waits ")
            assert words.endswith(".")
            assert host in words
            assert "%" not in words


def test_the_newest_mail_first_is_a_choice_of_the_draft_that_another_type_does_not_undo(cast: Cast, operator: Client) -> None:
    from trasloco.records.drafts import change_type, start_draft
    from trasloco.records.history import Actor
    from trasloco.records.models import MailMigration
    from trasloco.records.sides import engine_settings

    draft = start_draft(Actor(cast.people["superuser"]), cast.alpha, "standard", "verify")
    answer = operator.post(
        f"/migrations/new/{draft.code}/when/",
        {
            "start": "now",
            "second_when": "hour",
            "second": "360",
            "time_zone": "UTC",
            "newest_first": "on",
            "verification": "",
            "recipients": "",
        },
    )
    assert answer.status_code == 302
    change_type(draft, "exchange", "verify")
    draft = MailMigration.objects.get(pk=draft.pk)
    assert engine_settings(draft).newest_first
    assert "the newest mail of INBOX and Sent first" in text_of(operator.get(f"/migrations/new/{draft.code}/review/"))
