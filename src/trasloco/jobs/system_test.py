"""The test button of a destination system: one mailbox opened as a migration would open it.

Of a system where each mailbox has its own password nothing is stored to sign in with: it is reached only,
with its encryption and its certificate.
"""

from __future__ import annotations

from dataclasses import replace

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, SideName
from trasloco.engine.probe import greet, probe
from trasloco.engine.resolve import resolve
from trasloco.jobs.database_thread import in_thread
from trasloco.plan.address_policy import OPERATORS_WORD
from trasloco.records.actions import clean
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import DestinationLogin, DestinationSystem
from trasloco.records.sides import destination_side
from trasloco.records.systems import as_json, keep_test, master_secret
from trasloco.secret import Secret
from trasloco.sentence import sentence as _


async def test_destination_system(system_id: int, address: str, ring: KeyRing) -> None:
    """Keep in words what came of it. address: of a mailbox there; not used where each mailbox has its own password."""
    found = await in_thread(_side, system_id, address, ring)
    if found is None:
        return
    if isinstance(found, str):
        await in_thread(keep_test, system_id, address, found, "", well=False)
        return
    side, own_passwords = found
    endpoint = await resolve(side.endpoint, OPERATORS_WORD, name=SideName.DESTINATION)
    if isinstance(endpoint, Failure):
        await in_thread(keep_test, system_id, address, clean(endpoint.words), "", well=False)
        return
    side = replace(side, endpoint=endpoint)
    seen = await (greet(side) if own_passwords else probe(side))
    words = clean(seen.failure.words) if seen.failure else clean(seen.facts.get("server", ""))
    await in_thread(keep_test, system_id, address, words, seen.facts.get("fingerprint", ""), well=seen.failure is None)


def _side(system_id: int, address: str, ring: KeyRing) -> tuple[Side, bool] | str | None:
    """The side, and whether each mailbox has its own password; why it cannot be tried; None when the system has been removed."""
    system = DestinationSystem.objects.filter(pk=system_id).first()
    if system is None:
        return None
    if system.form == DestinationLogin.PASSWORD:
        return destination_side(as_json(system), address, Secret("")), True
    try:
        secret = master_secret(system, ring)
    except KeyProblem as error:
        return str(error)
    if secret is None:
        return _("There is no password of a master user to try with. Write it below, and save.")
    return destination_side(as_json(system), address, secret), False
