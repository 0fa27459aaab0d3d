"""The operator's forms: what is wrong is said beside the field, nothing typed is lost, no password comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from django.test import Client

from tests.fix_people import MASTER_SECRET, Cast
from tests.panel.matrix_table import DESTINATION, LIMITS

MakeClient = Callable[..., Client]
INSTALLATION: Mapping[str, str] = {**LIMITS, "language": "en", "smtp_port": "587", "smtp_security": "starttls"}


@pytest.fixture
def operator(cast: Cast, make_client: MakeClient) -> Client:
    return make_client(cast.people["superuser"])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "Spare"}, "There is a destination system of this name already."),
        ({"host": "mx.example.net:993"}, "The port has its own field."),
        ({"host": ""}, "This field is required."),
        ({"port": "0"}, "greater than or equal to 1"),
        ({"port": "65536"}, "less than or equal to 65535"),
        ({"user": ""}, "Write the name of the master user."),
        ({"password": ""}, "Write the password of the master user."),
        ({"security": "none"}, "Select a valid choice"),
    ],
)
def test_a_destination_system_that_cannot_be_is_refused_beside_the_field(changed: dict[str, str], words: str, operator: Client) -> None:
    answer = operator.post("/destinations/new/", {**DESTINATION, **changed})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert 'value="imap.example.net"' in page or "host" in changed, "what was typed stays"
    assert "secret" not in page, "but no password"


def test_a_new_system_begins_with_what_is_usual(operator: Client) -> None:
    page = operator.get("/destinations/new/").content.decode()
    assert 'name="port" value="993"' in page
    assert '<option value="implicit" selected>' in page
    assert 'name="separator" value="*"' in page


def test_a_stored_password_is_kept_and_never_shown(cast: Cast, operator: Client) -> None:
    path = f"/destinations/{cast.system.pk}/"
    assert operator.post(path, {**DESTINATION, "password": ""}).status_code == 302
    page = operator.get(path).content.decode()
    assert "One is stored. Leave it empty to keep it." in page
    assert MASTER_SECRET not in page


def test_the_test_button_wants_an_address_and_starts_an_errand(cast: Cast, operator: Client) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    path = f"/destinations/{cast.system.pk}/test/"
    for bad in ("", "anna", "anna@", "@example.net", "a b@example.net"):
        answer = operator.post(path, {"address": bad}, headers={"HX-Request": "true"})
        assert b"notice bad" in answer.content, bad
    assert not ProcrastinateJob.objects.filter(task_name="trasloco.test_system").exists()
    answer = operator.post(path, {"address": "anna@example.net"}, headers={"HX-Request": "true"})
    assert b"Signing in to anna@example.net" in answer.content
    assert b"hx-get" in answer.content, "the page asks on"
    job = ProcrastinateJob.objects.get(task_name="trasloco.test_system")
    assert "password" not in str(job.args)
    assert operator.post(path, {"address": "anna@example.net"}).status_code == 302, "without JavaScript the whole page"


def test_a_certificate_of_a_system_is_shown_and_forgotten(cast: Cast, operator: Client) -> None:
    type(cast.system).objects.filter(pk=cast.system.pk).update(fingerprint="ab" * 32, trust="pin")
    assert b"ab" * 32 in operator.get(f"/destinations/{cast.system.pk}/").content
    operator.post(f"/destinations/{cast.system.pk}/forget-certificate/")
    assert b"ab" * 32 not in operator.get(f"/destinations/{cast.system.pk}/").content


def test_a_system_that_serves_a_domain_is_not_removed(cast: Cast, operator: Client) -> None:
    answer = operator.post(f"/destinations/{cast.system.pk}/remove/", follow=True)
    assert b"It still serves domains" in answer.content


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("alpha.example", "belongs to a customer already"),
        ("ALPHA.example.", "belongs to a customer already"),
        ("beta.example", "belongs to a customer already"),
        ("localhost", "This is not a domain"),
        ("a b.example", "This is not a domain"),
        ("-x.example", "This is not a domain"),
        ("", "This field is required."),
    ],
)
def test_a_domain_that_cannot_be_is_refused(name: str, words: str, cast: Cast, operator: Client) -> None:
    answer = operator.post(f"/customers/{cast.alpha.pk}/domains/", {"name": name, "destination_system": str(cast.system.pk)})
    assert answer.status_code == 200
    assert words in answer.content.decode()


def test_a_domain_in_other_letters_is_kept_as_the_wire_has_it(cast: Cast, operator: Client) -> None:
    from trasloco.records.models import Domain

    operator.post(f"/customers/{cast.alpha.pk}/domains/", {"name": "Müller.Example", "destination_system": str(cast.system.pk)})
    assert Domain.objects.filter(name="xn--mller-kva.example", customer=cast.alpha).exists()


def test_limits_of_a_customer_are_his_own_or_those_of_the_installation(cast: Cast, operator: Client) -> None:
    from trasloco.records.limits import Limits

    path = f"/customers/{cast.alpha.pk}/"
    data = {"name": "Alpha", "language": "en", "time_zone": "UTC"}
    assert operator.post(path, {**data, "most_lines": "7", "most_message_bytes": "20"}).status_code == 302
    cast.alpha.refresh_from_db()
    limits = Limits.of(cast.alpha)
    assert (limits.lines, limits.message_bytes, limits.days) == (7, 20 * 1024 * 1024, 30)
    assert b'placeholder="50"' in operator.get(path).content, "what holds without an own limit"
    assert operator.post(path, data).status_code == 302
    cast.alpha.refresh_from_db()
    assert Limits.of(cast.alpha).lines == 500


@pytest.mark.parametrize("field", ["most_lines", "most_unfinished", "most_message_bytes", "most_hours", "keep_days"])
@pytest.mark.parametrize("value", ["0", "-1", "999999", "x"])
def test_a_limit_out_of_its_bounds_is_refused(field: str, value: str, cast: Cast, operator: Client) -> None:
    data = {"name": "Alpha", "language": "en", "time_zone": "UTC", field: value}
    answer = operator.post(f"/customers/{cast.alpha.pk}/", data)
    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_a_customer_of_the_same_name_is_refused(operator: Client) -> None:
    answer = operator.post("/customers/", {"name": "Alpha", "language": "en", "time_zone": "UTC"})
    assert b"There is a customer of this name already." in answer.content


def test_a_customer_with_migrations_is_not_removed(cast: Cast, operator: Client) -> None:
    from trasloco.records.models import Customer

    answer = operator.post(f"/customers/{cast.alpha.pk}/remove/", follow=True)
    assert b"has migrations" in answer.content
    assert Customer.objects.filter(pk=cast.alpha.pk).exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"smtp_host": "mail.example.net"}, "mail_from"),
        ({"smtp_host": "mail example", "mail_from": "t@example.net"}, "smtp_host"),
        ({"mail_from": "not an address"}, "mail_from"),
        ({"mail_from": "Trasloco <t@example.net>\nBcc: x@example.net"}, "mail_from"),
        ({"smtp_port": "70000"}, "smtp_port"),
        ({"smtp_password": "secret words"}, "smtp_user"),
        ({"public_url": "javascript:alert(1)"}, "public_url"),
        ({"public_url": "https://user@evil.example"}, "public_url"),
        ({"public_url": "https://moves.example.net/path"}, "public_url"),
        ({"most_hours": "24"}, "most_hours"),
        ({"most_lines": ""}, "most_lines"),
    ],
)
def test_settings_that_cannot_be_are_refused_beside_the_field(changed: dict[str, str], field: str, operator: Client) -> None:
    answer = operator.post("/installation/", {**INSTALLATION, **changed})
    assert answer.status_code == 200, changed
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert "secret words" not in page


def test_settings_are_kept_and_the_password_of_the_mail_server_is_a_ciphertext(operator: Client) -> None:
    from trasloco.records.models import Installation

    given = {
        **INSTALLATION,
        "smtp_host": "mail.example.net",
        "smtp_user": "trasloco",
        "smtp_password": "secret words",
        "mail_from": "Trasloco <t@example.net>",
        "public_url": "https://moves.example.net/",
    }
    assert operator.post("/installation/", given).status_code == 302
    found = Installation.objects.get()
    assert found.public_url == "https://moves.example.net"
    assert b"secret words" not in bytes(found.smtp_secret or b"")
    assert b"secret words" not in operator.get("/installation/").content
    operator.post("/installation/", {**given, "smtp_password": ""})
    assert Installation.objects.get().smtp_secret is not None, "kept when none is given"
    operator.post("/installation/", {**given, "smtp_password": "", "smtp_user": ""})
    assert Installation.objects.get().smtp_secret is None, "gone with its user"


def test_mails_show_why_and_when_again_and_can_be_sent_now(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["admin"])
    page = client.get("/mails/").content.decode()
    assert "Connection refused" in page
    assert "the next try is" in page
    assert "Send now" in page
    answer = client.post(f"/mails/{cast.mail.pk}/again/", follow=True)
    assert b"is tried again" in answer.content
    assert b"Connection refused" not in client.get("/mails/", {"state": "sent"}).content
    assert b"Planned" in client.get("/mails/", {"q": cast.moving.code}).content


def test_before_there_is_a_domain_the_operator_is_led_to_what_is_missing(cast: Cast, operator: Client) -> None:
    from trasloco.records.models import Domain

    assert operator.get("/").headers["Location"] == "/migrations/"
    Domain.objects.all().delete()
    assert operator.get("/").headers["Location"] == "/setup/"
