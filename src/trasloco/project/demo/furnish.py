"""What a panel needs before anybody can try it: a superuser, a customer, the demo's new server as his destination.

``python -m trasloco.project.demo.furnish`` with one JSON object on standard input: {"email", "password", "domain",
"system": fields of ``DestinationSystem`` and "secret"}. A process of its own, because Django wants its settings
from the environment of the process it lives in.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from trasloco.project.database import prepare
from trasloco.secret import Secret


def furnish(wanted: dict[str, Any]) -> None:
    """Make them. The environment names the state directory."""
    with prepare():
        from django.conf import settings

        from trasloco.records.customers import save_customer
        from trasloco.records.history import SCHEDULE
        from trasloco.records.key_ring import KeyRing
        from trasloco.records.models import Customer, DestinationSystem, Installation
        from trasloco.records.people_actions import make_superuser
        from trasloco.records.systems import add_domain, save_system

        make_superuser(SCHEDULE, wanted["email"], wanted["password"])
        Installation.objects.update(allow_private_addresses=True)  # the demo's old server is on this machine
        secret = wanted["system"].pop("secret")
        system = DestinationSystem(name="The new server", **wanted["system"])
        save_system(SCHEDULE, system, Secret(secret) if secret else None, KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE))
        customer = Customer(name="Example & Sons")
        save_customer(SCHEDULE, customer)
        add_domain(SCHEDULE, customer, wanted["domain"], system)


if __name__ == "__main__":
    furnish(json.load(sys.stdin))
