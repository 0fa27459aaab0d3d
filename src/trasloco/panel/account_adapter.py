"""What allauth asks us: nobody signs up by himself."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Sign-in, reset and sessions are the library's; people are made by an admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
