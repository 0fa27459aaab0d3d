"""Names and pages on loopback, for what looks for servers."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from trasloco.testing.certificates import Certificate
from trasloco.testing.zone import Records, Zone

NAMES = ("old.example", "autoconfig.old.example", "imap.old.example", "mail.old.example")
HERE: dict[tuple[str, str], Records] = {(name, "A"): ["127.0.0.1"] for name in NAMES}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of all names of old.example, signed by an authority that ``trusting`` trusts."""
    return Certificate.make(tmp_path_factory.mktemp("certificate"), self_signed=False, names=NAMES)


@pytest.fixture
def trusting(certificate: Certificate) -> Callable[[], ssl.SSLContext]:
    return lambda: ssl.create_default_context(cafile=certificate.ca_file)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Zone]]:
    """``zone({("old.example", "MX"): [...]})``: the name server of this test; the names of old.example lead to loopback."""
    with ExitStack() as stack:

        def serving(records: dict[tuple[str, str], Records] | None = None, **more: tuple[str, ...]) -> Zone:
            found = stack.enter_context(Zone(HERE | (records or {}), **more))
            monkeypatch.setenv("TRASLOCO_DNS", found.address)
            return found

        yield serving
