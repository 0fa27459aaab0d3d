"""Secrets that a server says back: servers do repeat a command they refuse, password and all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trasloco.imap.responses import Response, Tagged, Unparsable, UntaggedStatus


def without_secrets(response: Response, secrets: Iterable[str]) -> Response:
    """The response with every one of ``secrets`` taken out of its words."""
    if isinstance(response, Unparsable):
        words = _hide(response.words, secrets)
        return response if words == response.words else replace(response, words=words)
    if isinstance(response, Tagged | UntaggedStatus):
        words = _hide(response.status.words, secrets)
        return response if words == response.status.words else replace(response, status=replace(response.status, words=words))
    return response


def _hide(words: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, "(hidden)")
    return words
