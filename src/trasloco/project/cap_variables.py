"""The caps in the environment: they win over the figures of the installation's settings in the process that has them."""

from __future__ import annotations

from collections.abc import Mapping

from trasloco.plan.shares import FIGURES, MOST
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt

VARIABLES = (
    "TRASLOCO_ALL_TRANSFERS",
    "TRASLOCO_ALL_CONNECTIONS",
    "TRASLOCO_SOURCE_TRANSFERS",
    "TRASLOCO_SOURCE_CONNECTIONS",
    "TRASLOCO_DESTINATION_TRANSFERS",
    "TRASLOCO_DESTINATION_CONNECTIONS",
    "TRASLOCO_CUSTOMER_TRANSFERS",
    "TRASLOCO_CUSTOMER_CONNECTIONS",
)
"""In the order of ``FIGURES``."""


def caps_given(environ: Mapping[str, str]) -> dict[str, int]:
    """By the names of ``FIGURES``, those that are set. Raises ``Halt`` for what is no number of at least 1."""
    found = {}
    for name, variable in zip(FIGURES, VARIABLES, strict=True):
        text = environ.get(variable, "").strip()
        if not text:
            continue
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:10]) <= MOST):
            raise Halt(f"{variable} must be a number from 1 to {MOST:,}.", ExitCode.USAGE)
        found[name] = int(text)
    return found
