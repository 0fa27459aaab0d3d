"""The test button of a destination system: one mailbox opened as a migration would open it."""

from __future__ import annotations

from dataclasses import replace

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, SideName
from trasloco.engine.probe import probe
from trasloco.engine.resolve import resolve
from trasloco.jobs.database_thread import in_thread
from trasloco.records.actions import clean
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import DestinationSystem
from trasloco.records.sides import destination_side
from trasloco.records.systems import as_json, keep_test, master_secret


async def test_destination_system(system_id: int, address: str, ring: KeyRing) -> None:
    """Keep in words what came of it; a system of passwords per mailbox is only reached, not signed in to."""
    found = await in_thread(_side, system_id, address, ring)
    if isinstance(found, str):
        await in_thread(keep_test, system_id, address, found, "", well=False)
        return
    if found is None:
        return
    endpoint = await resolve(found.endpoint, allow_private=True, name=SideName.DESTINATION)
    if isinstance(endpoint, Failure):
        await in_thread(keep_test, system_id, address, clean(endpoint.words), "", well=False)
        return
    seen = await probe(replace(found, endpoint=endpoint))
    words = clean(seen.failure.words) if seen.failure else clean(seen.facts.get("server", ""))
    await in_thread(keep_test, system_id, address, words, seen.facts.get("fingerprint", ""), well=seen.failure is None)


def _side(system_id: int, address: str, ring: KeyRing) -> Side | str | None:
    system = DestinationSystem.objects.filter(pk=system_id).first()
    if system is None:
        return None
    try:
        secret = master_secret(system, ring)
    except KeyProblem as error:
        return str(error)
    if secret is None:
        return "There is no password of a master user to try with."
    return destination_side(as_json(system), address, secret)
