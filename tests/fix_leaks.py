"""No password of the tests is anywhere in the end: everything that a whole run writes, says or sends is gone through.

Each test process hunts for itself, after its last test. Looked through: what commands and tests print and log, answers of the panel, mails,
the tests' own directories (logs, reports, proofs, databases of services), and the tests' own database: its files, with dead
rows and the write-ahead log. Not looked through: the wire between client and mail server and what the test servers keep of it, as it
carries passwords by its nature; the files a test makes for the product to read (``leak_hunt.INPUT``); the page of a form in which
somebody has just typed a CSV or passwords, which gives back to him what was not accepted; and the one answer that shows the secret of a
webhook to who has just made it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from hypothesis import currently_in_test_context

from tests.leak_hunt import LeakHunt
from trasloco.panel.body_limit import BodyLimit
from trasloco.secret import Secret
from trasloco.testing.mail_sink import MailSink
from trasloco.testing.wire import Wire

_TYPED = re.compile(r"^\w+ .*(/new/\w+/csv/|/once-more/)$|^POST .*(/failures/[\w-]+/passwords/|/settings/webhooks/)$")
"""Method and path."""
_HUNT = LeakHunt(Path(tempfile.mkdtemp(prefix="trasloco-leaks-")))
_now = "collection"


@pytest.fixture(scope="session", autouse=True)
def leak_hunt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeakHunt]:
    """The hunt of this process; its findings are the error of the last test. Begins before all other fixtures, so it ends after them."""
    with pytest.MonkeyPatch.context() as patch:
        _watch(patch)
        yield _HUNT
    _HUNT.search(tmp_path_factory.getbasetemp())
    shutil.rmtree(_HUNT.spool)
    if _HUNT.found:
        pytest.fail("\n".join([f"passwords were left in {len(_HUNT.found)} places:", *_HUNT.found[:50]]), pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What the hunt takes goes by all that was written, and is not the last test's."""
    if nextitem is None:
        item.config.hook.pytest_timeout_cancel_timer(item=item)


def pytest_runtest_logstart(nodeid: str) -> None:
    global _now
    _now = nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    for name, text in report.sections:
        _HUNT.keep(f"{name} of {item.nodeid}", text)
    return report


def _watch(patch: pytest.MonkeyPatch) -> None:
    """Passwords where they are used; what comes out where it does."""
    from django.test import Client

    _before(patch, Secret, "__init__", lambda secret, value: _learn(value))
    _before(patch, Wire, "login", lambda wire, user, password, **more: _learn(password))
    _after(patch, Client, "request", _answered)
    _after(patch, pytest.CaptureFixture, "readouterr", lambda said, *_: _kept("what was read", f"{said.out}\n{said.err}"))
    _after(patch, subprocess.Popen, "communicate", _said)
    _watch_sink(patch)
    _watch_served(patch)


def _learn(password: str) -> None:
    if not currently_in_test_context():  # Hypothesis makes thousands, of any sort
        _HUNT.learn(password, _now)


def _kept(what: str, data: bytes | str | None) -> None:
    _HUNT.keep(f"{what} in {_now}", data)


def _answered(response: Any, client: Any, **request: Any) -> None:
    """What Django's own client got: page and headers."""
    if not response.streaming and not _TYPED.search(f"{request.get('REQUEST_METHOD', 'GET')} {request.get('PATH_INFO', '')}"):
        _kept(f"answer of {request.get('PATH_INFO')}", response.content)
    _kept(f"headers of {request.get('PATH_INFO')}", repr(response.headers))


def _said(outcome: Any, process: subprocess.Popen[Any], *_: Any, **more: Any) -> None:
    for text in outcome:
        _kept(f"what {process.args!r} said", text)


def _watch_sink(patch: pytest.MonkeyPatch) -> None:
    """Mails, as they came and as they are read."""
    taken = MailSink.handle_DATA

    async def handle_DATA(self: MailSink, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await taken(self, server, session, envelope)
        for mail in self.mails[-1:]:
            _kept("a mail", mail.as_bytes())
            for part in mail.walk():
                body = part.get_payload(decode=True)
                _kept("a mail's part", body if isinstance(body, bytes) else None)
        return answer

    patch.setattr(MailSink, "handle_DATA", handle_DATA)


def _watch_served(patch: pytest.MonkeyPatch) -> None:
    """What a browser gets of a panel that is served from this process."""
    served = BodyLimit.__call__

    async def call(self: BodyLimit, scope: Any, receive: Any, send: Any) -> None:
        async def seen(message: Any) -> None:
            if not _TYPED.search(f"{scope.get('method', 'GET')} {scope.get('path', '')}"):
                _kept(f"answer of {scope.get('path')}", message.get("body"))
            await send(message)

        await served(self, scope, receive, seen)

    patch.setattr(BodyLimit, "__call__", call)


def _before(patch: pytest.MonkeyPatch, where: Any, name: str, look: Callable[..., object]) -> None:
    real = getattr(where, name)

    @wraps(real)
    def looked(*arguments: Any, **more: Any) -> Any:
        look(*arguments, **more)
        return real(*arguments, **more)

    patch.setattr(where, name, looked)


def _after(patch: pytest.MonkeyPatch, where: Any, name: str, look: Callable[..., object]) -> None:
    real = getattr(where, name)

    @wraps(real)
    def looked(*arguments: Any, **more: Any) -> Any:
        outcome = real(*arguments, **more)
        look(outcome, *arguments, **more)
        return outcome

    patch.setattr(where, name, looked)
