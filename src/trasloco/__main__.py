"""``python -m trasloco`` is the command ``trasloco``."""

from __future__ import annotations

from trasloco.project.cli import main

main()
