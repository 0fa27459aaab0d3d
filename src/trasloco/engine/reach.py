"""How far this process may reach: what the operator of the machine allows, in its environment.

``TRASLOCO_ALLOW_ADDRESSES``, ``TRASLOCO_ALLOW_PORTS``: what ``--allow-addresses`` and ``--allow-ports`` say; the command
line puts it there, so that the processes it starts know it as well. The panel cannot change it
(``docs/adr/0016-address-policy.md``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from trasloco.plan.address_policy import AddressPolicy, parse_ports, parse_ranges


def reach(*, private: bool = False, environ: Mapping[str, str] = os.environ) -> AddressPolicy:
    """The policy for what strangers named. private: as of ``--allow-private-addresses``. Raises ValueError for an
    environment that cannot be read, which commands look at before they begin."""
    return AddressPolicy(
        private, parse_ranges(environ.get("TRASLOCO_ALLOW_ADDRESSES", "")), parse_ports(environ.get("TRASLOCO_ALLOW_PORTS", ""))
    )
