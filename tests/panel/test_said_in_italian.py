"""What the engine has stored in English, read by an Italian: log, page of the account, report, download, mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.fix_languages import EnglishTexts, Visible
from trasloco.engine.account import Side
from trasloco.engine.classify import explain
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Tally
from trasloco.engine.folder_pass import tell_completed, tell_flags_lost
from trasloco.engine.known_folders import tell_renumbered
from trasloco.engine.on_message import on_message
from trasloco.engine.relay import over_size
from trasloco.engine.sink import Entry, Level, QuietSink
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.errors import LoginRefused
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Kind, StatusText
from trasloco.secret import Secret
from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]

SERVER = "[AUTHENTICATIONFAILED] Invalid login or password, says the mail room"
SOURCE = Side(
    SideName.SOURCE, Endpoint("imap.old.example", 993, Security.IMPLICIT), Credentials("anna@old.example", Secret("of-anna-alone"))
)
REFUSED = explain(LoginRefused(StatusText(Kind.NO, "AUTHENTICATIONFAILED", b"", SERVER.partition("] ")[2]), "LOGIN"), SOURCE, "signing in")


class Gathered(QuietSink):
    """Keeps the lines, as the engine writes them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)


def lines() -> list[Entry]:
    sink = Gathered()
    tell_completed(sink, "Büro", "INBOX/Büro", Tally(copied=3, adopted=1, refused=1), 4711)
    tell_flags_lost(sink, "Büro", {"$Label1", "$Forwarded"})
    tell_renumbered(sink, b"INBOX")
    sink.write(Entry(Level.ERROR, "message-refused", on_message(12, "Büro", 99, over_size(99, 50)), "Büro", 12))
    sink.write(Entry(Level.ERROR, REFUSED.code, REFUSED.words))
    return sink.entries


@pytest.fixture
def italian(make_migration: Make, make_client: Callable[..., Client]) -> tuple[Client, Any]:
    """The client of somebody who reads Italian, and a transfer that failed, with its log and a folder that has a note."""
    from trasloco.records.clock import now
    from trasloco.records.models import FolderTally, LogEntry, Person, Transfer

    run = begin(make_migration(1))
    set_states(run, ["failed"])
    Person.objects.update(language="it")
    found = run.transfers.select_related("account__migration").get()
    Transfer.objects.filter(pk=found.pk).update(failure_words=str(REFUSED.words), failure_code=REFUSED.code, failure_side="source")
    note = 'the destination\'s \\Archive folder; control characters became "_"'
    FolderTally.objects.create(transfer=found, source="Büro", destination="INBOX/Büro", note=note, copied=3)
    for entry in lines():
        LogEntry.objects.create(transfer=found, at=now(), level=entry.level.value, action=entry.action, words=str(entry.words))
    return make_client(found.account.migration.asked_by), found


def test_the_log_has_no_english_sentence_of_ours(italian: tuple[Client, Any], english: EnglishTexts) -> None:
    client, transfer = italian
    address = f"/migrations/{transfer.account.migration.code}/accounts/{transfer.account_id}/log/1/"
    page = Visible(client.get(address).content.decode())
    assert page.language == "it"
    download = client.get(address, {"download": "1"}).content.decode()
    for text in (page.text, " ".join(download.split())):
        assert "«Büro» -> «INBOX/Büro»: 3 copiati, 1 già presenti, 1 rifiutati, 4711 byte." in text
        assert "Messaggio UID 12 in «Büro» (99 byte): più grande del limite: 99 byte, se ne accettano al massimo 50." in text
        assert "«INBOX»: l'origine ha rinumerato questa cartella" in text
        assert SERVER in text
        assert english.shown_in(text.replace(SERVER, "")) == []


def test_account_and_report_have_no_english_sentence_of_ours(italian: tuple[Client, Any], english: EnglishTexts) -> None:
    client, transfer = italian
    migration = transfer.account.migration
    for address in (f"/migrations/{migration.code}/accounts/{transfer.account_id}/", f"/migrations/{migration.code}/report.html"):
        text = Visible(client.get(address).content.decode()).text
        assert 'la cartella \\Archive della destinazione; i caratteri di controllo sono diventati "_"' in text, address
        assert f"anna@old.example non ha potuto accedere; il server dice «NO {SERVER}». Controlli nome utente e password" in text, address
        assert english.shown_in(text.replace(SERVER, "")) == [], address


def test_machines_are_told_in_english_whatever_the_person_reads(italian: tuple[Client, Any]) -> None:
    client, transfer = italian
    text = client.get(f"/migrations/{transfer.account.migration.code}/report.json").content.decode()
    assert "could not sign in; the server says" in text
    assert "non ha potuto accedere" not in text


def test_the_mail_about_logins_has_no_english_sentence_of_ours(italian: tuple[Client, Any], english: EnglishTexts) -> None:
    from trasloco.jobs.letters import write_letters
    from trasloco.records.models import Mail, MailKind

    _client, transfer = italian
    problem = {"address": "a@example.net", "words": str(REFUSED.words), "code": REFUSED.code}
    write_letters(MailKind.LOGIN_PROBLEMS, transfer.account.migration, {"problems": [problem]})
    mail = Mail.objects.latest("pk")
    for text in (" ".join(mail.text.split()), Visible(mail.html).text):
        assert f"il server dice «NO {SERVER}»" in text
        assert english.shown_in(text.replace(SERVER, "")) == []
