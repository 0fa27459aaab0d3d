"""``trasloco start``: the next run of another Trasloco's migration begins at once."""

from __future__ import annotations

from trasloco.project.server_verb import server_verb

start = server_verb(
    "start",
    "Begin the next planned run of migration CODE of another Trasloco at once.",
    "Migration {code}: the next run begins now.",
)
