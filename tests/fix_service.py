"""The whole service as a process, and an SMTP server for its mails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trasloco.testing.mail_sink import MailSink
from trasloco.testing.ready_cluster import ReadyCluster
from trasloco.testing.service import Service


@pytest.fixture
def mail_sink() -> Iterator[MailSink]:
    """Keeps what it is given; ``refuse`` makes it refuse."""
    with MailSink() as sink:
        yield sink


@pytest.fixture(scope="session")
def ready_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadyCluster]:
    """A database with its schema, to be laid into state directories."""
    with ReadyCluster(tmp_path_factory.mktemp("ready")) as cluster:
        yield cluster


@pytest.fixture
def service(tmp_path: Path, ready_cluster: ReadyCluster) -> Iterator[Service]:
    """``trasloco serve`` with a state directory of its own, in which is nothing but the tables; the panel answers at
    ``service.address``. What makes the tables at the first start is tried by ``tests/project/test_database.py``."""
    ready_cluster.lay(tmp_path / "state")
    with Service(tmp_path) as running:
        yield running
