from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.fix_people import Cast
from trasloco.testing.run_states import begin, set_states

MakeClient = Callable[..., Client]


def test_the_contents_list_pages_and_those_of_the_service_for_the_operator_only(cast: Cast, make_client: MakeClient) -> None:
    of_team = make_client(cast.people["team"]).get("/manual/").content.decode()
    of_operator = make_client(cast.people["superuser"]).get("/manual/").content.decode()
    assert "/manual/csv/" in of_team
    assert "/manual/service/" not in of_team
    assert "/manual/service/" in of_operator


def test_pages_about_the_service_are_not_there_for_others(cast: Cast, make_client: MakeClient) -> None:
    assert make_client(cast.people["superuser"]).get("/manual/service/").status_code == 200
    assert make_client(cast.people["admin"]).get("/manual/service/").status_code == 404
    assert make_client(cast.people["admin"]).get("/manual/nothing/").status_code == 404


@pytest.mark.parametrize(("language", "title"), [("en", "Wrong login or password"), ("it", "Nome utente o password errati")])
def test_a_failed_account_leads_to_its_paragraph_in_ones_own_language(language: str, title: str, anna: Client, make_migration: Any) -> None:
    from trasloco.records.models import Person

    Person.objects.update(language=language)
    migration = make_migration()
    set_states(begin(migration), ["failed", "completed", "completed"])
    failed = migration.accounts.get(line=1)
    for address in (f"/migrations/{migration.code}/accounts/{failed.pk}/", f"/migrations/{migration.code}/"):
        assert 'href="/manual/errors/#login-refused"' in anna.get(address).content.decode()
    page = anna.get("/manual/errors/").content.decode()
    assert f'<article class="manual" lang="{language}">' in page
    assert f'<h3 id="login-refused">{title} <code>login-refused</code></h3>' in page


def test_a_page_that_is_not_translated_says_so(anna: Client) -> None:
    from trasloco.records.models import Person

    assert "This page is written in English." not in anna.get("/manual/pacing/").content.decode()
    Person.objects.update(language="it")
    page = anna.get("/manual/pacing/").content.decode()
    assert "Questa pagina è in inglese." in page
    assert '<article class="manual" lang="en">' in page
