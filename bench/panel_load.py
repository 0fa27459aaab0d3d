"""What the panel costs while people look: ``python -m bench.panel_load [--windows 5] [--seconds 60]``; ``--first-view`` alone.

A migration of 500 accounts, all of them moving: each second every running account brings messages, and one changes its
state. So many windows of a real browser look at its page; the processor time of the panel's process is what is told, in
per cent of one core. The database's and the browser's own are not in it.

The first view: ten such migrations, 60 accounts of each failed in 8 ways; how long the list and the page of one take until
they are answered, and how much of it is the panel's own processor time. Answers of a panel that is asked for the third time and later.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trasloco.testing.chromium import Chromium
from trasloco.testing.free_ports import free_ports

ACCOUNTS = 500
MIGRATIONS = 10
ASKED = 30  # answers that are measured
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.panel_load", description=__doc__)
    parser.add_argument("--windows", type=int, default=5, help="browser windows (5)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long is measured (60)")
    parser.add_argument("--first-view", action="store_true", help="measure only how long the first view takes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trasloco-bench-") as home:
        os.environ["TRASLOCO_STATE_DIR"] = home
        if options.first_view:
            for name, wall, processor in _first_view():
                sys.stdout.write(f"{name}: {wall:.0f} ms until it is answered, {processor:.0f} ms of it the panel's processor time\n")
            return
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


def _first_view() -> list[tuple[str, float, float]]:
    """Of the list and of one migration: name, median of milliseconds, and processor time of one answer."""
    from trasloco.project.database import prepare

    with prepare():
        from django.conf import settings
        from django.db import connection

        from trasloco.records.key_ring import KeyRing
        from trasloco.testing.crowd import crowd
        from trasloco.testing.planned_migration import Order, planned

        ring, migrations = KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE), []
        for number in range(MIGRATIONS):
            accounts = tuple((f"a{n}@d{number}.example", f"a{n}@old.example", "password") for n in range(1, ACCOUNTS + 1))
            migrations.append(planned(ring, Order(accounts=accounts, installation={"most_unfinished": 2 * MIGRATIONS})))
            crowd(migrations[-1])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as PostgreSQL does by itself after a while
        cookie = _signed_in(migrations[0].asked_by)
        pages = {"the list": "/migrations/", "a migration": f"/migrations/{migrations[0].code}/"}
        with _panel() as (process, address):
            return [(name, *_answered(process.pid, f"{address}{page}", cookie)) for name, page in pages.items()]


def _answered(pid: int, page: str, cookie: dict[str, str]) -> tuple[float, float]:
    """Milliseconds until the page is answered (median), and of the panel's processor for one answer."""
    asked = urllib.request.Request(page, headers={"Cookie": f"{cookie['name']}={cookie['value']}"})
    times = []
    for number in range(ASKED + 2):
        if number == 2:  # templates and plans are there by now
            before = _processor_seconds(pid)
        began = time.monotonic()
        with urllib.request.urlopen(asked, timeout=60) as answer:
            answer.read()
        times.append(1000 * (time.monotonic() - began))
    return statistics.median(times[2:]), 1000 * (_processor_seconds(pid) - before) / ASKED


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
