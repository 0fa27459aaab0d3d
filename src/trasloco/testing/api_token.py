"""A token of the API for a person of a service that runs in processes of its own, put into its database past all pages."""

from __future__ import annotations

import hashlib
import secrets

import psycopg

_INSERT = """
INSERT INTO trasloco_api_token (person_id, name, hint, digest, scopes, created_at, expires_at, counted)
SELECT id, 'a test', 'trasloco_', %s, '{read,write,admin}', now(), now() + interval '1 day', 0 FROM trasloco_person WHERE email = %s
"""


def token_in(conninfo: str, email: str) -> str:
    """The text of the token, with all scopes. Raises LookupError when there is no such person."""
    text = f"trasloco_{secrets.token_urlsafe(32)}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if connection.execute(_INSERT, (hashlib.sha256(text.encode()).hexdigest(), email)).rowcount != 1:
            raise LookupError(email)
    return text
