"""The log as one JSON object a line, for what gathers logs (Loki, Elasticsearch, journald): the same lines, with their parts named.

``time`` (RFC 3339, UTC, milliseconds), ``level``, ``logger``, ``part`` (serve, panel, worker), ``process``, ``message``; what the
line is about (``records.log_fields``); ``exception`` where there was one. Nothing else that a library hangs on a line is written:
nobody knows what it is.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from trasloco.records.log_fields import log_fields


class JsonLines(JsonFormatter):
    """part: which of our processes writes."""

    def __init__(self, part: str) -> None:
        super().__init__(json_ensure_ascii=False)
        self._part = part

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["part"] = self._part
        log_data["process"] = record.process
        log_data["message"] = record.getMessage()
        log_data.update(log_fields())
        if exception := message_dict.get("exc_info"):
            log_data["exception"] = exception
