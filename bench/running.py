"""Processes measured: wall time, processor time, the largest memory of one process.

A program of ours is measured from ``ready`` to ``done`` on its standard output: what it imports before and
cleans up after is no part of the copy. All others are measured whole.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST = 1800.0  # seconds; whoever takes longer is ended and said to have failed


class MoverFailed(Exception):
    """The program ended with an error; the text ends with its last words."""


@dataclass(frozen=True, slots=True)
class Command:
    """One process: its words, where its errors go, its whole environment. waits: it says ``ready`` and waits for a line."""

    words: tuple[str, ...]
    errors: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    waits: bool = False
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """seconds: of the wall. processor: seconds of user and system time. memory: bytes, of the largest process."""

    seconds: float
    processor: float
    memory: int


def run(commands: Sequence[Command], at_once: int, begins: Callable[[], object] = lambda: None) -> Cost:
    """Run them, so many at a time, and add up. begins: called when those that wait are ready. Raises MoverFailed."""
    with ThreadPoolExecutor(at_once) as pool:
        started = [(command, _start(command)) if command.waits else (command, None) for command in commands]
        begins()
        began = time.perf_counter()
        costs = list(pool.map(lambda item: _one(*item), started))
    return Cost(max(end for end, _, _ in costs) - began, sum(used for _, used, _ in costs), max(memory for _, _, memory in costs))


def _start(command: Command) -> tuple[subprocess.Popen[bytes], float]:
    """Start one that waits, and read what it has used when it was ready."""
    process = _popen(command)
    assert process.stdout is not None
    line = process.stdout.readline().split()
    if not line or line[0] != b"ready":
        process.kill()
        process.wait()
        raise _failure(command, process)
    return process, float(line[1])


def _one(command: Command, waiting: tuple[subprocess.Popen[bytes], float] | None) -> tuple[float, float, int]:
    """One process to its end: when it had done its work, its processor seconds, its memory."""
    process, used_before = waiting or (_popen(command), 0.0)
    done: tuple[float, float] | None = None
    if process.stdin is not None and process.stdout is not None:
        process.stdin.write(b"go\n")
        process.stdin.flush()
        line = process.stdout.readline().split()
        if line and line[0] == b"done":
            done = time.perf_counter(), float(line[1])
    memory = _memory(process.pid)
    usage, later = _wait(process)
    ended = time.perf_counter()
    if process.returncode or (command.waits and done is None):
        raise _failure(command, process)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    at, used = done or (ended, usage.ru_utime + usage.ru_stime)
    return at, used - used_before, max(memory, later)


def _wait(process: subprocess.Popen[bytes]) -> tuple[resource.struct_rusage, int]:
    end = time.monotonic() + _LONGEST
    pause, memory = 0.001, 0
    while True:
        memory = max(memory, _memory(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage, memory
        if time.monotonic() > end:
            process.kill()
        time.sleep(pause)
        pause = min(pause * 1.2, 0.01)


def _popen(command: Command) -> subprocess.Popen[bytes]:
    """Errors go to a file: a pipe that nobody reads would stop the program."""
    with command.errors.open("ab") as errors:
        return subprocess.Popen(
            command.words,
            stdin=subprocess.PIPE if command.waits else subprocess.DEVNULL,
            stdout=subprocess.PIPE if command.waits else errors,
            stderr=errors,
            env=command.environment,
            cwd=command.directory,
        )


def _memory(pid: int) -> int:
    """The most it ever had in memory, bytes. Not from getrusage: that begins with what we had when we started it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _failure(command: Command, process: subprocess.Popen[bytes]) -> MoverFailed:
    said = command.errors.read_text("utf-8", "replace").strip()[-1500:]
    return MoverFailed(f"{' '.join(command.words[:4])} ended with {process.returncode}: {said}")
