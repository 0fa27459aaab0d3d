"""What libraries send becomes rows that the worker brings away."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("clean_database")


def test_each_recipient_has_a_row_with_text_and_html_and_a_subject_of_one_line() -> None:
    from django.core.mail import EmailMultiAlternatives, get_connection
    from django.utils import translation

    from trasloco.records.models import Mail

    message = EmailMultiAlternatives("Reset\nBcc: x@example.com", "Your link", "x@y.example", ["a@example.net", "b@example.net"])
    message.attach_alternative("<p>Your link</p>", "text/html")
    with translation.override("it"):
        connection = get_connection("trasloco.panel.outbox.Outbox")
        assert connection.send_messages([message]) == 1
    rows = list(Mail.objects.order_by("recipient").values_list("recipient", "subject", "text", "html", "language", "state", "kind"))
    rest = ("Reset Bcc: x@example.com", "Your link", "<p>Your link</p>", "it", "waiting", "invitation")
    assert rows == [("a@example.net", *rest), ("b@example.net", *rest)]


def test_the_test_mail_is_text_and_html_in_the_language_of_who_asked() -> None:
    from django.utils import translation

    from trasloco.jobs.errands import send_test_mail
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Installation

    Installation.objects.update(public_url="https://panel.example")
    with translation.override("it"):
        mail = send_test_mail(SCHEDULE, "op@operator.example")
    assert mail.language == "it"
    assert '<html lang="it">' in mail.html
    assert "https://panel.example/installation/" in mail.text
    assert "https://panel.example/installation/" in mail.html
