"""The caps in the environment: they win over the figures of the installation's settings in the process that has them."""

from __future__ import annotations

from collections.abc import Mapping

from trasloco.plan.shares import MOST
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt


def caps_given(environ: Mapping[str, str]) -> dict[str, int]:
    """By the names of ``plan.shares.FIGURES``, those that are set. Raises ``Halt`` for what is no number of at least 1."""
    given = {
        "all_transfers": environ.get("TRASLOCO_ALL_TRANSFERS", ""),
        "all_connections": environ.get("TRASLOCO_ALL_CONNECTIONS", ""),
        "source_transfers": environ.get("TRASLOCO_SOURCE_TRANSFERS", ""),
        "source_connections": environ.get("TRASLOCO_SOURCE_CONNECTIONS", ""),
        "destination_transfers": environ.get("TRASLOCO_DESTINATION_TRANSFERS", ""),
        "destination_connections": environ.get("TRASLOCO_DESTINATION_CONNECTIONS", ""),
        "customer_transfers": environ.get("TRASLOCO_CUSTOMER_TRANSFERS", ""),
        "customer_connections": environ.get("TRASLOCO_CUSTOMER_CONNECTIONS", ""),
    }
    return {name: _number(name, text.strip()) for name, text in given.items() if text.strip()}


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MOST):
        raise Halt(f"TRASLOCO_{name.upper()} must be a number from 1 to {MOST}.", ExitCode.USAGE)
    return int(text)
