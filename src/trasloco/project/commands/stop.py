"""``trasloco stop``: a run of another Trasloco's migration is stopped."""

from __future__ import annotations

from trasloco.project.server_verb import server_verb

stop = server_verb(
    "stop",
    "Stop the run of migration CODE of another Trasloco. What was copied stays, and nothing is lost.",
    "Migration {code}: the run is stopped. What was copied stays; trasloco resume {code} lets it go on.",
)
