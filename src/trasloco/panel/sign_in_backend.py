"""Who is let in, and stays in: asked at sign-in and again at each request of a session."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from trasloco.records.models import Person
from trasloco.records.rights import may_sign_in


class SignInBackend(AuthenticationBackend):  # type: ignore[misc] # allauth has no types
    """The library's, but for people whose customer is locked: their sessions end at the next request."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return isinstance(user, Person) and may_sign_in(user)
