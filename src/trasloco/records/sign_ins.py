"""An owner's sign-in at his provider, as verbs: begun by a person, answered by a worker, and what he allowed kept with the
migration's credentials, encrypted and wiped as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from trasloco.records.actions import clean
from trasloco.records.drafts import check_tokens_again
from trasloco.records.history import SCHEDULE, Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import MailMigration, OwnerSignIn, SignInState
from trasloco.records.opening import OAUTH_ROW
from trasloco.records.permissions import UNDER_WAY
from trasloco.records.vault import Vault
from trasloco.secret import Secret
from trasloco.sources.google_question import Asked, ask_consent
from trasloco.sources.oauth_settings import GOOGLE_CONSENT, OauthSettings

LONGEST_ANSWER = 4000  # characters of a pasted address


class NoSignIn(Exception):
    """There is none to begin or to answer: the credentials are gone, of another kind, or it is over."""


@dataclass(frozen=True, slots=True)
class SignInWork:
    """What a worker does: sign_in as it was found; pasted: the address a Google sign-in ended on, "" while there is none."""

    sign_in: OwnerSignIn
    settings: OauthSettings
    asked: Asked | None = None
    pasted: str = ""


@transaction.atomic
def begin_sign_in(actor: Actor, migration: MailMigration, mailbox: str, ring: KeyRing) -> OwnerSignIn:
    """Begin it, or begin it anew. Of Google the address is known at once; of Microsoft a worker asks for it.
    Raises ``NoSignIn``, ``KeyProblem``."""
    found, vault, settings = _opened(migration, ring)
    if not settings.by_consent:
        raise NoSignIn
    name = mailbox.strip().casefold()
    fresh: dict[str, Any] = {"state": SignInState.ASKED, "url": "", "code": "", "expires_at": None, "secret": None}
    if settings.kind == GOOGLE_CONSENT:
        asked = ask_consent(settings, mailbox.strip())
        kept = Secret(json.dumps({"state": asked.state, "verifier": asked.verifier.reveal()}))
        fresh |= {"state": SignInState.OPEN, "url": asked.url, "secret": vault.lock(kept, _row(name))}
    sign_in, made = OwnerSignIn.objects.get_or_create(migration=found, mailbox=name, defaults=fresh)
    if not made:
        OwnerSignIn.objects.filter(pk=sign_in.pk).update(**fresh, words="", remedy="", turn=F("turn") + 1)
        sign_in.refresh_from_db()
    note(actor, "sign-in-begun", mailbox, migration=found)
    return sign_in


@transaction.atomic
def answer_sign_in(migration: MailMigration, mailbox: str, pasted: str, ring: KeyRing) -> None:
    """The address of the page that a Google sign-in ended on; a worker takes it to Google. Raises ``NoSignIn``, ``KeyProblem``."""
    found, vault, _settings = _opened(migration, ring)
    name = mailbox.strip().casefold()
    sign_in = OwnerSignIn.objects.select_for_update().filter(migration=found, mailbox=name, state=SignInState.OPEN).first()
    if sign_in is None or sign_in.secret is None:
        raise NoSignIn
    facts = json.loads(vault.reveal(sign_in.secret, _row(name)).reveal())
    facts["pasted"] = pasted.strip()[:LONGEST_ANSWER]
    OwnerSignIn.objects.filter(pk=sign_in.pk, turn=sign_in.turn).update(
        state=SignInState.ASKED, secret=vault.lock(Secret(json.dumps(facts)), _row(name))
    )


def sign_in_work(migration_id: int, ring: KeyRing) -> Sequence[SignInWork]:
    """What a worker has to do now: begin, ask about, or take to Google. Raises ``KeyProblem``."""
    sign_ins = list(OwnerSignIn.objects.filter(migration_id=migration_id, state__in=UNDER_WAY).order_by("pk"))
    if not sign_ins:
        return ()
    try:
        with transaction.atomic():
            _found, vault, settings = _opened(MailMigration(pk=migration_id), ring)
    except NoSignIn:
        return ()
    if settings.kind != GOOGLE_CONSENT:
        return [SignInWork(sign_in, settings) for sign_in in sign_ins]
    return [_google(sign_in, settings, vault) for sign_in in sign_ins if sign_in.state == SignInState.ASKED and sign_in.secret]


def open_sign_in(sign_in: OwnerSignIn, url: str, code: str, seconds: float) -> bool:
    """The owner can sign in now. False when it was begun anew meanwhile."""
    values = {"state": SignInState.OPEN, "url": clean(url), "code": clean(code), "expires_at": timezone.now() + timedelta(seconds=seconds)}
    return bool(_still(sign_in).update(**values))


def sign_in_wanted(sign_in: OwnerSignIn) -> bool:
    """Is it still this one that is asked about?"""
    return bool(_still(sign_in).exists())


def fail_sign_in(sign_in: OwnerSignIn, words: str, remedy: str) -> None:
    """It came to nothing, in the provider's words."""
    _still(sign_in).update(state=SignInState.FAILED, words=clean(words), remedy=clean(remedy), url="", code="", secret=None)


@transaction.atomic
def keep_consent(sign_in: OwnerSignIn, consent: Secret, ring: KeyRing) -> bool:
    """The owner has allowed it: kept with the credentials. False when it is wanted no more. Raises ``KeyProblem``."""
    try:
        found, vault, settings = _opened(sign_in.migration, ring)
    except NoSignIn:
        return False
    if not _still(sign_in).update(state=SignInState.DONE, url="", code="", secret=None, words="", remedy="", expires_at=None):
        return False
    fresh = replace(settings, consents={**settings.consents, sign_in.mailbox: consent})
    MailMigration.objects.filter(pk=found.pk).update(source_oauth=vault.lock(fresh.as_secret(), OAUTH_ROW))
    check_tokens_again(found)
    note(SCHEDULE, "sign-in-done", sign_in.mailbox, migration=found)
    return True


def _opened(migration: MailMigration, ring: KeyRing) -> tuple[MailMigration, Vault, OauthSettings]:
    """The migration, locked for this transaction, with its credentials. Raises ``NoSignIn``, ``KeyProblem``."""
    found = MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).first()
    if found is None or found.wrapped_key is None or found.source_oauth is None:
        raise NoSignIn
    vault = Vault.open(found.code, found.wrapped_key, found.key_id, ring)
    return found, vault, OauthSettings.of_secret(vault.reveal(found.source_oauth, OAUTH_ROW))


def _google(sign_in: OwnerSignIn, settings: OauthSettings, vault: Vault) -> SignInWork:
    facts = json.loads(vault.reveal(sign_in.secret, _row(sign_in.mailbox)).reveal())
    return SignInWork(sign_in, settings, Asked(sign_in.url, facts["state"], Secret(facts["verifier"])), facts.get("pasted", ""))


def _still(sign_in: OwnerSignIn) -> Any:
    return OwnerSignIn.objects.filter(pk=sign_in.pk, turn=sign_in.turn, state__in=UNDER_WAY)


def _row(mailbox: str) -> str:
    return f"sign-in {mailbox}"
