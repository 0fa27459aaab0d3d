"""What the panel costs while people look: ``python -m bench.panel_load [--windows 5] [--seconds 60]``.

A migration of 500 accounts, all of them moving: each second every running account brings messages, and one changes its
state. So many windows of a real browser look at its page; the processor time of the panel's process is what is told, in
per cent of one core. The database's and the browser's own are not in it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trasloco.testing.chromium import Chromium
from trasloco.testing.free_ports import free_ports

ACCOUNTS = 500
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.panel_load", description=__doc__)
    parser.add_argument("--windows", type=int, default=5, help="browser windows (5)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long is measured (60)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trasloco-bench-") as home:
        os.environ["TRASLOCO_STATE_DIR"] = home
        share = _measured(options.windows, options.seconds)
    sys.stdout.write(f"{options.windows} windows, {ACCOUNTS} accounts: the panel takes {share:.1f} % of one core\n")


def _measured(windows: int, seconds: float) -> float:
    from trasloco.project.database import prepare

    with prepare():
        from django.conf import settings

        from trasloco.records.key_ring import KeyRing
        from trasloco.testing.crowd import crowd
        from trasloco.testing.planned_migration import Order, planned

        accounts = tuple((f"a{n}@example.net", f"a{n}@example.org", "password") for n in range(1, ACCOUNTS + 1))
        migration = planned(KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE), Order(accounts=accounts))
        run = crowd(migration, failed=0)
        run.transfers.update(status="running", done_messages=0, copied_bytes=0)
        cookie = _signed_in(migration.asked_by)
        stop = threading.Event()
        moving = threading.Thread(target=_move, args=(run, stop), daemon=True)
        with _panel() as (process, address):
            moving.start()
            try:
                return _watched(process.pid, f"{address}/migrations/{migration.code}/", cookie | {"url": address}, windows, seconds)
            finally:
                stop.set()
                moving.join()


def _signed_in(person: Any) -> dict[str, str]:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": str(client.cookies[name].value)}


def _move(run: Any, stop: threading.Event) -> None:
    """As workers do: figures of all that run every second, and an end now and then."""
    from django.db import connection
    from django.db.models import F

    while not stop.wait(1.0):
        running = run.transfers.filter(status="running")
        running.update(done_messages=F("done_messages") + 3, copied_bytes=F("copied_bytes") + 200_000)
        first = running.order_by("pk").values_list("pk", flat=True).first()
        run.transfers.filter(pk=first).update(status="completed")
    connection.close()


@contextmanager
def _panel() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_ports(1)[0]
    command = [str(Path(sys.executable).with_name("trasloco")), "panel", "--port", str(port), "--quiet"]
    process = subprocess.Popen(command)
    try:
        time.sleep(5)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _watched(pid: int, page: str, cookie: dict[str, str], windows: int, seconds: float) -> float:
    """Per cent of one core that the process takes while they look; their opening is not in it."""
    from playwright.sync_api import sync_playwright

    found = Chromium.obtain()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.program, args=list(found.arguments), env={**found.environment})
        for _ in range(windows):
            context = browser.new_context()
            context.add_cookies([cookie])  # type: ignore[list-item] # a TypedDict
            context.new_page().goto(page)
        time.sleep(5)
        before, began = _processor_seconds(pid), time.monotonic()
        for _ in range(round(seconds)):  # what a page asks for is answered only while its driver listens
            browser.contexts[0].pages[0].wait_for_timeout(1000)
        share = 100 * (_processor_seconds(pid) - before) / (time.monotonic() - began)
        browser.close()
    return share


def _processor_seconds(pid: int) -> float:
    """User and system time of a process (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
