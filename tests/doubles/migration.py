"""A migration from doubles to a real Dovecot, planned and carried out as the service does it: records, jobs, worker, PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async

from trasloco.records.key_ring import KeyRing
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.store import Mailbox
from trasloco.testing.planned_migration import Order, planned
from trasloco.testing.run_states import begin
from trasloco.testing.snapshot import Snapshot

SECONDS = 120.0


@dataclass
class Moving:
    """accounts: (destination address, source login, password; "" = by token). source_master: whose the passwords are.
    ``code`` once it is planned."""

    ring: KeyRing
    source: tuple[str, int]
    destination: Dovecot
    accounts: Sequence[tuple[str, str, str]]
    source_type: str
    oauth: str = ""
    source_master: str = ""
    speech: str = "imap"
    code: str = ""

    async def run(self, concurrency: int = 20) -> dict[str, Any]:
        """The next of the two runs, to its end, by one worker with so many places; returns the report."""
        from trasloco.jobs.worker import until_ended, work

        run = await sync_to_async(self._begin)()
        async with asyncio.timeout(SECONDS):
            await work(concurrency, until=until_ended(run), runs=[run.pk])
        return await sync_to_async(self._report)()

    async def log(self, number: int, login: str = "") -> list[tuple[str, str]]:
        """(action, words) of one run, of all accounts or of one."""
        return await sync_to_async(self._log)(number, login)

    def arrived(self, number: int = 0) -> Snapshot:
        """What is on the destination of one account."""
        address = self.accounts[number][0]
        assert self.destination.master is not None
        return Snapshot.read(
            self.destination.host, self.destination.port, f"{address}*{self.destination.master[0]}", self.destination.master[1]
        )

    def _begin(self) -> Any:
        from trasloco.records.models import MailMigration

        if not self.code:
            assert self.destination.master is not None
            there = (self.destination.host, self.destination.port)
            order = Order(
                self.accounts,
                self.source,
                there,
                self.destination.master,
                source_type=self.source_type,
                source_master=self.source_master,
                oauth=self.oauth,
                source_speech=self.speech,
            )
            self.code = planned(self.ring, order).code
        return begin(MailMigration.objects.get(code=self.code))

    def _report(self) -> dict[str, Any]:
        from trasloco.records.queries import report

        made = report(self.code)
        assert made is not None
        for account in made["accounts"]:
            for run in account["runs"]:
                for messages in (run["messages"], *(folder["messages"] for folder in run["folders"])):
                    assert messages["source"] == sum(count for fate, count in messages.items() if fate != "source")
        json.dumps(made)
        return made

    def _log(self, number: int, login: str) -> list[tuple[str, str]]:
        from trasloco.records.models import LogEntry

        found = LogEntry.objects.filter(transfer__run__migration__code=self.code, transfer__run__number=number)
        if login:
            found = found.filter(transfer__account__login=login)
        return list(found.values_list("action", "words"))


def last_run(report: Mapping[str, Any], account: int = 0) -> dict[str, Any]:
    """The newest run of one account."""
    run: dict[str, Any] = report["accounts"][account]["runs"][-1]
    return run


def fates(run: Mapping[str, Any]) -> Counter[str]:
    """Fates of a run that are not zero."""
    return Counter({fate: count for fate, count in run["messages"].items() if count and fate != "source"})


def differences(mailbox: Mailbox, arrived: Snapshot, *, without: Sequence[str] = (), folder: Mapping[str, str] | None = None) -> list[str]:
    """Where the destination is not what the source is, message by message, whatever form each was handed out in.

    A message is there when its content, or one of the forms in which it was served, is there once, with its flags and date.
    folder: names that are others on the destination.
    """
    wrong: list[str] = []
    renamed = folder or {}
    left_out = tuple(without)
    for name, here in mailbox.folders.items():
        if any(name == each or name.startswith(each + "/") for each in left_out) or not here.listed:
            continue
        path = tuple(renamed.get(name, name).split("/"))
        there = list(arrived.folders.get(path, ()))
        for message in here.messages.values():
            flags = frozenset(flag.lower() if flag.startswith("\\") else flag for flag in message.flags)
            found = next((entry for entry in there if entry.sha256 in {message.sha256, *message.served}), None)
            if found is None:
                wrong.append(f"{name}: message {message.uid} is missing")
                continue
            there.remove(found)
            if (found.flags, found.epoch) != (flags, message.epoch):
                wrong.append(
                    f"{name}: message {message.uid} has {sorted(found.flags)} at {found.epoch}, not {sorted(flags)} at {message.epoch}"
                )
        wrong += [f"{name}: there is one too many (UID {entry.uid})" for entry in there]
    return wrong
