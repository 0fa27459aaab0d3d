"""The mails of a migration as texts: written in the language of who gets them, from templates of this room."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from trasloco.records.models import Installation, Mail, MailKind, MailMigration, Person


def write_letters(kind: MailKind, migration: MailMigration, facts: dict[str, Any]) -> list[Mail]:
    """Rows of ``Mail`` for everybody who is to know; call it in the transaction of what they tell of."""
    return [_letter(kind, migration, facts, *recipient) for recipient in _recipients(migration)]


def _letter(kind: MailKind, migration: MailMigration, facts: dict[str, Any], address: str, language: str, zone: str) -> Mail:
    with translation.override(language), timezone.override(_zone(zone)):
        context = {**facts, "migration": migration, "link": link("migration", migration.code), "kind": kind.value}
        return Mail.objects.create(
            kind=kind,
            migration=migration,
            customer=migration.customer,
            recipient=address,
            language=language,
            subject=_subject(kind, migration, facts),
            text=render_to_string(f"mail/{kind.value}.txt", context).strip() + "\n",
            html=render_to_string(f"mail/{kind.value}.html", context),
        )


def link(name: str, *arguments: str | int) -> str:
    """The address of a page as people reach it; "" where the operator has not said how they do."""
    base = Installation.objects.get().public_url.rstrip("/")
    try:
        return base + reverse(name, args=arguments) if base else ""
    except NoReverseMatch:
        return base


def _recipients(migration: MailMigration) -> Iterable[tuple[str, str, str]]:
    """Address, language and zone of each; who is no person of ours gets the language of the one who asked."""
    found: dict[str, tuple[str, str, str]] = {}
    asked = migration.asked_by
    language, zone = (asked.language, asked.time_zone) if asked else (Installation.objects.get().language, migration.time_zone)
    if asked is not None and asked.is_active:
        found[asked.email.casefold()] = asked.email, asked.language, asked.time_zone
    for address in migration.recipients:
        person = Person.objects.filter(email__iexact=address).first()
        known = (address, person.language, person.time_zone) if person else (address, language, zone)
        found.setdefault(address.casefold(), known)
    return found.values()


def _subject(kind: MailKind, migration: MailMigration, facts: dict[str, Any]) -> str:
    domains = ", ".join(migration.domains[:2]) + ("…" if len(migration.domains) > 2 else "")
    words = {
        MailKind.PLANNED: _("Migration %(code)s is planned (%(domains)s)"),
        MailKind.LOGIN_PROBLEMS: _("Migration %(code)s: logins that do not work (%(domains)s)"),
        MailKind.FIRST_RUN_ENDED: _("Migration %(code)s: change the MX records now (%(domains)s)"),
        MailKind.LAST_RUN_ENDED: _("Migration %(code)s has ended (%(domains)s)"),
        MailKind.FAILED: _("Migration %(code)s: a run failed (%(domains)s)"),
    }
    return words[kind] % {"code": migration.code, "domains": domains}


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
