"""``trasloco resume``: a run of another Trasloco's migration that was stopped goes on."""

from __future__ import annotations

from trasloco.project.server_verb import server_verb

resume = server_verb(
    "resume",
    "Let the run of migration CODE of another Trasloco go on that was stopped.",
    "Migration {code} goes on.",
)
