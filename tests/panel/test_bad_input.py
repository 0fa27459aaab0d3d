"""What people send by mistake in the place of a CSV: each is named, nothing is kept, and it takes no time."""

from __future__ import annotations

import html
import io
import time
import zipfile
from typing import Any

import pytest

from tests.fix_wizard import WizardCast

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
SECONDS = 20.0  # generous: a busy machine; what is linear takes a hundredth of it


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "a@example.net;192.0.2.1;a;secret\n")
    return made.getvalue()


def upload(wizard: WizardCast, content: bytes, name: str = "accounts.csv") -> tuple[Any, str, str]:
    """The answer, its text, and the code of the draft, which must have kept nothing."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    code = wizard.begin()
    began = time.monotonic()
    answer = wizard.give(code, file=SimpleUploadedFile(name, content))
    assert time.monotonic() - began < SECONDS
    return answer, html.unescape(answer.content.decode()), code


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive("accounts.csv"), "This is a ZIP archive, not a text file."),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "This is an Excel workbook (.xlsx), not a text file."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "This is an old Excel workbook (.xls), not a text file."),
        (PICTURE, "This is a picture, not a text file."),
        (b"%PDF-1.7\n", "This is a PDF, not a text file."),
        (b"<!DOCTYPE html><html></html>", "This is a web page (HTML)"),
        (b"", "The file is empty."),
        (b"\r\n  \r\n;;;\r\n", "The file is empty."),
        (b"destination;server;login;password\r\n", "There is only a header line, and no account below it."),
        (b"a@example.net,192.0.2.1,a,secret\n" * 3, "The fields on this line and on 2 more lines are separated by commas instead of ;."),
        (b"a@example.net\t192.0.2.1\ta\tsecret\n", "separated by tabs instead of ;."),
        (b"a@example.net;192.0.2.1;a;sec\0ret\n", "There is a NUL character on this line, which no text has."),
        (b"a@example.net;192.0.2.1;a;" + b"x" * 1_900_000, "This line has more than 10,000 characters"),
        (b"x" * 10_000_000, "What was sent is larger than 2 MB"),
        (b"a;b\n" * 100_000, "The file has 100,000 accounts; at most 500 go into one migration."),
        (b"a\0b\n" * 500, "There is a NUL character on this line"),
        (b"\xff\xfea\0@\0" + b"\0\xd8" * 3 + b"a\0", "it may be cut off or put together from two."),
    ],
    ids=lambda value: value if isinstance(value, str) else "from",  # not the content: an archive holds the time it was made
)
def test_a_file_that_is_no_csv_is_named(wizard: WizardCast, content: bytes, words: str) -> None:
    answer, page, code = upload(wizard, content)
    assert answer.status_code == 200
    assert words in page
    assert not wizard.migration(code).accounts.exists()
    assert "secret" not in page or "a@example.net" in page  # shown again to be corrected, or not at all


def test_100_000_lines_are_refused_at_once(wizard: WizardCast) -> None:
    answer, page, _code = upload(wizard, b"".join(b"a%d@e.it;h;a;p\n" % number for number in range(100_000)))
    assert answer.status_code == 200
    assert "The file has 100,000 accounts" in page
    assert len(page) < 3_000_000


def test_utf_16_as_excel_writes_it_is_read(wizard: WizardCast) -> None:
    text = "destination;server;login;password\r\nanna@example.net;192.0.2.1;anna;pässwörd\r\n"
    for content in (text.encode("utf-16"), text.encode("utf-16-le"), b"\xfe\xff" + text.encode("utf-16-be")):
        answer, _page, code = upload(wizard, content)
        assert answer.status_code == 302
        assert wizard.migration(code).accounts.get().login == "anna"


def test_a_header_line_may_be_there(wizard: WizardCast) -> None:
    answer, _page, code = upload(wizard, b"\xef\xbb\xbfindirizzo;server;utente;password\r\na@example.net;192.0.2.1;a;secret\r\n")
    assert answer.status_code == 302
    assert wizard.migration(code).accounts.get().line == 2


def test_pasted_nul_is_said_and_the_text_is_there_again(wizard: WizardCast) -> None:
    page = html.unescape(wizard.give(wizard.begin(), "a@example.net;192.0.2.1;a;sec\0ret\n").content.decode())
    assert "There is a NUL character on this line" in page
    assert "a@example.net;192.0.2.1;a;sec" in page


def test_a_pasted_text_of_3_mb_is_refused_like_a_file(wizard: WizardCast) -> None:
    answer = wizard.give(wizard.begin(), "a@example.net;192.0.2.1;a;secret\n" * 100_000)
    assert answer.status_code == 200
    assert "What was sent is larger than 2 MB" in answer.content.decode()


def test_the_text_of_a_file_with_mistakes_can_be_corrected_on_the_page(wizard: WizardCast) -> None:
    _answer, page, code = upload(wizard, b"a@example.net;192.0.2.1;a;hush\nb@example.net;192.0.2.1;b\n")
    assert "a@example.net;192.0.2.1;a;hush" in page
    assert wizard.give(code, "a@example.net;192.0.2.1;a;hush\nb@example.net;192.0.2.1;b;hush\n").status_code == 302


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"start": "at", "at": ""}, "Write the date and time of the first run."),
        ({"start": "at", "at": "soon"}, "Enter a valid date/time."),
        ({"start": "at", "at": "0001-01-01T00:00"}, "That is in the past."),
        ({"start": "at", "at": "9999-12-31T23:59"}, "That is more than a year away."),
        ({"start": "never"}, "Select a valid choice."),
        ({"time_zone": "Atlantis/Lost"}, "Select a valid choice."),
        ({"recipients": "anna@example.net, bruno"}, "bruno is not an address."),
        ({"recipients": ",".join(f"a{number}@example.net" for number in range(11))}, "At most 10 addresses."),
        ({"recipients": "a@example.net\0"}, "Null characters are not allowed."),
        ({"verification": "twice"}, "Select a valid choice."),
    ],
)
def test_the_step_when_says_what_is_wrong(wizard: WizardCast, values: dict[str, str], words: str) -> None:
    code = wizard.begin()
    answer = wizard.client.post(f"/migrations/new/{code}/when/", {"start": "now", "time_zone": "Europe/Rome", **values})
    assert answer.status_code == 200
    assert words in html.unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"server": "imap://old.example.org"}, "A URL does not belong here"),
        ({"server": ""}, "This field is required."),
        ({"login": ""}, "This field is required."),
        ({"login": "user2@old.example.org"}, "Another line has the same login on the same server"),
        ({"server": "192.0.2.7"}, "The server is another one now: write the password that is meant for it."),
        ({"login": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_the_correction_of_a_line_says_what_is_wrong(wizard: WizardCast, values: dict[str, str], words: str) -> None:
    code = wizard.begin()
    wizard.give(code, wizard.line(1) + wizard.line(2))
    account = wizard.migration(code).accounts.get(line=1)
    given = {"server": f"127.0.0.1:{wizard.source.port}", "login": "user1@old.example.org", "password": "", "master": "", **values}
    answer = wizard.client.post(f"/migrations/new/{code}/check/{account.pk}/", given)
    assert answer.status_code == 200
    assert words in html.unescape(answer.content.decode())


@pytest.mark.parametrize("values", [{"source_type": "pop3"}, {"source_type": ""}, {"source_tls": "maybe", "source_type": "standard"}, {}])
def test_the_step_type_says_what_is_wrong(wizard: WizardCast, values: dict[str, str]) -> None:
    answer = wizard.client.post("/migrations/new/", values)
    assert answer.status_code == 200
    assert 'class="errorlist"' in answer.content.decode()


@pytest.mark.parametrize("account", ["", "x", "-1", "9" * 40, "0"])
def test_leaving_out_an_account_that_is_none_does_nothing(wizard: WizardCast, account: str) -> None:
    code = wizard.begin()
    wizard.give(code, wizard.line(1))
    answer = wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "yes", "account": account})
    assert answer.status_code in (302, 404)
    assert not wizard.migration(code).accounts.filter(left_out=True).exists()


@pytest.mark.parametrize("query", ["show=nothing", "page=99999", "page=x", "page=-1&show=ok"])
def test_the_table_of_the_check_takes_any_address(wizard: WizardCast, query: str) -> None:
    code = wizard.begin()
    wizard.give(code, wizard.line(1))
    assert wizard.client.get(f"/migrations/new/{code}/check/table/?{query}").status_code == 200
