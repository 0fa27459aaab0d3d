"""The search for the servers of a draft's old addresses, domain by domain. No password is known here, and none is sent.

A few domains at a time; what is found is written as it comes. Done a second time it writes the same.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from trasloco.jobs.database_thread import in_thread
from trasloco.records.actions import clean
from trasloco.records.models import CheckState, ServerSearch
from trasloco.records.server_search import claim_searches, keep_search
from trasloco.sentence import sentence as _
from trasloco.sources.discovery import Called, Discovery, discover

log = logging.getLogger(__name__)

AT_ONCE = 6  # domains; each asks name servers, web servers and IMAP servers of its own
_LONGEST = 500  # characters kept of what a stranger's server says
_OUR_MISTAKE = _("the search ended by a mistake of ours; the log of the service says more")


async def search_servers(migration_id: int) -> None:
    """Every search of the migration that waits, or was left under way by a worker that died."""
    searches, allow_private = await in_thread(claim_searches, migration_id)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(search: ServerSearch) -> None:
        async with turn:
            await in_thread(keep_search, search, await _found(search, allow_private))

    async with asyncio.TaskGroup() as group:
        for search in searches:
            group.create_task(one(search))


async def _found(search: ServerSearch, allow_private: bool) -> dict[str, Any]:
    """What to keep of it. A mistake of ours ends this search only, and says so."""
    try:
        return _values(await discover(search.address, allow_private=allow_private))
    except Exception:
        log.exception("the search for the server of %s failed", search.domain)
        return {"state": CheckState.FAILED, "asked": [["Trasloco", _OUR_MISTAKE]]}


def _values(found: Discovery) -> dict[str, Any]:
    """In the fields of ``ServerSearch``."""
    tried = [[f"{item.candidate.server.host}:{item.candidate.server.port}", _kept(item.trouble)] for item in found.called if item.trouble]
    values: dict[str, Any] = {
        "state": CheckState.OK if found.found else CheckState.FAILED,
        "provider": found.provider.name,
        "tried": tried,
        "asked": [[question, _kept(answer)] for question, answer in found.asked],
    }
    return values | (_server(found.found) if found.found else {})


def _server(called: Called) -> dict[str, Any]:
    server = called.candidate.server
    return {
        "host": server.host,
        "port": server.port,
        "starttls": server.starttls,
        "login": server.login,
        "found_by": called.candidate.by.value,
        "mx": called.candidate.mx,
        "greeting": _kept(f"{called.greeting} {called.server_id}".strip()),
        "certificate": _kept(called.certificate),
    }


def _kept(words: str) -> str:
    return clean(words)[:_LONGEST]
