"""Signing in at a POP3 server: SASL where it is offered (RFC 5034), else APOP or USER and PASS (RFC 1939 7).

``imap.sasl`` chooses and answers as for IMAP, so a wrong password is sent once: another way follows only a refusal that is about
the mechanism. An initial response is never sent with AUTH, as a token would make that line too long (RFC 5034 4).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace

from trasloco.imap import sasl
from trasloco.imap.errors import CommandFailed, LoginImpossible, LoginRefused
from trasloco.imap.sasl import Acting, Credentials
from trasloco.imap.values import Capabilities, Kind, StatusText
from trasloco.pop3.connection import PopConnection
from trasloco.sentence import sentence as _

_TIMESTAMP = re.compile(r"<[^<>@\s]+@[^<>\s]+>")
_LINE_ENDS = re.compile(rb"[\r\n\0]")


async def log_in(connection: PopConnection, credentials: Credentials, capabilities: Capabilities | None) -> None:
    """By the best way offered. capabilities: of CAPA; None when the server does not know it.

    Raises LoginRefused, LoginImpossible, or what ended the connection.
    """
    try:
        await _by_one_of(connection, credentials, capabilities)
    except LoginRefused as refused:
        refused.greeting = connection.greeting
        raise
    except asyncio.CancelledError:
        connection.abort()
        raise


async def _by_one_of(connection: PopConnection, credentials: Credentials, capabilities: Capabilities | None) -> None:
    ways = _ways(connection, credentials, capabilities)
    for number, way in enumerate(ways):
        try:
            await (_by_sasl(connection, way) if way.mechanism else _by_password(connection, credentials, capabilities))
            return
        except LoginRefused as refused:
            if number + 1 == len(ways) or not sasl.unsupported(refused.status):
                raise


def _ways(connection: PopConnection, credentials: Credentials, capabilities: Capabilities | None) -> list[sasl.Method]:
    """As for IMAP; its LOGIN stands for USER and PASS."""
    if credentials.acting is not Acting.AUTHZID:
        raise LoginImpossible(_("a POP3 server knows no master login by a command; it can be one name, or an authorization identity"))
    offered = list(capabilities or ())
    if (
        capabilities is not None
        and not any(name in capabilities for name in ("USER", "X-APOP"))
        and _TIMESTAMP.search(connection.greeting) is None
    ):
        offered.append("LOGINDISABLED")
    where = connection.endpoint
    return sasl.methods(credentials, Capabilities(offered), where.host, where.port, encrypted=connection.encrypted)


async def _by_sasl(connection: PopConnection, method: sasl.Method) -> None:
    words = f"AUTH {method.mechanism}"
    dialogue = sasl.Dialogue(method, initial_sent=False)
    answer = await connection.converse(words.encode("ascii"), words)
    while isinstance(answer, bytes):
        answer = await connection.converse(dialogue.answer(answer), words)
    if answer.kind is not Kind.OK:
        if dialogue.given_up:
            raise LoginImpossible(dialogue.trouble, sent=True)
        raise LoginRefused(_with_words(answer, dialogue.words), words)
    if dialogue.trouble:
        connection.abort()
        raise LoginImpossible(dialogue.trouble, sent=True)


async def _by_password(connection: PopConnection, credentials: Credentials, capabilities: Capabilities | None) -> None:
    name, password = sasl.login_bytes(credentials)
    if _LINE_ENDS.search(name + password):
        raise LoginImpossible(_("name or password have a line end or a NUL in them, which POP3 cannot send"))
    stamp = _TIMESTAMP.search(connection.greeting)
    try:
        if stamp is not None and not connection.encrypted and capabilities is not None and "USER" not in capabilities:
            digest = hashlib.md5(stamp[0].encode("latin-1") + password, usedforsecurity=False).hexdigest()
            await connection.ask(b"APOP %s %s" % (name, digest.encode("ascii")), "APOP", deadline="login")
            return
        await connection.ask(b"USER " + name, "USER", deadline="login")
        await connection.ask(b"PASS " + password, "PASS", deadline="login")
    except CommandFailed as failed:
        raise LoginRefused(failed.status, failed.command) from None


def _with_words(status: StatusText, words: str) -> StatusText:
    """The refusal with what the server said before it: OAuth errors come as a challenge."""
    return replace(status, words=f"{status.words} {words}".strip()) if words else status
