"""What a destination really made of the names it was asked to create.

Some fold case, trim spaces or normalise: two names that differ here may be one folder there, and two
source folders must never share one. So an "already exists" is believed only of a name that is listed
exactly, and after creating, the list is read again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from trasloco.imap.client import Client
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Mailbox


@dataclass(frozen=True, slots=True)
class Found:
    """The listed name that a created one goes by; another: it is another pair's folder."""

    name: bytes
    another: bool


async def is_there(client: Client, name: bytes) -> bool:
    """Whether exactly this name is listed and can be opened. Raises CommandFailed."""
    if name.upper() == b"INBOX":
        return True
    return any(mailbox.name == name and mailbox.selectable for mailbox in await client.tree(b"", name, status=False))


def made_of(name: bytes, listed: Sequence[Mailbox], destinations: Collection[bytes]) -> Found | None:
    """What became of ``name``: None when it is listed as it is, or when nothing like it is listed (servers
    do not show every folder). ``destinations``: names of all pairs, which a folder belongs to first."""
    if any(mailbox.name == name for mailbox in listed):
        return None
    like = [mailbox for mailbox in listed if _fold(mailbox.name, mailbox.delimiter) == _fold(name, mailbox.delimiter)]
    if not like:
        return None
    free = [mailbox.name for mailbox in like if mailbox.name not in destinations]
    return Found(free[0], another=False) if free else Found(like[0].name, another=True)


def _fold(name: bytes, delimiter: str | None) -> tuple[str, ...]:
    """The coarsest form in which servers compare names: no case, no spaces at the ends, one Unicode form."""
    text = unicodedata.normalize("NFKC", decode_name(name)).casefold()
    return tuple(" ".join(level.split()) for level in (text.split(delimiter) if delimiter else [text]))
