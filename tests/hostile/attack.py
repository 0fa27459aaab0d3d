"""All behaviours let loose on one process: the quiet ones at the same time, those that send as much as they can one after the other.

Each time an honest account goes along. Limits are smaller than the product's where a test would only wait for them to be reached.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Self

from trasloco.testing.dovecot import Dovecot
from trasloco.testing.hostile import bombs, floods, lies, names, silence
from trasloco.testing.hostile.behaviour import BEHAVIOURS, Behaviour
from trasloco.testing.hostile.server import HostileServers
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller

PATIENT = {"connect": 20, "tls": 20, "greeting": 20, "login": 20, "command": 20, "idle_body": 20, "write": 20, "logout": 3}
SHORT = dict.fromkeys(("tls", "greeting", "login", "command", "idle_body", "write"), 2.5) | {"connect": 20, "logout": 0.5, "trickle": 3}
SMALL = {"entries": 150_000, "partial": 20_000, "unasked": 1024 * 1024, "answer": 3 * 1024 * 1024, "mailboxes": 5_000}

KINDS = (silence, floods, bombs, lies, names)
"""The modules of the behaviours, in the order of the page."""

_SILENT = frozenset({"tags-that-lie", "literal-longer-than-said"})
"""Lies that end in silence."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one account ended. peak: MiB of the process meanwhile. honest: how the account beside it did."""

    status: str
    code: str
    side: str
    retry: str
    words: str
    mistake: str
    seconds: float
    peak: int
    honest: str

    @property
    def outcome(self) -> str:
        """As the page names it."""
        return self.mistake or self.code or self.status


@dataclass
class Attack:
    """The process, the honest servers and the hostile ones. ``of`` gives the end of one behaviour on one side."""

    source: Dovecot
    destination: Dovecot
    servers: HostileServers = field(default_factory=HostileServers)
    _users: int = 0
    _ended: dict[tuple[str, str], Ended] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.servers.__enter__()
        command = [sys.executable, "-m", "tests.hostile.victim"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
        self.servers.__exit__(kind, error, trace)

    def of(self, behaviour: Behaviour, side: str, **limits: int) -> Ended:
        """Tried once, and remembered; with ``limits`` of its own each time anew."""
        key = (behaviour.name, side)
        if limits or behaviour.heavy:
            if limits or key not in self._ended:
                self._ended |= self._try([key], limits or SMALL)
        elif key not in self._ended:
            quiet = [(each.name, side) for each in BEHAVIOURS.values() if not each.heavy for side in each.sides]
            self._ended |= self._try(quiet, {})
        return self._ended[key]

    def _try(self, keys: list[tuple[str, str]], limits: dict[str, int]) -> dict[tuple[str, str], Ended]:
        accounts = [*(self._hostile(BEHAVIOURS[name], side) for name, side in keys), self._honest()]
        answer = self._ask({"limits": limits, "accounts": accounts})
        *ends, honest = answer["accounts"]
        return {key: _ended(end, answer["peak"], honest["status"]) for key, end in zip(keys, ends, strict=True)}

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        pipes: tuple[IO[str] | None, IO[str] | None] = (self._process.stdin, self._process.stdout)
        assert pipes[0] is not None
        assert pipes[1] is not None
        pipes[0].write(json.dumps(order) + "\n")
        pipes[0].flush()
        line = pipes[1].readline()
        assert line, "the process has ended"
        found: dict[str, Any] = json.loads(line)
        return found

    def _honest(self) -> dict[str, Any]:
        """An account with a few letters, between the honest servers."""
        self._users += 1
        user = f"honest-{self._users}@example.org"
        with MailboxFiller(self.source.host, self.source.port, user, self.source.password) as filler:
            filler.fill(Letters("hostile"), 3, (("INBOX",),))
        return {"source": _place(self.source, user), "destination": _place(self.destination, user), "deadlines": {}}

    def _hostile(self, behaviour: Behaviour, side: str) -> dict[str, Any]:
        """An account with one hostile side."""
        order = self._honest()
        port = self.servers.open(behaviour, side)
        order[side] = {"port": port, "user": "anna", "password": "secret", "tls": behaviour.tls}
        quiet = behaviour.act.__module__ == silence.__name__ or behaviour.name in _SILENT
        order["deadlines"] = SHORT if quiet else PATIENT
        order["probe"] = "UID SEARCH" in behaviour.at
        order["compress"] = "COMPRESS" in behaviour.at
        return order


def _place(server: Dovecot, user: str) -> dict[str, Any]:
    return {"port": server.port, "user": user, "password": server.password}


def _ended(end: dict[str, Any], peak: int, honest: str) -> Ended:
    failure = end["failure"] or dict.fromkeys(("code", "side", "retry", "words"), "")
    return Ended(
        end["status"],
        failure["code"],
        failure["side"],
        failure["retry"],
        failure["words"],
        end.get("mistake", ""),
        end["seconds"],
        peak,
        honest,
    )


def cases() -> Iterator[tuple[str, str]]:
    """Each behaviour on each side where it makes sense."""
    for behaviour in BEHAVIOURS.values():
        for side in behaviour.sides:
            yield behaviour.name, side
