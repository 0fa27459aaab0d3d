"""Which OAuth credentials a draft gets with its CSV."""

from __future__ import annotations

from trasloco.panel.csv_upload import CsvUpload
from trasloco.records.customer_credentials import keep_credentials, kept_credentials
from trasloco.records.history import Actor
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import MailMigration
from trasloco.records.rights import Viewer
from trasloco.secret import Secret


def draft_credentials(actor: Actor, viewer: Viewer, migration: MailMigration, upload: CsvUpload, ring: KeyRing) -> Secret | None:
    """Those given with the CSV, which the customer keeps where that is wanted; else, for a draft that has none, those he has kept.
    Raises ``KeyProblem``."""
    if upload.oauth is not None and upload.typed.get("keep_oauth"):
        keep_credentials(actor, viewer, migration, upload.oauth, ring)
    if upload.oauth is not None or migration.source_oauth is not None:
        return upload.oauth
    return kept_credentials(viewer, migration, upload.rows, ring)
