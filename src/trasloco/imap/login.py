"""The login as a conversation: ``sasl`` says what, this says it (RFC 9051 6.2.2, 6.2.3, RFC 4959)."""

from __future__ import annotations

import asyncio
from functools import partial

from trasloco.imap import commands, sasl
from trasloco.imap.connection import Answer, Connection
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.errors import CommandFailed, LoginImpossible, LoginRefused
from trasloco.imap.exchange import Exchange
from trasloco.imap.sasl import Acting
from trasloco.imap.values import Kind, StatusText

MOST_TRIES = 2
"""Ways in which a name and a password are sent: a server that answers BAD to both may have counted both as wrong."""


async def log_in(connection: Connection, credentials: sasl.Credentials, endpoint: Endpoint) -> None:
    """Log in by the best method offered; another one only when the server does not know the mechanism.

    Raises LoginRefused, LoginImpossible, or what ended the connection (which a cancelled login does).
    """
    connection.protocol.hidden = sasl.secret_forms(credentials)
    if credentials.acting is Acting.MASTERAUTH:
        await _by_master_password(connection, credentials)
        return
    encrypted = endpoint.security is not Security.PLAIN
    ways = sasl.methods(credentials, connection.protocol.capabilities, endpoint.host, endpoint.port, encrypted=encrypted)
    await _by_one_of(connection, credentials, ways)
    if credentials.acting is Acting.PROXYAUTH:
        await _act_as(connection, b"PROXYAUTH", credentials)


async def _by_one_of(connection: Connection, credentials: sasl.Credentials, ways: list[sasl.Method]) -> None:
    sent = 0
    for number, method in enumerate(ways):
        try:
            await _try(connection, credentials, method)
            return
        except LoginRefused as refused:
            sent += refused.is_bad  # a NO about the mechanism came before anybody looked at the password
            refused.tries = max(1, sent)
            if number + 1 == len(ways) or sent == MOST_TRIES or not sasl.unsupported(refused.status):
                raise
        except asyncio.CancelledError:
            connection.abort()
            raise


async def _by_master_password(connection: Connection, credentials: sasl.Credentials) -> None:
    """Kerio Connect: X-MASTERAUTH, a challenge, its hash; then X-SETUSER. No name of an administrator is sent."""
    words = "X-MASTERAUTH"
    answer = Answer(connection, words)
    pieces = [words.encode("ascii")]
    respond = partial(sasl.master_response, credentials)
    connection.start(Exchange(words, pieces, answer.settle, on_continue=respond, deadline="login"))
    try:
        await answer.wait()
    except CommandFailed as failed:
        raise LoginRefused(failed.status, words) from None
    except asyncio.CancelledError:
        connection.abort()
        raise
    await _act_as(connection, b"X-SETUSER", credentials)


async def _act_as(connection: Connection, verb: bytes, credentials: sasl.Credentials) -> None:
    """The administrator is in; now the mailbox. What refuses it has refused the login."""
    command = commands.act_as(verb, credentials.authorization.encode(credentials.charset, "surrogateescape"))
    try:
        await connection.ask(command, deadline="login").wait()
    except CommandFailed as failed:
        connection.abort()  # what is open is the administrator's own session, and nobody must take it for the user's
        raise LoginRefused(failed.status, command.words) from None


async def _try(connection: Connection, credentials: sasl.Credentials, method: sasl.Method) -> None:
    if not method.mechanism:
        command = commands.login(*sasl.login_bytes(credentials))
        try:
            await connection.ask(command, deadline="login").wait()
        except CommandFailed as failed:
            raise LoginRefused(failed.status, "LOGIN") from None
        return
    initial_sent = method.initial is not None and "SASL-IR" in connection.protocol.capabilities
    initial: bytes | None = None
    if initial_sent and method.initial is not None:
        initial = sasl.encode_response(method.initial()) or b"="
    command = commands.authenticate(method.mechanism, initial)
    command.words = f"AUTHENTICATE {method.mechanism}"
    dialogue = sasl.Dialogue(method, initial_sent=initial_sent)
    answer = Answer(connection, command.words)
    connection.start(Exchange(command.words, command.pieces, answer.settle, on_continue=dialogue.answer, deadline="login"))
    try:
        await answer.wait()
    except CommandFailed as failed:
        if dialogue.given_up:
            raise LoginImpossible(dialogue.trouble, sent=True) from None
        raise LoginRefused(_with_words(failed.status, dialogue.words), command.words) from None
    if dialogue.trouble:
        connection.abort()
        raise LoginImpossible(dialogue.trouble, sent=True)


def _with_words(status: StatusText, words: str) -> StatusText:
    """The refusal with what the server said before it: OAuth errors come as a challenge."""
    if not words:
        return status
    return StatusText(
        status.kind if status.kind is not Kind.OK else Kind.NO, status.code, status.arguments, f"{status.words} {words}".strip()
    )
