"""Spans on their way to a collector.

One that is away is said once, in the library's words, and once more when it is back: not every few seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

log = logging.getLogger(__name__)

SECONDS = 5.0  # of one delivery; a collector that is away keeps nobody from ending


class CollectorExporter(trace_exporter.OTLPSpanExporter):
    """endpoint: with its path. Called by one thread."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint, timeout=SECONDS)
        self._away = False
        logging.getLogger(trace_exporter.__name__).addFilter(self._is_news)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("the collector takes no traces; they are lost until it does")
        elif self._away and not away:
            log.info("the collector takes traces again")
        self._away = away
        return result

    def shutdown(self) -> None:
        super().shutdown()  # type: ignore[no-untyped-call] # the library's own
        logging.getLogger(trace_exporter.__name__).removeFilter(self._is_news)

    def _is_news(self, record: logging.LogRecord) -> bool:
        return not self._away
