"""The mailbox tree: in one round trip where the server can, in two where it cannot.

With LIST-EXTENDED, one ``LIST ... RETURN (SUBSCRIBED SPECIAL-USE STATUS (...))`` (RFC 5258, 6154,
5819). Else LIST (XLIST for the Gmail of before SPECIAL-USE) and LSUB together, then STATUS of every
selectable mailbox, pipelined. Each option is sent only to a server that offers it; a BAD all the same
is answered by the plain way, once, and remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from trasloco.imap import commands, quirks
from trasloco.imap.connection import Answer, Connection
from trasloco.imap.errors import CommandFailed, LimitExceeded
from trasloco.imap.responses import Listed, MailboxStatus, Response
from trasloco.imap.values import Mailbox, Status
from trasloco.sentence import sentence as _


class Tree:
    """Reads the tree of one connection. ``quirks`` are the client's, ``note`` adds to them."""

    def __init__(self, connection: Connection, known_quirks: set[str], note: Callable[[quirks.Quirk], None]) -> None:
        self._connection = connection
        self._quirks = known_quirks
        self._note = note
        self._listed: dict[bytes, Mailbox] = {}
        self._subscribed: set[bytes] = set()
        self._statuses: dict[bytes, Status] = {}
        self._lines = 0

    def _has(self, name: str) -> bool:
        capabilities = self._connection.protocol.capabilities
        return name in capabilities or "IMAP4REV2" in capabilities

    async def read(self, reference: bytes, pattern: bytes, *, status: bool, subscribed_only: bool) -> list[Mailbox]:
        """The mailboxes in the order the server lists them. Raises CommandFailed, LimitExceeded."""
        extended = self._has("LIST-EXTENDED") and quirks.LIST_RETURN_BAD.name not in self._quirks
        if extended:
            try:
                await self._read_extended(reference, pattern, status)
            except CommandFailed as failed:
                if not failed.is_bad:
                    raise
                self._note(quirks.LIST_RETURN_BAD)
                extended = False
                self._listed.clear()
        if not extended:
            await self._read_plain(reference, pattern)
        mailboxes = [self._complete(mailbox) for mailbox in self._listed.values()]
        if subscribed_only:
            mailboxes = [mailbox for mailbox in mailboxes if mailbox.subscribed]
        if not status:
            return mailboxes
        missing = [mailbox.name for mailbox in mailboxes if mailbox.selectable and mailbox.status is None]
        told = await statuses(self._connection, missing)
        return [replace(mailbox, status=_only_status(told[mailbox.name])) if mailbox.name in told else mailbox for mailbox in mailboxes]

    async def _read_extended(self, reference: bytes, pattern: bytes, status: bool) -> None:
        returns = [b"SUBSCRIBED"]
        if self._has("SPECIAL-USE"):
            returns.append(b"SPECIAL-USE")
        if status and self._has("LIST-STATUS"):
            returns.append(b"STATUS (" + b" ".join(status_items(self._connection)) + b")")
        await self._ask(commands.list_mailboxes("LIST", reference, pattern, returns)).wait()

    async def _read_plain(self, reference: bytes, pattern: bytes) -> None:
        verb = "XLIST" if "XLIST" in self._connection.protocol.capabilities and not self._has("SPECIAL-USE") else "LIST"
        listing = self._ask(commands.list_mailboxes(verb, reference, pattern))
        subscriptions = self._ask(commands.list_mailboxes("LSUB", reference, pattern))
        await listing.wait()
        await subscriptions.wait()

    def _ask(self, command: commands.Command) -> Answer:
        return self._connection.ask(command, accepts=(Listed, MailboxStatus), on_data=self._take)

    def _take(self, response: Response) -> None:
        if isinstance(response, MailboxStatus):
            self._statuses[_key(response.name)] = response.status
        elif isinstance(response, Listed):
            mailbox = response.mailbox
            if response.verb == "XLIST" and "\\inbox" in mailbox.attributes:
                mailbox = replace(mailbox, name=b"INBOX")  # XLIST shows INBOX under a translated name
            if response.verb == "LSUB":
                self._subscribed.add(_key(mailbox.name))
            else:
                earlier = self._listed.get(mailbox.name)
                self._listed[mailbox.name] = mailbox if earlier is None else _merged(earlier, mailbox)
        self._lines += 1
        most = self._connection.limits.mailboxes
        if max(len(self._listed), len(self._subscribed), len(self._statuses)) > most or self._lines > 4 * most:
            self._connection.abort(LimitExceeded("mailboxes", _("the server lists more mailboxes than we keep")))

    def _complete(self, mailbox: Mailbox) -> Mailbox:
        key = _key(mailbox.name)
        return replace(mailbox, subscribed=mailbox.subscribed or key in self._subscribed, status=self._statuses.get(key))


def status_items(connection: Connection) -> list[bytes]:
    """The STATUS items worth asking this server for."""
    capabilities = connection.protocol.capabilities
    items = [b"MESSAGES", b"UIDNEXT", b"UIDVALIDITY"]
    if "CONDSTORE" in capabilities or "QRESYNC" in capabilities:
        items.append(b"HIGHESTMODSEQ")
    if "STATUS=SIZE" in capabilities or "IMAP4REV2" in capabilities:
        items.append(b"SIZE")
    return items


async def statuses(connection: Connection, names: Sequence[bytes]) -> dict[bytes, Status | CommandFailed]:
    """STATUS of each, all on their way at once; a mailbox that fails has its failure for a value."""
    items = status_items(connection)
    found: dict[bytes, Status] = {}
    asked = {_key(name) for name in names}

    def take(response: Response) -> None:
        if isinstance(response, MailboxStatus) and _key(response.name) in asked:
            found[_key(response.name)] = response.status

    answers = {name: connection.ask(commands.status(name, items), accepts=(MailboxStatus,), on_data=take) for name in names}
    results: dict[bytes, Status | CommandFailed] = {}
    for name, answer in answers.items():
        try:
            await answer.wait()
        except CommandFailed as failed:
            results[name] = failed
        else:
            results[name] = found.get(_key(name), Status())
    return results


def _key(name: bytes) -> bytes:
    """INBOX is one mailbox however it is written (RFC 9051 5.1)."""
    return b"INBOX" if name.upper() == b"INBOX" else name


def _merged(one: Mailbox, other: Mailbox) -> Mailbox:
    """A mailbox listed twice: what either line says of it; it can be opened if either says so."""
    attributes = one.attributes | other.attributes
    if one.selectable or other.selectable:
        attributes -= {"\\noselect", "\\nonexistent"}
    return replace(one, delimiter=one.delimiter or other.delimiter, attributes=attributes, subscribed=one.subscribed or other.subscribed)


def _only_status(result: Status | CommandFailed) -> Status | None:
    return result if isinstance(result, Status) else None
