"""A real Dovecot that serves POP3 too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from trasloco.testing.dovecot import Dovecot


@pytest.fixture(scope="session")
def pop3_source() -> Iterator[Dovecot]:
    """INBOX of any user by POP3 at ``pop3_port``; a master user in ``.master``."""
    with Dovecot(pop3=True, master=("master", "master secret")) as server:
        yield server
