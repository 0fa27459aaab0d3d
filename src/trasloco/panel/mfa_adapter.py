"""What allauth's second factors ask us: how their secrets are kept, and how the panel is called."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from trasloco.records.key_ring import KeyRing
from trasloco.records.sign_in_secrets import lock_sign_in_secret, open_sign_in_secret


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Secrets of authenticator apps and recovery codes are encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return lock_sign_in_secret(text, _ring())

    def decrypt(self, encrypted_text: str) -> str:
        return open_sign_in_secret(encrypted_text, _ring())

    def _get_site_name(self) -> str:
        return "Trasloco"  # what a browser and an app show beside the key


def _ring() -> KeyRing:
    return KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
