"""The JSON report as bytes."""

from __future__ import annotations

import json

from trasloco.documents.report_figures import Report


def json_report(report: Report) -> bytes:
    """UTF-8 with readable letters; a lone surrogate from a broken folder name becomes "?"."""
    return (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")
