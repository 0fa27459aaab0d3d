"""Whose mails are whose, and having one sent again."""

from __future__ import annotations

import pytest

from tests.fix_people import Cast


def _seen(cast: Cast, name: str) -> set[str]:
    from trasloco.records.rights import Viewer
    from trasloco.records.visible_mails import visible_mails

    return {mail.subject for mail in visible_mails(Viewer.of(cast.people[name]))}


def test_each_customer_sees_his_own_and_invitations_only_who_invites(cast: Cast) -> None:
    from trasloco.records.models import Mail, MailKind

    for subject, customer in (("To Alpha", cast.alpha), ("To Beta", cast.beta), ("To the operator", None)):
        Mail.objects.create(kind=MailKind.INVITATION, customer=customer, recipient="x@example.net", subject=subject, text="x")
    assert _seen(cast, "superuser") == {"Planned", "To Alpha", "To Beta", "To the operator"}
    assert _seen(cast, "admin") == {"Planned", "To Alpha"}
    assert _seen(cast, "team") == {"Planned"}
    assert _seen(cast, "manager") == set()
    assert _seen(cast, "stranger") == {"To Beta"}


@pytest.mark.parametrize("state", ["waiting", "given-up"])
def test_what_was_not_sent_is_due_at_once(state: str, cast: Cast) -> None:
    from trasloco.records.history import Actor
    from trasloco.records.mails import due_mails
    from trasloco.records.models import HistoryEntry, Mail
    from trasloco.records.visible_mails import send_again

    Mail.objects.filter(pk=cast.mail.pk).update(state=state, attempts=9)
    assert send_again(Actor(cast.people["admin"]), cast.mail)
    assert cast.mail.pk in due_mails()
    assert HistoryEntry.objects.filter(verb="mail-repeated", customer=cast.alpha).exists()


def test_what_was_sent_or_has_no_words_any_more_is_not_sent_again(cast: Cast) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Mail
    from trasloco.records.visible_mails import send_again

    Mail.objects.filter(pk=cast.mail.pk).update(state="sent")
    assert not send_again(SCHEDULE, cast.mail)
    Mail.objects.filter(pk=cast.mail.pk).update(state="given-up", text="")
    assert not send_again(SCHEDULE, cast.mail)
