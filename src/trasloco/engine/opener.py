"""Opening one side: connect, sign in, say who we are.

Whatever the way in, at most two logins are tried, so that no account is locked; and none is followed by
another when the server only put it off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trasloco import __version__
from trasloco.engine.account import Side
from trasloco.engine.at_side import at_side
from trasloco.engine.classify import blame, busy, master_refused, no_token, token_refused
from trasloco.engine.connecting import connect
from trasloco.engine.dialects import dialects, recognised
from trasloco.engine.failure import TransferError
from trasloco.engine.master_memory import Server
from trasloco.engine.master_proof import his_own, provable, prove
from trasloco.engine.master_user import Dialect, MasterLogin
from trasloco.engine.token_source import TokenSource, TokenUnavailable
from trasloco.imap.client import Client
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import CommandFailed, ImapError, LoginImpossible, LoginRefused
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import StatusText
from trasloco.sentence import sentence as _

# RFC 2971; Google asks for a way to reach the client's makers.
_IDENTITY = {"name": "Trasloco", "version": __version__}


async def open_side(side: Side, deadlines: Deadlines | None = None) -> tuple[Client, Side]:
    """A signed-in client, and the side as it proved to be: with the certificate's fingerprint, and
    with the login that was accepted, so that a reconnection meets the same and tries no other.

    Raises TransferError, and leaves nothing open then.
    """
    patience = deadlines or Deadlines()
    with blame(side, "signing in"):
        if side.tokens is not None:
            return await _by_token(side, side.tokens, patience)
        if side.master is not None:
            return await _by_master(side, side.master, patience)
        return await _by_password(side, patience)


async def credentials_now(side: Side) -> Credentials:
    """The credentials a further connection of this side signs in with: a token may have run out meanwhile.

    Raises TransferError."""
    return side.credentials if side.tokens is None else await _with_token(side, side.tokens)


async def close(client: Client) -> None:
    """Say goodbye where that is possible; never raises an ImapError."""
    try:
        await client.logout()
    except ImapError:
        client.abort()


async def _by_password(side: Side, deadlines: Deadlines) -> tuple[Client, Side]:
    """As the book says, and for servers older than the book in Latin-1."""
    try:
        return await _sign_in(side, side.credentials, deadlines)
    except LoginRefused as refused:
        other = None if busy(refused.status) or refused.tries > 1 else side.credentials.in_latin_1()
        if other is None:
            raise
    return await _sign_in(side, other, deadlines)


async def _by_token(side: Side, tokens: TokenSource, deadlines: Deadlines) -> tuple[Client, Side]:
    """By the token at hand; a refused one may just have run out, so one that was never tried gets its chance."""
    try:
        return await _sign_in(side, await _with_token(side, tokens), deadlines)
    except LoginRefused as refused:
        if busy(refused.status):
            raise
    credentials = await _with_token(side, tokens, fresh=True)
    try:
        return await _sign_in(side, credentials, deadlines)
    except LoginRefused as refused:
        if busy(refused.status):
            raise
        raise TransferError(token_refused(refused.status, side, tokens.remedy)) from None


async def _with_token(side: Side, tokens: TokenSource, *, fresh: bool = False) -> Credentials:
    try:
        token = await tokens.token(side.credentials.login, fresh=fresh)
    except TokenUnavailable as unavailable:
        raise TransferError(no_token(unavailable, side)) from None
    return replace(side.credentials, secret=token, oauth=True)


async def _by_master(side: Side, login: MasterLogin, deadlines: Deadlines) -> tuple[Client, Side]:
    """In the dialect this server is known to speak, else in those it may speak; then the proof whose mailbox it is."""
    server = _server(side, login)
    known = login.memory.spoken(server)
    client, found, dialect = await _in_one_of((known,) if known is not None else (), side, login, deadlines)
    try:
        doubt = await _proved(client, found, login, dialect, deadlines)
    except TransferError as error:
        client.abort()
        login.memory.misunderstood(server, dialect)
        try:
            return await _by_master(side, login, deadlines)  # in another dialect; each time there is one less
        except TransferError:
            raise error from None  # it tells more than the refusal of what was tried last
    except BaseException:
        client.abort()
        raise
    login.memory.opened(server, dialect)
    return client, replace(found, doubt=doubt)


def _server(side: Side, login: MasterLogin) -> Server:
    return side.endpoint.host.casefold(), side.endpoint.port, login.user.name


async def _in_one_of(tries: Sequence[Dialect], side: Side, login: MasterLogin, deadlines: Deadlines) -> tuple[Client, Side, Dialect]:
    """The first of the dialects that opens the mailbox. tries: () = those the server may speak, asked on the first connection."""
    refused: list[tuple[str, StatusText]] = []
    impossible: LoginImpossible | None = None
    first: Client | None = None
    if not tries:
        first, tries = await _ask_dialects(side, login, deadlines)
    for dialect in tries:
        client, first = first, None
        try:
            client, found = await _sign_in(side, login.user.spelled(login.mailbox, dialect), deadlines, client)
            return client, found, dialect
        except LoginRefused as error:
            if busy(error.status):
                raise
            refused.append((login.user.in_words(dialect), error.status))
        except LoginImpossible as error:
            impossible = error
    if impossible is not None and not refused:
        raise impossible
    raise TransferError(master_refused(refused, side, login.mailbox, login.user.name))


async def _ask_dialects(side: Side, login: MasterLogin, deadlines: Deadlines) -> tuple[Client, tuple[Dialect, ...]]:
    """What the server says of itself before anybody signs in: greeting and capabilities, else its ID."""
    client = await connect(side.endpoint, deadlines=deadlines)
    try:
        known = recognised(client.greeting, client.capabilities, {})
        if not known:
            await _introduce(client)
            known = recognised("", client.capabilities, client.server_id)
        avoided = login.memory.avoided(_server(side, login))
        tries = tuple(dialect for dialect in dialects(known, client.capabilities, login.user) if dialect not in avoided)
        if not tries:
            raise TransferError(his_own(side, login))
        return client, tries
    except BaseException:
        client.abort()
        raise


async def _proved(client: Client, side: Side, login: MasterLogin, dialect: Dialect, deadlines: Deadlines) -> str:
    """ "" or the doubt that remains; once a server is known to open the right mailbox it is not asked again."""
    server = _server(side, login)
    if not provable(dialect) or login.memory.proved(server, dialect):
        return ""
    async with login.memory.asking[server]:
        if login.memory.proved(server, dialect):
            return ""
        if login.memory.tired(server, dialect):
            doubt: str = _("it could not be told apart for the mailboxes before this one either")
        else:
            doubt = await prove(client, side, login, deadlines)
            login.memory.learn(server, dialect, proved=not doubt)
    if not doubt:
        return ""
    clause = _(
        "that the mailbox opened %(doing)s is that of %(user)s and not the one of %(master)s himself could not be proved (%(why)s). "
        "Look at what was copied before you tell the customer",
        doing=login.user.in_words(dialect),
        user=login.mailbox,
        master=login.user.name,
        why=doubt,
    )
    return at_side(side.name, side.endpoint, clause)


async def _sign_in(side: Side, credentials: Credentials, deadlines: Deadlines, client: Client | None = None) -> tuple[Client, Side]:
    """client: a connection that is open already."""
    client = client or await connect(side.endpoint, deadlines=deadlines)
    try:
        await client.login(credentials)
        if not client.server_id:
            client.identify_in_passing(_IDENTITY)  # a server that does not want to know who we are serves us all the same
    except BaseException:
        client.abort()
        raise
    endpoint = replace(side.endpoint, fingerprint=side.endpoint.fingerprint or client.fingerprint)
    kept = replace(credentials, secret=side.credentials.secret) if side.tokens is not None else credentials
    return client, replace(side, endpoint=endpoint, credentials=kept, master=None)


async def _introduce(client: Client) -> None:
    """A server that does not want to know who we are serves us all the same, unless it says to wait."""
    try:
        await client.identify(_IDENTITY)
    except CommandFailed as error:
        if busy(error.status):
            raise
