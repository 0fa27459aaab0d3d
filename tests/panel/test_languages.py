"""Who reads Italian reads nothing else: every page of ``matrix_table``, the choice of the language, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.fix_languages import EnglishTexts, Visible
from tests.fix_people import PASSWORD, Cast
from tests.panel.addresses import Addresses
from tests.panel.matrix_table import ROOMS

MakeClient = Callable[..., Client]

DOWNLOADS = {"migration_proof", "account_proof"}
"""Archives, no pages."""


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens there: the present MX cannot be asked."""
    monkeypatch.setenv("TRASLOCO_DNS", "127.0.0.1:9")


@pytest.fixture
def italians(cast: Cast) -> Cast:
    from trasloco.records.models import Person

    Person.objects.update(language="it")
    cast.people = {name: Person.objects.get(pk=person.pk) for name, person in cast.people.items()}
    return cast


def _pages(client: Client, cast: Cast, viewer: int) -> Iterator[tuple[str, Any]]:
    """Every page that this viewer opens, by its name."""
    addresses = Addresses(cast)
    for room in ROOMS.values():
        for name, line in room.items():
            if line.get[viewer] not in "oc" or name in DOWNLOADS:
                continue
            response = client.get(addresses.of(name))
            if response.status_code == 200 and response.headers["Content-Type"].startswith("text/html"):
                yield name, response


def test_no_page_shows_english_to_an_italian(italians: Cast, make_client: MakeClient, english: EnglishTexts) -> None:
    client = make_client(italians.people["superuser"])
    client.post("/account/reauthenticate/", {"password": PASSWORD})  # some pages ask for it before they open
    wrong, seen = [], set()
    for name, response in _pages(client, italians, viewer=0):
        page = Visible(response.content.decode())
        seen.add(name)
        wrong += [f"{name}: {text}" for text in english.shown_in(page.text)]
    assert wrong == []
    assert len(seen) > 40, ",".join(sorted(seen))


def test_who_has_not_signed_in_chooses_the_language(cast: Cast, make_client: MakeClient, english: EnglishTexts) -> None:
    client = make_client()
    before = Visible(client.get("/account/login/").content.decode())
    assert before.language == "en"
    assert "Italiano" in before.text
    assert "Forgotten password" in english.shown_in(before.text)  # where there is English it is found
    chosen = client.post("/account/language/", {"language": "it", "next": "/account/login/?next=/migrations/"})
    assert chosen.headers["Location"] == "/account/login/?next=/migrations/"
    for name, response in _pages(client, cast, viewer=6):
        page = Visible(response.content.decode())
        assert (name, page.language) == (name, "it")
        assert (name, english.shown_in(page.text)) == (name, [])


def test_the_choice_of_the_language_leads_nowhere_else(cast: Cast, make_client: MakeClient) -> None:
    answer = make_client().post("/account/language/", {"language": "it", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_a_person_reads_his_own_language_wherever_he_signs_in(cast: Cast, make_client: MakeClient) -> None:
    client = make_client()
    client.post("/account/language/", {"language": "it"})
    client.post("/account/login/", {"login": "admin@alpha.example", "password": PASSWORD})
    assert Visible(client.get("/migrations/").content.decode()).language == "en"
    client.post("/profile/", {"name": "Anna", "language": "it", "time_zone": "Europe/Rome"})
    assert Visible(client.get("/migrations/").content.decode()).language == "it"


def test_figures_follow_the_language(italians: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Transfer

    Transfer.objects.filter(account=italians.account).update(expected_messages=12345, done_messages=1234, status="running")
    client = make_client(italians.people["admin"])
    page = Visible(client.get(Addresses(italians).of("account")).content.decode())
    assert "1.234" in page.text
    assert "12.345" in page.text


def test_problems_of_a_csv_are_said_in_italian_with_the_same_figures(italians: Cast, make_client: MakeClient) -> None:
    client = make_client(italians.people["admin"])
    destinations = ("d1@alpha.example;192.0.2.1", "d1@alpha.example;192.0.2.1", "no;192.0.2.1:99999", "x@gone.example;192.0.2.1")
    text = "\n".join(f"{where};user{number};secret" for number, where in enumerate(destinations))
    page = Visible(client.post(Addresses(italians).of("new_csv"), {"text": text}).content.decode())
    assert "La riga 1 ha la stessa destinazione: due caselle verrebbero mescolate in una sola." in page.text
    assert "Ciò che segue l'host non è una porta. Una porta è un numero da 1 a 65535, di solito 993 o 143." in page.text
    assert "La destinazione non è un indirizzo: deve essere nome@dominio." in page.text


def test_a_log_says_in_italian_what_each_line_is_about(italians: Cast, make_client: MakeClient) -> None:
    from django.utils import timezone

    from trasloco.records.models import LogEntry, Transfer

    transfer = Transfer.objects.get(account=italians.account)
    for action, words in (("messages-skipped", "INBOX: 3 skipped."), ("login-refused", "NO LOGIN failed."), ("of-tomorrow", "Anything.")):
        LogEntry.objects.create(transfer=transfer, at=timezone.now(), level="warning", action=action, words=words)
    client = make_client(italians.people["admin"])
    page = Visible(client.get(Addresses(italians).of("account_log")).content.decode())
    assert "Messaggi tralasciati. INBOX: 3 skipped." in page.text
    assert "Nome utente o password errati. NO LOGIN failed." in page.text
    assert "of-tomorrow" not in page.text
    head = client.get(Addresses(italians).of("account_log"), {"download": "1"}).content.decode()
    assert f"m1@alpha.example: log dell'esecuzione 1 della migrazione {italians.moving.code}" in head


def test_reports_and_proofs_are_in_the_language_of_who_takes_them_along(italians: Cast, make_client: MakeClient) -> None:
    from django.urls import reverse

    client = make_client(italians.people["admin"])
    page = Visible(client.get(reverse("migration_report", args=[italians.moving.code, "html"])).content.decode())
    assert page.language == "it"
    assert "Cartella per cartella" in page.text
    assert "Folder by folder" not in page.text


def test_an_invitation_is_in_the_language_of_who_is_invited(italians: Cast, english: EnglishTexts) -> None:
    from trasloco.panel.invitation import write_invitation

    mail = write_invitation(italians.people["invited"], italians.alpha, "https://panel.example/invitation/")
    assert mail.subject == "Alpha La invita in Trasloco"
    for text in (" ".join(mail.text.split()), Visible(mail.html).text):
        assert english.shown_in(text) == []
        assert "Alpha La invita in Trasloco, dove le caselle vengono spostate nella loro nuova sede." in text


def test_mails_about_the_sign_in_are_in_the_language_of_the_person(italians: Cast, make_client: MakeClient, english: EnglishTexts) -> None:
    from trasloco.records.models import Mail

    old = set(Mail.objects.values_list("pk", flat=True))
    make_client().post("/account/password/reset/", {"email": "team@alpha.example"})  # the page itself is English
    client = make_client(italians.people["admin"])
    wanted = {"oldpassword": PASSWORD, "password1": "candle ribbon 7 cello", "password2": "candle ribbon 7 cello"}
    client.post("/account/password/change/", wanted)
    mails = Mail.objects.exclude(pk__in=old).order_by("pk")
    assert [mail.subject for mail in mails] == ["Trasloco: scelga una nuova password", "Trasloco: la Sua password è stata modificata"]
    for mail in mails:
        assert english.shown_in(" ".join(mail.text.split())) == []
