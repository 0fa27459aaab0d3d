"""Answers to LIST, LSUB, XLIST and STATUS: lines without their ``* ``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from trasloco.testing.imap_double.flavour import Flavour
from trasloco.testing.imap_double.names import on_the_wire, quoted
from trasloco.testing.imap_double.store import Folder, Mailbox


def listed(verb: str, mailbox: Mailbox, pattern: bytes, flavour: Flavour) -> Iterator[bytes]:
    """One line for each folder that is listed and fits."""
    with mailbox.lock:
        names = [name for name in sorted(mailbox.folders, key=lambda name: (name != "INBOX", name)) if mailbox.folders[name].listed]
        fits = _pattern(pattern, flavour)
        for name in names:
            folder, wire = mailbox.folders[name], on_the_wire(name, flavour)
            if fits.fullmatch(wire) and (folder.subscribed or verb != "LSUB"):
                parent = any(other.startswith(name + "/") for other in names)
                attributes = " ".join(("\\HasChildren" if parent else "\\HasNoChildren", *folder.attributes))
                yield b'%s (%s) "%s" %s' % (verb.encode(), attributes.encode(), _delimiter(flavour), _written(wire))


def told(name: bytes, folder: Folder, items: Sequence[bytes]) -> bytes:
    """A line of STATUS."""
    values = {
        b"MESSAGES": len(folder.messages),
        b"RECENT": 0,
        b"UIDNEXT": folder.uidnext,
        b"UIDVALIDITY": folder.uidvalidity,
        b"UNSEEN": sum("\\Seen" not in message.flags for message in folder.messages.values()),
    }
    pairs = [b"%s %d" % (item.upper(), values[item.upper()]) for item in items if item.upper() in values]
    return b"STATUS " + _written(name) + b" (" + b" ".join(pairs) + b")"


def _pattern(pattern: bytes, flavour: Flavour) -> re.Pattern[bytes]:
    parts = {b"*": b".*", b"%": b"[^" + re.escape(flavour.delimiter.encode()) + b"]*"}
    return re.compile(b"".join(parts.get(bytes([byte]), re.escape(bytes([byte]))) for byte in pattern), re.S)


def _delimiter(flavour: Flavour) -> bytes:
    return flavour.delimiter.encode().replace(b"\\", b"\\\\")


def _written(name: bytes) -> bytes:
    return name if re.fullmatch(rb"[A-Za-z0-9._/-]+", name) else quoted(name)
