"""The mails of a migration as texts: written in the language of who gets them, from templates of this room."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from trasloco.records.mails import subject_line
from trasloco.records.models import Installation, Mail, MailKind, MailMigration, Person, SecondRun
from trasloco.records.webhooks import tell_webhooks

_PAGES = {MailKind.LOGIN_PROBLEMS: "new_check"}
"""Where the button of a mail leads, when not to the migration."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who gets a mail, and how he reads words and hours."""

    address: str
    language: str
    zone: str


def write_letters(kind: MailKind, migration: MailMigration, facts: dict[str, Any]) -> list[Mail]:
    """Rows of ``Mail`` for everybody who is to know, and what webhooks are told; call it in the transaction of what they tell of."""
    tell_webhooks(kind.value, migration, facts.get("run"))
    return [_letter(kind, migration, facts, reader) for reader in _readers(migration)]


def _letter(kind: MailKind, migration: MailMigration, facts: dict[str, Any], reader: _Reader) -> Mail:
    with translation.override(reader.language), timezone.override(_zone(reader.zone)):
        page = link(_PAGES.get(kind, "migration"), migration.code)
        context = {**facts, "migration": migration, "domains": _names(migration.domains), "link": page, "kind": kind.value}
        context |= {"by_mx": migration.second_run_when == SecondRun.MX, "latest_hours": (migration.second_run_minutes or 0) // 60}
        subject = subject_line(
            _subject(kind, facts) % {"code": migration.code, "domains": _names(migration.domains[:2], migration.domains)}
        )
        return Mail.objects.create(
            kind=kind,
            migration=migration,
            customer=migration.customer,
            recipient=reader.address,
            language=reader.language,
            subject=subject,
            text=tidy(render_to_string(f"mail/{kind.value}.txt", context)),
            html=render_to_string(f"mail/{kind.value}.html", {**context, "subject": subject}),
        )


def link(name: str, *arguments: str | int) -> str:
    """The address of a page as people reach it; "" where the operator has not said how they do."""
    base = Installation.objects.get().public_url.rstrip("/")
    try:
        return base + reverse(name, args=arguments) if base else ""
    except NoReverseMatch:
        return base


def tidy(text: str) -> str:
    """A template's text with at most one empty line in a row, and none at its ends."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def _readers(migration: MailMigration) -> Iterable[_Reader]:
    """Who asked and who is to be told; who is no person of ours gets the language of the one who asked."""
    found: dict[str, _Reader] = {}
    asked = migration.asked_by
    language, zone = (asked.language, asked.time_zone) if asked else (Installation.objects.get().language, migration.time_zone)
    if asked is not None and asked.is_active:
        found[asked.email.casefold()] = _Reader(asked.email, asked.language, asked.time_zone)
    for address in migration.recipients:
        person = Person.objects.filter(email__iexact=address).first()
        known = _Reader(address, person.language, person.time_zone) if person else _Reader(address, language, zone)
        found.setdefault(address.casefold(), known)
    return found.values()


def _subject(kind: MailKind, facts: dict[str, Any]) -> str:
    if kind is MailKind.FAILED and facts["run"].number == 1:
        return _("Migration %(code)s: the first run failed, do not change the MX records (%(domains)s)")
    return {
        MailKind.PLANNED: _("Migration %(code)s is planned (%(domains)s)"),
        MailKind.LOGIN_PROBLEMS: _("Migration %(code)s: logins that do not work (%(domains)s)"),
        MailKind.MX_CHANGED: _("Migration %(code)s: the MX records have changed (%(domains)s)"),
        MailKind.FIRST_RUN_ENDED: _("Migration %(code)s: change the MX records now (%(domains)s)"),
        MailKind.LAST_RUN_ENDED: _("Migration %(code)s has ended (%(domains)s)"),
        MailKind.FAILED: _("Migration %(code)s: a run failed (%(domains)s)"),
    }[kind]


def _names(domains: list[str], of: list[str] | None = None) -> str:
    return ", ".join(domains) + (", …" if of is not None and len(of) > len(domains) else "")


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
