"""The standing for programs: one JSON object, whose names stay what they are (docs/operating.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from trasloco.records.host_lines import HostLine
from trasloco.records.queue_lines import QueueLine
from trasloco.records.standing import Standing
from trasloco.records.troubles import Trouble, wrong
from trasloco.records.wait_lines import WaitLine
from trasloco.records.wait_words import wait_words
from trasloco.records.workers import WorkerLine


def standing_json(found: Standing, told: Sequence[Trouble]) -> dict[str, Any]:
    """Seconds, bytes, whole numbers and texts; times in UTC."""
    pace = found.throughput
    return {
        "at": _time(found.at),
        "well": not wrong(list(told)),
        "troubles": [{"kind": each.kind, "gravity": each.gravity.value, "title": each.title, "remedy": each.remedy} for each in told],
        "runs": found.runs,
        "accounts": {"busy": found.busy, "waiting": found.waiting},
        "throughput": {
            "seconds": round(pace.seconds, 1),
            "messages": pace.messages,
            "bytes": pace.size,
            "accounts": pace.accounts,
            "messages_per_minute": round(pace.messages_per_minute, 1),
            "bytes_per_second": round(pace.bytes_per_second),
        },
        "workers": [_worker(line) for line in found.workers.lines],
        "workers_without_name": found.workers.unnamed,
        "queues": [_queue(line) for line in found.queues],
        "hosts": [_host(line) for line in found.hosts],
        "waits": [_wait(line) for line in found.waits],
    }


def _worker(line: WorkerLine) -> dict[str, Any]:
    return {
        "machine": line.machine,
        "pid": line.pid,
        "version": line.version,
        "state": line.state.value,
        "queues": list(line.queues),
        "concurrency": line.concurrency,
        "transfers": line.transfers,
        "errands": line.errands,
        "started_at": _time(line.started_at),
        "seen_at": _time(line.seen_at),
        "draining_at": _time(line.draining_at),
    }


def _queue(line: QueueLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "waiting": line.waiting,
        "longest_seconds": round(line.longest, 1),
        "doing": line.doing,
        "workers": line.workers,
        "places": line.places,
    }


def _host(line: HostLine) -> dict[str, Any]:
    return {
        "host": line.host,
        "side": line.side,
        "accounts": line.transfers,
        "unit": line.unit,
        "used": line.used,
        "allowed": line.allowed,
        "waiting": line.waiting,
        "said": line.said,
        "said_at": _time(line.said_at),
        "bytes_per_second": None if line.bytes_per_second is None else round(line.bytes_per_second),
    }


def _wait(line: WaitLine) -> dict[str, Any]:
    longest = None if line.longest is None else round(line.longest, 1)
    return {
        "reason": line.reason.value,
        "about": line.about,
        "words": wait_words(line),
        "accounts": line.accounts,
        "longest_seconds": longest,
        "until": _time(line.until),
    }


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
