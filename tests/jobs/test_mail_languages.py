"""Who reads Italian gets every kind of mail in Italian, text and HTML."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.fix_languages import EnglishTexts, Visible
from tests.jobs.test_letters import HOUR, accounts, end, told
from trasloco.records.key_ring import KeyRing
from trasloco.testing.planned_migration import PERSON, Order, planned

if TYPE_CHECKING:
    from trasloco.records.models import Mail, MailMigration

pytestmark = pytest.mark.usefixtures("clean_database")


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens there: the present MX cannot be asked."""
    monkeypatch.setenv("TRASLOCO_DNS", "127.0.0.1:9")


def italian(mail: Mail, english: EnglishTexts, *words: str) -> None:
    """All of it is Italian, and these words are in it."""
    html = Visible(mail.html)
    assert (mail.language, html.language) == ("it", "it")
    for text in (mail.subject, " ".join(mail.text.split()), html.text):
        assert english.shown_in(text) == []
    for word in words:
        assert word in " ".join(mail.text.split())
        assert word in html.text


def moved(ring: KeyRing) -> MailMigration:
    order = Order(accounts=accounts(2), language="it", installation={"public_url": "https://panel.example"})
    return planned(ring, order, now=HOUR)


def test_planned(ring: KeyRing, english: EnglishTexts) -> None:
    from trasloco.records.models import Mail

    planned(ring, Order(language="it", first_run_at="2027-01-15T22:00:00+00:00"))
    mail = Mail.objects.get()
    assert "pianificata (example.net)" in mail.subject
    italian(mail, english, "Venerdì 15 Gennaio 2027, 23:00 (Europe/Rome, UTC+1)", "La prima esecuzione copia tutto.")


def test_logins_that_do_not_work(ring: KeyRing, english: EnglishTexts) -> None:
    from trasloco.jobs.letters import write_letters
    from trasloco.records.models import MailKind

    problem = {"address": "a1@example.net", "words": "Source imap.example.org: NO LOGIN failed.", "code": "login-refused"}
    (mail,) = write_letters(MailKind.LOGIN_PROBLEMS, moved(ring), {"problems": [problem]})
    italian(mail, english, "Nome utente o password errati. Source imap.example.org: NO LOGIN failed.")


def test_the_first_run_has_ended(ring: KeyRing, english: EnglishTexts) -> None:
    migration = moved(ring)
    end(migration, 1, HOUR, ("failed", "NO LOGIN failed.", 0), ("completed_with_errors", "", 1), size=1500)
    migration.runs.get(number=1).transfers.filter(status="failed").update(failure_code="login-refused")
    (mail,) = told(HOUR)
    assert "modifichi ora i record MX" in mail.subject
    italian(mail, english, "1.499 messaggi su 1.500", "Nome utente o password errati. NO LOGIN failed.", "1 messaggio è stato rifiutato")


def test_the_last_run_has_ended(ring: KeyRing, english: EnglishTexts) -> None:
    migration = moved(ring)
    end(migration, 1, HOUR, ("completed", "", 0), ("completed", "", 0))
    told(HOUR)
    end(migration, 2, HOUR + timedelta(hours=6), ("completed", "", 0), ("completed_with_errors", "", 2))
    (mail,) = told(HOUR + timedelta(hours=6))
    assert mail.subject == f"Migrazione {migration.code} terminata (example.net)"
    italian(mail, english, "2 messaggi sono stati rifiutati", "Le password delle vecchie caselle sono state cancellate.")


def test_a_run_failed(ring: KeyRing, english: EnglishTexts) -> None:
    migration = moved(ring)
    end(migration, 1, HOUR, ("failed", "NO.", 0), ("failed", "NO.", 0))
    (mail,) = told(HOUR)
    italian(mail, english, "Non modifichi ancora i record MX.")


def test_the_test_mail(ring: KeyRing, english: EnglishTexts) -> None:
    from django.utils import translation

    from trasloco.jobs.errands import send_test_mail
    from trasloco.records.history import Actor

    with translation.override("it"):
        mail = send_test_mail(Actor(), PERSON)
    italian(mail, english, "Riceve questa e-mail perché ha premuto il pulsante che la invia.")
