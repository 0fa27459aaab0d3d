"""The process that hostile servers are let loose on: the engine as a worker runs it, many accounts in one event loop.

One order a line on stdin, one answer a line on stdout, both JSON. An order is a list of accounts that go at the same time, and the
limits that are to be smaller than the product's; the answer is how each ended, and how much memory the process took at the most.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from trasloco.engine import account_run
from trasloco.engine.account import Settings, Side
from trasloco.engine.failure import SideName
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.probe import probe
from trasloco.engine.sink import QuietSink
from trasloco.imap import client
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.imap.limits import Limits
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret

_LONGEST_PAUSE = 0.01
_LONGEST = 240.0
"""Seconds that an account is waited for."""


def main() -> None:
    loop = asyncio.new_event_loop()
    logging.disable()
    for line in sys.stdin:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        order = json.loads(line)
        _made_with(client, "Limits", partial(Limits, **order["limits"]))
        found = loop.run_until_complete(_carry_out(order["accounts"]))
        sys.stdout.write(json.dumps({"accounts": found, "peak": _peak()}) + "\n")
        sys.stdout.flush()


def _made_with(module: ModuleType, name: str, what: object) -> None:
    """From now on the module finds this by that name."""
    vars(module)[name] = what


def _peak() -> int:
    """MiB of memory in use at the most since the order began."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) >> 10


async def _carry_out(accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*map(_ending, accounts)))


async def _ending(order: dict[str, Any]) -> dict[str, Any]:
    """As ``_account``, but for one that has no end."""
    try:
        return await asyncio.wait_for(_account(order), _LONGEST)
    except TimeoutError:
        return {"status": "no end", "failure": None, "seconds": _LONGEST}


async def _account(order: dict[str, Any]) -> dict[str, Any]:
    began = time.monotonic()
    if order.get("compress"):
        _made_with(account_run, "compression_pays", lambda distance, statuses: True)  # loopback is never far
    source, destination = _side(SideName.SOURCE, order["source"]), _side(SideName.DESTINATION, order["destination"])
    try:
        if order.get("probe"):
            found = await probe(source, larger=1)
            answer: dict[str, Any] = {"status": "probed", "failure": found.failure}
        else:
            outcome = await account_run.run_account(
                source,
                destination,
                MemoryLedger(),
                Settings(),
                1,
                QuietSink(),
                sleep=lambda seconds: asyncio.sleep(min(seconds, _LONGEST_PAUSE)),
                deadlines=Deadlines(**order["deadlines"]),
            )
            answer = {"status": outcome.status.value, "failure": outcome.failure, "tally": asdict(outcome.tally)}
    except Exception as mistake:  # of ours: the test says which
        answer = {"status": "mistake", "failure": None, "mistake": f"{type(mistake).__name__}: {mistake}"}
    failure = answer["failure"]
    if failure is not None:
        answer["failure"] = {"side": failure.side.value, "code": failure.code, "retry": failure.retry.value, "words": failure.words}
    return answer | {"seconds": time.monotonic() - began}


def _side(name: SideName, order: dict[str, Any]) -> Side:
    security = Security.IMPLICIT if order.get("tls") else Security.PLAIN
    endpoint = Endpoint("127.0.0.1", order["port"], security, Trust.PIN if order.get("tls") else Trust.VERIFY)
    return Side(name, endpoint, Credentials(order["user"], Secret(order["password"])))


if __name__ == "__main__":
    main()
