"""Whose mailbox did the master user open? Copying the administrator's own to every customer must not happen.

A server that does not understand a master login in the form of an authorization identity, and does not
refuse it either, opens the administrator's own mailbox. So where the form leaves that possible, the
administrator signs in once more as himself, and both INBOXes are compared by what no mailbox shares with
another: UIDVALIDITY, and if that is the same by chance, UIDs, sizes and dates. An administrator who is
refused, or has no INBOX, has no mailbox that could have been opened. Nothing is changed for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TypeAlias

from trasloco.engine.account import Side
from trasloco.engine.at_side import at_side
from trasloco.engine.classify import busy
from trasloco.engine.connecting import connect
from trasloco.engine.failure import Failure, Retry, Scope, TransferError
from trasloco.engine.master_user import Dialect, MasterLogin
from trasloco.imap.client import Client
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import CommandFailed, ImapError, LoginRefused
from trasloco.imap.values import Status
from trasloco.sentence import sentence as _

_CERTAIN = 3  # messages with the same UID, size and date are no coincidence
_MOST_LISTED = 2000  # in a larger INBOX the same UIDVALIDITY is none either

Listed: TypeAlias = list[tuple[int, int | None, bytes | None]]


def provable(dialect: Dialect) -> bool:
    """Whether this dialect can be misunderstood at all. In the others the server has confirmed the user's name by
    a command of its own, or would have had to know a user with so odd a name."""
    return dialect in (Dialect.AUTHZID, Dialect.EXCHANGE)


async def prove(client: Client, side: Side, login: MasterLogin, deadlines: Deadlines) -> str:
    """ "" when the mailbox that ``client`` has open is the user's, else why that could not be proved.

    Raises TransferError when it is the administrator's own.
    """
    if login.mailbox.casefold() == login.user.name.casefold():
        return ""  # the administrator's own mailbox is what was asked for
    try:
        own = await connect(side.endpoint, deadlines=deadlines)
    except ImapError as error:
        return _("the administrator could not sign in as himself to compare: %(why)s", why=str(error))
    try:
        await own.login(login.user.himself())
        return await _compare(client, own, side, login)
    except LoginRefused as refused:
        # Who is refused has no mailbox of his own; who is put off may have one.
        if not busy(refused.status):
            return ""
        return _("the administrator was put off when he signed in as himself to compare: %(status)s", status=str(refused.status))
    except ImapError as error:
        return _("the two mailboxes could not be compared: %(why)s", why=str(error))
    finally:
        await own.logout()


async def _compare(client: Client, own: Client, side: Side, login: MasterLogin) -> str:
    ours = await _status(client)
    theirs = await _status(own)
    if theirs is None:
        return ""
    if ours is None or ours.uidvalidity is None or theirs.uidvalidity is None:
        return _("the server does not tell what distinguishes the two mailboxes")
    if ours.uidvalidity != theirs.uidvalidity:
        return ""
    fewest = min(ours.messages or 0, theirs.messages or 0)
    if not fewest:
        if (ours.messages or 0) == (theirs.messages or 0):
            return _("the user's INBOX and the administrator's own are both empty, and were made in the same second")
        return ""
    if fewest <= _MOST_LISTED:
        pairs = list(zip(await _list(client), await _list(own), strict=False))
        if any(one != other for one, other in pairs):
            return ""
        if len(pairs) < _CERTAIN:
            return _("the user's INBOX and the administrator's own hold the same few messages")
    raise TransferError(his_own(side, login))


async def _status(client: Client) -> Status | None:
    """Of INBOX; None where there is none."""
    found = (await client.statuses([b"INBOX"]))[b"INBOX"]
    return None if isinstance(found, CommandFailed) else found


async def _list(client: Client) -> Listed:
    """UID, size and date of each message of INBOX."""
    await client.select(b"INBOX", read_only=True)
    items: Sequence[str] = ("UID", "RFC822.SIZE", "INTERNALDATE")
    found = [(item.uid or 0, item.size, item.internal_date) async for item in client.fetch("1:*", items)]
    with contextlib.suppress(CommandFailed):  # what was listed is all there, whether the server lets go of the folder or not
        await client.unselect()
    return sorted(found)


def his_own(side: Side, login: MasterLogin) -> Failure:
    clause = _(
        "the server let %(master)s in and opened his own mailbox instead of that of %(user)s. Nothing was copied. "
        "This server does not understand this form of a master login: give another master user, or each mailbox's own password",
        master=login.user.name,
        user=login.mailbox,
    )
    return Failure(side.name, Scope.ACCOUNT, Retry.NEVER, "master-opens-his-own", at_side(side.name, side.endpoint, clause))
