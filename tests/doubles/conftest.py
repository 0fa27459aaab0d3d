"""The operator's own server, where everything goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from trasloco.testing.dovecot import Dovecot

pytestmark = pytest.mark.usefixtures("clean_database")


@pytest.fixture(scope="session")
def home() -> Iterator[Dovecot]:
    """A real Dovecot with a master user; any user name is a fresh mailbox."""
    with Dovecot(layout="fs", separator="/", master=("master", 'mas"ter;pass 1')) as server:
        yield server
