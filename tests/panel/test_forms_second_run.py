"""What the second run waits for, in the steps of "new migration" and at the operator's systems."""

from __future__ import annotations

import pytest

from tests.fix_wizard import WizardCast

BY_MX = {"start": "now", "time_zone": "UTC", "second_when": "mx", "latest": "720", "quiet": "3"}


def when(wizard: WizardCast, code: str, **given: str) -> str:
    """Where the answer leads, or the page with what is wrong."""
    answer = wizard.client.post(f"/migrations/new/{code}/when/", given)
    return answer.headers["Location"] if answer.status_code == 302 else " ".join(answer.content.decode().split())


def page(wizard: WizardCast, code: str, step: str) -> str:
    return " ".join(wizard.client.get(f"/migrations/new/{code}/{step}/").content.decode().split())


def test_the_second_run_can_wait_for_the_mx_and_the_review_says_so(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1))
    assert when(wizard, code, **BY_MX).endswith("/review/")
    draft = wizard.migration(code)
    assert (draft.second_run_when, draft.second_run_minutes, draft.quiet_hours) == ("mx", 720, 3)
    review = page(wizard, code, "review")
    assert "when the MX records have changed, at the latest 12 hours after the end of the first" in review
    assert "then again until nothing has arrived in the old INBOXes for 3 hours" in review
    again = page(wizard, code, "when")
    assert '<option value="720" selected>' in again
    assert '<option value="3" selected>' in again
    wizard.migrate(code)
    first, second = wizard.migration(code).runs.order_by("number")
    assert first.due_at is not None
    assert second.due_at is None
    assert [watch.domain for watch in wizard.migration(code).mx_watches.all()] == ["example.net"]


def test_a_fixed_hour_is_what_there_is_unless_somebody_chooses(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1))
    assert 'value="hour" id="id_second_when_0" checked' in page(wizard, code, "when")
    when(wizard, code, start="now", time_zone="UTC", second="60")
    draft = wizard.migration(code)
    assert (draft.second_run_when, draft.second_run_minutes, draft.quiet_hours) == ("hour", 60, None)


def test_what_was_chosen_of_the_other_kind_is_not_kept(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1))
    when(wizard, code, start="now", time_zone="UTC", second_when="hour", second="60", latest="720", quiet="3")
    draft = wizard.migration(code)
    assert (draft.second_run_when, draft.second_run_minutes, draft.quiet_hours) == ("hour", 60, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"latest": ""}, "Say when it is to begin in any case."),
        ({"latest": str(24 * 60)}, "Select a valid choice."),
        ({"quiet": "5000"}, "Select a valid choice."),
        ({"second_when": "never"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said_and_the_draft_stays_as_it_was(wizard: WizardCast, wrong: dict[str, str], words: str) -> None:
    code = wizard.checked(wizard.line(1))
    assert words in when(wizard, code, **{**BY_MX, **wrong})
    assert wizard.migration(code).second_run_when == "hour"


def test_the_longest_wait_is_the_customers(wizard: WizardCast) -> None:
    from trasloco.records.models import Installation

    Installation.objects.update(most_hours=2)
    code = wizard.checked(wizard.line(1))
    assert "Select a valid choice." in when(wizard, code, **{**BY_MX, "latest": "180"})
    assert when(wizard, code, **{**BY_MX, "latest": "120"}).endswith("/review/")
    Installation.objects.update(most_hours=1)
    wizard.migrate(code)
    assert wizard.migration(code).planned_at is None


def test_the_mail_of_a_planned_migration_says_what_it_waits_for(wizard: WizardCast) -> None:
    from trasloco.records.models import Mail

    code = wizard.checked(wizard.line(1))
    when(wizard, code, **BY_MX)
    wizard.migrate(code)
    mail = Mail.objects.get(kind="planned")
    assert "Second run: when the MX records have changed, at the latest 12 hours after the end of the first\n" in mail.text
    assert "Lower the time to live (TTL) of the MX records to 5 minutes now" in mail.text
    assert "Further runs follow until nothing has arrived in the old INBOXes for 3 hours." in mail.text
    assert "Further runs follow until" in mail.html


# What the MX of a system should be


@pytest.fixture
def operator(wizard: WizardCast) -> WizardCast:
    from trasloco.records.models import Person

    wizard.client = wizard.sign_in(Person.objects.create(email="operator@panel.example", is_superuser=True))
    return wizard


def save(operator: WizardCast, hosts: str) -> str:
    system = operator.system
    given = {name: getattr(system, name) for name in ("name", "host", "port", "security", "trust", "form", "user", "separator")}
    answer = operator.client.post(f"/destinations/{system.pk}/", {**given, "mx_hosts": hosts})
    system.refresh_from_db()
    return "" if answer.status_code == 302 else answer.content.decode()


def test_the_operator_names_the_mx_of_his_system(operator: WizardCast) -> None:
    assert save(operator, "MX1.example.net., mx2.example.net,mx1.example.net") == ""
    assert operator.system.mx_hosts == ["mx1.example.net", "mx2.example.net"]
    assert "mx1.example.net,mx2.example.net" in operator.client.get(f"/destinations/{operator.system.pk}/").content.decode()
    assert save(operator, "") == ""
    assert operator.system.mx_hosts == []


def test_what_is_no_host_is_not_taken(operator: WizardCast) -> None:
    assert "is not the name of a host, such as mx.example.net." in save(operator, "mx1.example.net, 10 mx2")
    assert operator.system.mx_hosts == []
