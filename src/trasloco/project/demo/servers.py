"""The demo's two IMAP servers on loopback: Dovecot where it can be had, otherwise pymap from PyPI."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, Protocol

from trasloco.project.demo.cast import CAST, Path, Person
from trasloco.project.demo.pymap_server import HOST, PymapServer
from trasloco.project.screen import say
from trasloco.testing.dovecot import STANDARD_MAILBOXES, Dovecot
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.packages import PackagesUnavailable
from trasloco.testing.server import ServerFailed
from trasloco.testing.snapshot import Snapshot

MASTER = "migrator"
MASTER_PASSWORD = "correct horse battery staple"  # noqa: S105 - of a server that lives for a minute


class DemoServer(Protocol):
    """What the demo needs of either kind. ``where``: the value for --destination or the CSV, host and port."""

    version: str
    keywords: bool
    encryption: str  # what the panel calls the way to its line

    @property
    def where(self) -> str: ...

    def filler(self, person: Person) -> MailboxFiller: ...

    def snapshot(self, person: Person) -> Snapshot: ...

    def shown(self, path: Path) -> str:
        """The folder's name as this server writes it, and the report with it."""

    def destination_options(self, directory: FilePath) -> list[str]:
        """The options of ``migrate`` that open every mailbox of this server; writes the password file they name into ``directory``."""

    def system(self) -> dict[str, Any]:
        """The same for the panel: fields of ``records.DestinationSystem``, and the master's "secret"."""


class _DovecotServer:
    """TLS with a certificate of its own making, hence ``--tls pin``; the destination is opened by a master user."""

    keywords = True
    encryption = '"TLS, any certificate"'

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
        options = ["--destination", f"imaps://{self.where}", "--destination-master", MASTER]
        return [*options, "--destination-master-password-file", file.name, "--tls", "pin"]

    def system(self) -> dict[str, Any]:
        line = {"host": self._server.host, "port": self._server.tls_port, "security": "implicit", "trust": "pin"}
        return line | {"form": "master", "user": MASTER, "secret": MASTER_PASSWORD}

    def _login(self, person: Person) -> tuple[str, str]:
        if self._source:
            return person.login, person.password
        return f"{person.address}*{MASTER}", MASTER_PASSWORD


class _PymapServer:
    """Plain text, one password for each mailbox, no keywords, all mail in memory."""

    keywords = False
    encryption = '"without TLS"'

    def __init__(self, server: PymapServer, *, source: bool) -> None:
        self._server, self._source = server, source
        self.version = server.version

    @property
    def where(self) -> str:
        return f"{HOST}:{self._server.port}"

    def filler(self, person: Person) -> MailboxFiller:
        return MailboxFiller(HOST, self._server.port, *self._login(person))

    def snapshot(self, person: Person) -> Snapshot:
        return Snapshot.read(HOST, self._server.port, *self._login(person))

    def shown(self, path: Path) -> str:
        return "/".join(path)

    def destination_options(self, directory: FilePath) -> list[str]:
        file = directory / "passwords.csv"
        file.touch(mode=0o600)
        file.write_text("".join(f"{address};{password}\n" for address, password in self._server.users.items()), "utf-8")
        return ["--destination", f"imap://{self.where}", "--destination-passwords", file.name, "--tls", "off"]

    def system(self) -> dict[str, Any]:
        return {"host": HOST, "port": self._server.port, "security": "plain", "form": "password", "secret": ""}

    def _login(self, person: Person) -> tuple[str, str]:
        name = person.login if self._source else person.address
        return name, self._server.users[name]


@contextlib.contextmanager
def servers() -> Iterator[tuple[DemoServer, DemoServer]]:
    """Source and destination, running until the block ends; Dovecot if it can be had. Raises ``ServerFailed``."""
    with contextlib.ExitStack() as stack:
        try:
            pair = stack.enter_context(_dovecots())
        except (PackagesUnavailable, ServerFailed) as error:
            say(f"Dovecot cannot be had here, so this is shown with pymap. ({error})")
            pair = stack.enter_context(_pymaps())
        yield pair


@contextlib.contextmanager
def _dovecots() -> Iterator[tuple[DemoServer, DemoServer]]:
    """As different from each other as two providers are: prefix, delimiter, special-use folders."""
    passwords = {person.login: person.password for person in CAST}
    with (
        Dovecot(users=passwords, prefix="INBOX.", separator=".") as source,
        Dovecot(master=(MASTER, MASTER_PASSWORD), layout="fs", separator="/", special_use=STANDARD_MAILBOXES) as target,
    ):
        yield (
            _DovecotServer(source, prefix="INBOX.", separator=".", source=True),
            _DovecotServer(target, prefix="", separator="/", source=False),
        )


@contextlib.contextmanager
def _pymaps() -> Iterator[tuple[DemoServer, DemoServer]]:
    old = {person.login: person.password for person in CAST}
    new = {person.address: f"new-{number}" for number, person in enumerate(CAST)}
    with PymapServer(old) as source, PymapServer(new) as target:
        yield _PymapServer(source, source=True), _PymapServer(target, source=False)
