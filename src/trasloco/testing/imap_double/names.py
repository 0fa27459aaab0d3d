"""Names of folders as a flavour writes them on the wire, and back."""

from __future__ import annotations

from collections.abc import Iterable

from trasloco.testing.imap_double.flavour import Flavour
from trasloco.testing.mailbox_name import decode_mailbox, encode_mailbox


def on_the_wire(name: str, flavour: Flavour) -> bytes:
    """``INBOX/Archiv`` as this server lists it: with its delimiter, its prefix, its spelling of INBOX."""
    if name == "INBOX":
        return b"INBOX"
    first, _, rest = name.partition("/")
    if first == "INBOX" and flavour.prefix != f"INBOX{flavour.delimiter}":
        name = f"{flavour.inbox}/{rest}"
    elif first == "INBOX":
        name = rest
    return encode_mailbox(flavour.prefix + name.replace("/", flavour.delimiter))


def found(wire: bytes, names: Iterable[str], flavour: Flavour) -> str | None:
    """Which of the folders is meant; None = none of them."""
    if wire.upper() == b"INBOX":
        return "INBOX"
    wanted = decode_mailbox(wire)
    for name in names:
        known = decode_mailbox(on_the_wire(name, flavour))
        if known == wanted or (flavour.folds and known.casefold() == wanted.casefold()):
            return name
    return None


def quoted(text: bytes) -> bytes:
    """A quoted string (RFC 9051 4.3)."""
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
