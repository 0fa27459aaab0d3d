"""Real IMAP servers, one set per test run (per worker under xdist), started when first asked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trasloco.testing.courier import Courier
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import STANDARD_MAILBOXES, Dovecot

_SHARED = Path(__file__).parents[2] / "shared"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The directory of corpus, vectors and reference data beside the project; tests skip without it."""
    if not (_SHARED / "corpus").is_dir():
        pytest.skip("needs the shared test data (corpus, vectors, reference) in ../shared, beside the project: it is not part of it")
    return _SHARED


@pytest.fixture(scope="session")
def dovecot_source() -> Iterator[Dovecot]:
    """maildir++, delimiter "."; any user name with ``.password``; master user in ``.master``."""
    with Dovecot(master=("master", "master:secret"), special_use=STANDARD_MAILBOXES) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_destination() -> Iterator[Dovecot]:
    """sdbox, delimiter "/"; any user name with ``.password``; master user in ``.master``."""
    with Dovecot(storage="sdbox", master=("admin", "admin secret"), special_use=STANDARD_MAILBOXES) as server:
        yield server


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    """Delimiter "/", folders beside INBOX; any user name with ``.password``; ``.master`` by PLAIN with authzid."""
    with Cyrus(special_use=STANDARD_MAILBOXES) as server:
        yield server


@pytest.fixture(scope="session")
def courier() -> Iterator[Courier]:
    """Delimiter ".", everything below "INBOX.", plain text only; any user name with ``.password``; ``.master``."""
    with Courier() as server:
        yield server


@pytest.fixture
def fresh_user(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes user names that no other test has: each a new, empty mailbox."""
    stem = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    return lambda: f"{stem}-{next(_numbers)}@example.org"


@pytest.fixture
def user(fresh_user: Callable[[], str]) -> str:
    """One such name."""
    return fresh_user()
