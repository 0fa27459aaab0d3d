"""The whole service as a process, and an SMTP server for its mails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trasloco.testing.mail_sink import MailSink
from trasloco.testing.service import Service


@pytest.fixture
def mail_sink() -> Iterator[MailSink]:
    """Keeps what it is given; ``refuse`` makes it refuse."""
    with MailSink() as sink:
        yield sink


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """``trasloco serve`` with a new state directory; the panel answers at ``service.address``."""
    with Service(tmp_path) as running:
        yield running
