"""COPY and MOVE within one server, with the new UIDs where the server tells them (RFC 4315, 6851)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trasloco.imap import commands
from trasloco.imap.commands import Command
from trasloco.imap.connection import Answer, Connection
from trasloco.imap.errors import ImapError
from trasloco.imap.number_set import count, expand, parse_set, uid_set
from trasloco.imap.responses import Response, UntaggedStatus
from trasloco.imap.values import StatusText


async def all_of(answers: Sequence[Answer]) -> list[StatusText]:
    """Wait for all of them, then raise the first failure, so that nothing is left on its way."""
    statuses: list[StatusText] = []
    failure: ImapError | None = None
    for answer in answers:
        try:
            statuses.append(await answer.wait())
        except ImapError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return statuses


async def copy(connection: Connection, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
    """UID COPY."""
    return await _transfer(connection, "COPY", uid_set(uids), name)


async def move(connection: Connection, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
    """UID MOVE, or what RFC 6851 3.3 says it stands for."""
    sets = uid_set(uids)
    capabilities = connection.protocol.capabilities
    if "MOVE" in capabilities or "IMAP4REV2" in capabilities:
        return await _transfer(connection, "MOVE", sets, name)
    moved = await _transfer(connection, "COPY", sets, name)
    answers = [connection.ask(commands.uid_store(text, "+FLAGS", ["\\Deleted"])) for text in sets]
    await all_of(answers)
    if "UIDPLUS" in capabilities:
        await all_of([connection.ask(Command(b"UID EXPUNGE").raw(text)) for text in sets])
    return moved


async def expunge(connection: Connection, uids: Iterable[int]) -> None:
    """UID EXPUNGE (RFC 4315 2.1)."""
    await all_of([connection.ask(Command(b"UID EXPUNGE").raw(text)) for text in uid_set(uids)])


async def _transfer(connection: Connection, verb: str, sets: Sequence[bytes], name: bytes) -> dict[int, int] | None:
    told: list[StatusText] = []

    def take(response: Response) -> None:
        if isinstance(response, UntaggedStatus):  # MOVE tells COPYUID before it expunges
            told.append(response.status)

    answers = [connection.ask(commands.uid_transfer(verb, text, name), accepts=(UntaggedStatus,), on_data=take) for text in sets]
    told += await all_of(answers)
    pairs: dict[int, int] = {}
    known = True
    for status in told:
        if status.code == "COPYUID":
            known = _add_pairs(pairs, status, connection.limits.entries) and known
    return pairs if known and (pairs or not sets) else None


def _add_pairs(pairs: dict[int, int], status: StatusText, limit: int) -> bool:
    """Old UID -> new UID of one COPYUID; False when the two sets do not fit each other."""
    _, old, new = status.arguments.split()
    olds, news = parse_set(old), parse_set(new)
    if count(olds) != count(news):
        return False
    pairs.update(zip(expand(olds, limit), expand(news, limit), strict=True))
    return True
