"""The folders of one mailbox as paths, whatever the server's delimiter and prefix.

A path is a tuple of names as people see them: ``("INBOX",)``, ``("Archiv", "2024")``. A personal
namespace prefix (``INBOX.``) is no part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trasloco.testing.mailbox_name import decode_mailbox, encode_mailbox
from trasloco.testing.wire import Response, Wire

Path = tuple[str, ...]

_LISTED = re.compile(rb'^\* (?:LIST|LSUB) \(([^)]*)\) (?:"(\\?.)"|NIL) (.*)$', re.I | re.S)
_NAMESPACE = re.compile(rb'^\* NAMESPACE \(\("((?:[^"\\]|\\.)*)" (?:"(\\?.)"|NIL)', re.I)


@dataclass(frozen=True, slots=True)
class Folder:
    """One line of LIST: the name on the wire, where it stands, lower-case attributes."""

    wire: bytes
    path: Path
    attributes: frozenset[str]

    @property
    def selectable(self) -> bool:
        return not self.attributes & {"\\noselect", "\\nonexistent"}


class MailboxTree:
    """Knows how this server writes a path; lists what is there."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.prefix, self.delimiter = b"", b"/"
        if "NAMESPACE" in wire.capabilities:
            found = next((match for each in wire.command(b"NAMESPACE") if (match := _NAMESPACE.match(each.text))), None)
            if found is not None:
                self.prefix, self.delimiter = found[1], (found[2] or b"/")[-1:]
        else:
            listed = next((match for each in wire.command(b'LIST "" ""') if (match := _LISTED.match(each.text))), None)
            self.delimiter = (listed[2] or b"/")[-1:] if listed else b"/"

    def wire_name(self, path: Path) -> bytes:
        """How this server calls the folder at ``path``."""
        if path[0].upper() == "INBOX":
            return self.delimiter.join([b"INBOX", *map(encode_mailbox, path[1:])])
        return self.prefix + self.delimiter.join(map(encode_mailbox, path))

    def path(self, wire: bytes) -> Path:
        """The inverse of ``wire_name``."""
        if wire.upper() == b"INBOX":
            return ("INBOX",)
        if self.prefix and wire.startswith(self.prefix):
            wire = wire[len(self.prefix) :]
        return tuple(decode_mailbox(part) for part in wire.split(self.delimiter))

    def folders(self) -> list[Folder]:
        """All folders, special-use attributes with them where the server knows any."""
        command = b'LIST "" "*"'
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._wire.capabilities:
            command += b" RETURN (SPECIAL-USE)"
        return self._listed(command)

    def subscribed(self) -> set[Path]:
        """The paths of LSUB."""
        return {folder.path for folder in self._listed(b'LSUB "" "*"') if folder.selectable}

    def _listed(self, command: bytes) -> list[Folder]:
        return [folder for each in self._wire.command(command) if (folder := self._folder(each)) is not None]

    def _folder(self, response: Response) -> Folder | None:
        match = _LISTED.match(response.text)
        if match is None:
            return None
        name = match[3].split(b' ("', 1)[0] if match[3].startswith(b'"') is False else match[3]
        if response.literals:
            name = response.literals[0]
        elif name.startswith(b'"'):
            end = re.match(rb'"((?:[^"\\]|\\.)*)"', name, re.S)
            name = re.sub(rb"\\(.)", rb"\1", end[1]) if end else name
        return Folder(name, self.path(name), frozenset(match[1].decode("ascii").lower().split()))
