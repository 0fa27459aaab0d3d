"""Are both sides equal? Read back over IMAP with code that is not the engine's, and compared as digests.

The report says which folder went where and what was left out; everything else is seen here anew.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from trasloco.project.demo.cast import CAST, Person
from trasloco.project.demo.mail import MAX_SIZE
from trasloco.project.demo.servers import DemoServer
from trasloco.testing.snapshot import Entry


@dataclass(slots=True)
class Comparison:
    """What was found. ``wrong``: sentences, none when all is well."""

    expected: int = 0
    there: int = 0
    left_out: int = 0
    wrong: list[str] = field(default_factory=list)

    def merge(self, other: Comparison) -> None:
        self.expected += other.expected
        self.there += other.there
        self.left_out += other.left_out
        self.wrong += other.wrong


def compare(source: DemoServer, destination: DemoServer, report: dict[str, Any]) -> Comparison:
    """Compare all mailboxes message by message: bytes, flags, dates, folders."""
    folders = {account["destination"]: account["runs"][-1]["folders"] for account in report["accounts"] if account["runs"]}

    def one(person: Person) -> Comparison:
        old, new = named(source, person), named(destination, person)
        return _mailbox(person, old, new, folders.get(person.address, []))

    def named(server: DemoServer, person: Person) -> dict[str, list[Entry]]:
        """The folders as the server writes their names; without keywords where the destination takes none."""
        found = server.snapshot(person).folders
        if not destination.keywords:
            found = {path: [_without_keywords(entry) for entry in entries] for path, entries in found.items()}
        return {server.shown(path): entries for path, entries in found.items()}

    total = Comparison()
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(one, CAST):
            total.merge(found)
    return total


def _without_keywords(entry: Entry) -> Entry:
    return entry._replace(flags=frozenset(flag for flag in entry.flags if flag.startswith("\\")))


def _mailbox(person: Person, old: dict[str, list[Entry]], new: dict[str, list[Entry]], folders: list[dict[str, Any]]) -> Comparison:
    found = Comparison()
    targets = {folder["source"]: folder["destination"] for folder in folders}
    for name, entries in old.items():
        if name not in targets:
            found.wrong.append(f"{person.address}: the report does not mention the folder {name}")
        elif not targets[name]:
            found.left_out += len(entries)
        else:
            _folder(f"{person.address}, {name}", entries, new.get(targets[name], []), found)
    surplus = sum(map(len, new.values())) - found.there
    if surplus > 0:
        found.wrong.append(f"{person.address}: {surplus} messages too many on the destination")
    return found


def _folder(name: str, old: list[Entry], new: list[Entry], found: Comparison) -> None:
    kept = [entry for entry in old if entry.size <= MAX_SIZE]
    found.left_out += len(old) - len(kept)
    found.expected += len(kept)
    missing = _content(kept) - _content(new)
    found.there += len(kept) - missing.total()
    if missing:
        found.wrong.append(f"{name}: {missing.total()} messages are not there")
    elif _all(kept) - _all(new):
        found.wrong.append(f"{name}: flags or dates differ in {(_all(kept) - _all(new)).total()} messages")


def _content(entries: list[Entry]) -> Counter[str]:
    return Counter(entry.sha256 for entry in entries)


def _all(entries: list[Entry]) -> Counter[tuple[str, frozenset[str], int]]:
    return Counter((entry.sha256, entry.flags, entry.epoch) for entry in entries)
