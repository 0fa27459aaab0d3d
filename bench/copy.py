"""A whole mailbox between two real Dovecots: ``trasloco copy`` beside mbsync, interleaved, medians and spread.

Ratios of one run on one machine, never absolute promises. Every round copies into a fresh mailbox and is
compared byte for byte afterwards (by content for mbsync, which adds a header of its own).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.mbsync import mbsync
from trasloco.testing.snapshot import Snapshot

ROUNDS = 3
MESSAGES = 3000


def main() -> None:
    """Print one line per tool: median seconds, spread, and the ratio to ours."""
    with Dovecot() as source, Dovecot() as destination, tempfile.TemporaryDirectory(prefix="trasloco-bench-") as home:
        with MailboxFiller(source.host, source.port, "bench", source.password) as filler:
            filler.fill(Letters("bench"), MESSAGES)
        original = Snapshot.read(source.host, source.port, "bench", source.password)
        seconds: dict[str, list[float]] = {"trasloco copy": [], "mbsync": []}
        for number in range(ROUNDS):
            for name, times in seconds.items():
                user, directory = f"{name.split()[0]}-{number}", Path(home, f"{name.split()[0]}-{number}")
                directory.mkdir()
                run = (
                    _ours(source, destination, user, directory)
                    if name == "trasloco copy"
                    else _mbsync(source, destination, user, directory)
                )
                began = time.perf_counter()
                run()
                times.append(time.perf_counter() - began)
                copied = Snapshot.read(destination.host, destination.port, user, destination.password)
                exact = copied.messages() == original.messages() if name == "trasloco copy" else copied.total == original.total
                assert exact, f"{name} did not copy exactly"
        ours = statistics.median(seconds["trasloco copy"])
        size = sum(entry.size for entries in original.folders.values() for entry in entries)
        print(f"{MESSAGES} messages, {size / 2**20:.0f} MiB, {len(original.folders)} folders, {ROUNDS} rounds, whole processes:")
        for name, times in seconds.items():
            median = statistics.median(times)
            print(f"  {name:14} {median:6.2f} s  ({min(times):.2f} to {max(times):.2f})  {median / ours:5.2f} x trasloco")


def _ours(source: Dovecot, destination: Dovecot, user: str, directory: Path) -> Callable[[], object]:
    words = [str(Path(sys.executable).with_name("trasloco")), "copy", "--tls", "off"]
    for word, server, login in (("from", source, "bench"), ("to", destination, user)):
        secret = directory / word
        secret.write_text(server.password + "\n", "utf-8")
        secret.chmod(0o600)
        words += [f"--{word}", f"imap://{login}@{server.host}:{server.port}", f"--{word}-password-file", str(secret)]
    return lambda: subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - our own words


def _mbsync(source: Dovecot, destination: Dovecot, user: str, directory: Path) -> Callable[[], object]:
    here, there = ("bench", source.password), (user, destination.password)
    return lambda: mbsync(source, destination, here, there, directory)


if __name__ == "__main__":
    main()
