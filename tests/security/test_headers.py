"""What every answer of the panel tells a browser, and what a session survives: headers, cookies, sign-in."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.fix_people import PASSWORD, Cast

MakeClient = Callable[..., Client]


@pytest.fixture
def behind_tls(monkeypatch: pytest.MonkeyPatch, clean_database: Any) -> Iterator[None]:
    """The settings as with TRASLOCO_HTTPS=1, read anew from the environment."""
    from django.test import override_settings

    from trasloco.project import settings

    monkeypatch.setenv("TRASLOCO_HTTPS", "1")
    monkeypatch.setenv("TRASLOCO_HOSTS", "testserver")
    read = importlib.reload(settings)
    names = ("SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE", "SECURE_", "ALLOWED_HOSTS")
    with override_settings(**{name: getattr(read, name) for name in dir(read) if name.startswith(names)}):
        yield
        monkeypatch.undo()  # before the override ends: what others have patched beside it goes with it
    importlib.reload(settings)


@pytest.mark.parametrize("path", ["/account/login/", "/migrations/", "/nothing/here/", "/migrations/new/", "/account/2fa/"])
def test_nothing_inline_runs_and_nobody_frames_us(path: str, cast: Cast, make_client: MakeClient) -> None:
    answer = make_client(cast.people["admin"]).get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_behind_tls_cookies_are_for_https_only_and_the_browser_stays_there(behind_tls: None, cast: Cast, make_client: MakeClient) -> None:
    client = make_client()
    assert client.get("/account/login/").status_code == 301, "to https"
    answer = client.get("/account/login/", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    client.post("/account/login/", {"login": "admin@alpha.example", "password": PASSWORD}, secure=True)
    for name in ("sessionid", "csrftoken"):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), name


def test_a_session_that_was_there_before_the_sign_in_is_another_one_after_it(cast: Cast, make_client: MakeClient) -> None:
    """Fixation: whoever has planted a session's key in a browser holds the key of nothing."""
    from django.contrib.sessions.backends.db import SessionStore

    planted = SessionStore()
    planted["language"] = "en"
    planted.save()
    client = make_client()
    client.cookies["sessionid"] = planted.session_key or ""
    client.post("/account/login/", {"login": "admin@alpha.example", "password": PASSWORD})
    assert client.get("/migrations/").status_code == 200
    assert client.cookies["sessionid"].value != planted.session_key
    thief = make_client()
    thief.cookies["sessionid"] = planted.session_key or ""
    assert thief.get("/migrations/").status_code == 302


def test_the_second_factor_is_not_got_around(cast: Cast, make_client: MakeClient) -> None:
    """Between password and code no page opens, no code works twice, and wrong ones come to an end."""
    from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(cast.people["admin"], secret)
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    client = make_client()
    client.post("/account/login/", {"login": "admin@alpha.example", "password": PASSWORD})
    for path in (
        "/",
        "/migrations/",
        "/people/",
        "/profile/",
        "/account/2fa/",
        "/account/password/change/",
        "/account/2fa/recovery-codes/",
    ):
        assert client.get(path).headers["Location"].startswith("/account/"), path
    assert client.post("/account/2fa/authenticate/", {"code": code}).headers["Location"] == "/"
    again = make_client()
    again.post("/account/login/", {"login": "admin@alpha.example", "password": PASSWORD})
    assert again.post("/account/2fa/authenticate/", {"code": code}).status_code == 200, "the same code a second time"
    answers = [again.post("/account/2fa/authenticate/", {"code": f"{number:06}"}).content for number in range(12)]
    assert b"Too many" in answers[-1]
    assert again.get("/migrations/").status_code == 302


def test_core_dumps_and_readers_of_memory_are_kept_off() -> None:
    import subprocess
    import sys

    words = (
        "from trasloco.project.private_memory import keep_memory_private; import ctypes, resource; keep_memory_private();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "(0, 0) 0"
