"""A mail server's name becomes an address once, by us, before anything is connected to it.

What ``admission`` says is pinned into the ``Endpoint``: what is connected to is what was checked, in both runs, even
when an MX change moves the name in between.
"""

from __future__ import annotations

from dataclasses import replace

from trasloco.engine.admission import RESOLVE_SECONDS, NotAdmitted, admitted
from trasloco.engine.at_side import at_side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.imap.endpoint import Endpoint
from trasloco.plan.address_policy import AddressPolicy
from trasloco.plan.clauses import with_advice


async def resolve(endpoint: Endpoint, policy: AddressPolicy, *, name: SideName, seconds: float = RESOLVE_SECONDS) -> Endpoint | Failure:
    """Return the endpoint with ``address`` filled in, or the ``Failure`` of its account.

    An endpoint that has its address already keeps it, but the policy is asked again. ``seconds``: deadline of the lookup.
    """
    try:
        address = await admitted(endpoint.host, endpoint.port, policy, address=endpoint.address, seconds=seconds)
    except NotAdmitted as error:
        retry = Retry.LATER if error.passing else Retry.NEVER
        words = at_side(name, endpoint, with_advice(error.words, error.remedy))
        return Failure(name, Scope.ACCOUNT, retry, error.code, words)
    return replace(endpoint, address=address)
