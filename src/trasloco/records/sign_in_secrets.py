"""Secrets of second factors at rest: encrypted with a key of the key ring, which lives outside the database."""

from __future__ import annotations

import base64
import binascii

from trasloco.records.key_ring import KeyProblem, KeyRing

BOUND_TO = "second factor"


def lock_sign_in_secret(text: str, ring: KeyRing) -> str:
    """As text for the database: the key's id, a colon, base64."""
    return f"{ring.newest}:{base64.b64encode(ring.wrap(text.encode(), BOUND_TO)).decode()}"


def key_of(stored: str) -> str:
    """The id of the key that it is encrypted with."""
    return stored.partition(":")[0]


def open_sign_in_secret(stored: str, ring: KeyRing) -> str:
    """The secret again. Raises ``KeyProblem``."""
    key_id, _colon, encoded = stored.partition(":")
    try:
        return ring.unwrap(key_id, base64.b64decode(encoded, validate=True), BOUND_TO).decode()
    except binascii.Error as error:
        raise KeyProblem("A stored second factor is damaged. Remove it with the person, and invite him again.") from error
