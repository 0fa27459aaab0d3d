"""The demo's two IMAP servers on loopback: Dovecot where it can be had, otherwise pymap from PyPI."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Protocol

from trasloco.project.demo.cast import CAST, Path, Person
from trasloco.testing.dovecot import STANDARD_MAILBOXES, Dovecot
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot

MASTER = "migrator"
MASTER_PASSWORD = "correct horse battery staple"  # noqa: S105 - of a server that lives for a minute


class DemoServer(Protocol):
    """What the demo needs of either kind. ``where``: the value for --destination or the CSV, host and port."""

    version: str
    keywords: bool

    @property
    def where(self) -> str: ...

    def filler(self, person: Person) -> MailboxFiller: ...

    def snapshot(self, person: Person) -> Snapshot: ...

    def shown(self, path: Path) -> str:
        """The folder's name as this server writes it, and the report with it."""

    def destination_options(self, directory: FilePath) -> list[str]:
        """The options of ``migrate`` that open every mailbox of this server; writes the password file they name into ``directory``."""


class _DovecotServer:
    """TLS with a certificate of its own making, hence ``--tls pin``."""

    keywords = True

    def __init__(self, server: Dovecot, *, prefix: str, separator: str, source: bool) -> None:
        self._server, self._prefix, self._separator, self._source = server, prefix, separator, source
        self.version = server.version

    @property
    def where(self) -> str:
        return f"{self._server.host}:{self._server.tls_port}"

    def filler(self, person: Person) -> MailboxFiller:
        return MailboxFiller(self._server.host, self._server.port, *self._login(person))

    def snapshot(self, person: Person) -> Snapshot:
        return Snapshot.read(self._server.host, self._server.port, *self._login(person))

    def shown(self, path: Path) -> str:
        name = self._separator.join(path)
        return name if path == ("INBOX",) else self._prefix + name

    def destination_options(self, directory: FilePath) -> list[str]:
        file = directory / "master.txt"
        file.touch(mode=0o600)
        file.write_text(MASTER_PASSWORD + "\n", "utf-8")
        return ["--destination", f"imaps://{self.where}", "--destination-master", MASTER, "--destination-master-password-file", file.name]

    def _login(self, person: Person) -> tuple[str, str]:
        if self._source:
            return person.login, person.password
        return f"{person.address}*{MASTER}", MASTER_PASSWORD


@contextlib.contextmanager
def servers() -> Iterator[tuple[DemoServer, DemoServer]]:
    """Source and destination, running until the block ends; as different from each other as two providers are.

    Raises ``PackagesUnavailable`` and ``ServerFailed``.
    """
    passwords = {person.login: person.password for person in CAST}
    with (
        Dovecot(users=passwords, prefix="INBOX.", separator=".") as source,
        Dovecot(master=(MASTER, MASTER_PASSWORD), layout="fs", separator="/", special_use=STANDARD_MAILBOXES) as target,
    ):
        yield (
            _DovecotServer(source, prefix="INBOX.", separator=".", source=True),
            _DovecotServer(target, prefix="", separator="/", source=False),
        )
