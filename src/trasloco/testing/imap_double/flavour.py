"""How a kind of server speaks: facts in ``flavours.toml``, read and checked here.

flavour("office365").greeting
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any

_NOT_SAID = "*"


@dataclass(frozen=True, slots=True)
class Flavour:
    """One kind of server. Answers are without tag and kind; "{command}" in them is the command's name.

    before, after: capabilities before and after a login. told: the capabilities come with the answer to the login too.
    delimiter: between levels; prefix: of everything but INBOX; namespace: the whole answer.
    identity: of the answer to ID. mechanisms: of AUTHENTICATE that are known, whatever is offered. basic: passwords open doors.
    refuses, refused: how (NO or BAD) and in which words a wrong password is;
    challenge: base64 sent before a refused token; invalid: a command that is not known;
    completed: the end of every success; bye: at LOGOUT. select: lines beside EXISTS and the numbers.
    inbox: how INBOX is spelled before its subfolders. folds: names are one in any case.
    size_factor, size_offset: RFC822.SIZE is a wrong number when they are not 1 and 0. renders: the MIME structure is made anew
    at every fetch. errors: so many refusals, then ``hangs_up``; 0 = it is patient.
    throttled: "{milliseconds}" in it. expired: the BYE for a token that ran out.
    not_connected: what who may sign in, but not into the mailbox, hears at every command.
    """

    name: str
    title: str
    greeting: str
    before: str
    after: str = ""
    told: bool = False
    delimiter: str = "/"
    prefix: str = ""
    namespace: str = '(("" "/")) NIL NIL'
    identity: str = "NIL"
    mechanisms: tuple[str, ...] = ()
    basic: bool = True
    refused: str = "{command} failed."
    refuses: str = "NO"
    challenge: str = ""
    invalid: str = "Unknown command"
    missing: str = "Mailbox doesn't exist"
    completed: str = "{command} completed."
    bye: str = "Logging out"
    select: tuple[str, ...] = ()
    inbox: str = "INBOX"
    folds: bool = False
    size_factor: float = 1.0
    size_offset: int = 0
    renders: bool = False
    errors: int = 0
    hangs_up: str = "Too many errors"
    throttled: str = ""
    expired: str = ""
    not_connected: str = ""

    def __post_init__(self) -> None:
        if _NOT_SAID in self.before or not self.greeting:
            raise ValueError(f"flavour {self.name}: greeting and capabilities have to be written out")

    @property
    def signed_in(self) -> str:
        """Capabilities after the login."""
        return self.after or self.before

    def size(self, length: int) -> int:
        """What RFC822.SIZE says of a message of that many bytes."""
        return int(length * self.size_factor) + self.size_offset


@cache
def flavours() -> Mapping[str, Flavour]:
    """All of them by name. Raises TypeError or ValueError for a wrong data file."""
    text = resources.files("trasloco.testing.imap_double").joinpath("flavours.toml").read_text("utf-8")
    known = {item.name for item in fields(Flavour)}
    return {name: Flavour(name, **_checked(name, facts, known)) for name, facts in tomllib.loads(text).items()}


def flavour(name: str) -> Flavour:
    """One of them."""
    return flavours()[name]


def _checked(name: str, facts: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    if strange := set(facts) - known:
        raise ValueError(f"flavour {name}: {', '.join(sorted(strange))} is not known")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
