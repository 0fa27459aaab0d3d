"""What is taken along from a migration: its report, and the sealed proofs."""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.http import Http404, HttpResponse, StreamingHttpResponse

from trasloco.documents.proofs import write_proofs
from trasloco.documents.report_csv import csv_report
from trasloco.documents.report_document import report_document
from trasloco.documents.report_html import html_report
from trasloco.documents.report_json import json_report
from trasloco.panel.access import PanelRequest, account_of, migration_of, page
from trasloco.records.history import note
from trasloco.records.models import Account
from trasloco.records.proof_key import ProofKey
from trasloco.records.rights import Right

CHUNK = 256 * 1024
_FORMS: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "html": ("text/html; charset=utf-8", lambda found: html_report(found).encode("utf-8", "replace")),
    "json": ("application/json", json_report),
    "csv": ("text/csv; charset=utf-8", csv_report),
}


@page(Right.MIGRATE)
def report(request: PanelRequest, code: str, form: str) -> HttpResponse:
    """The report of all accounts. form: html, json or csv."""
    return _report(code, form, report_document(migration_of(request, code).code))


@page(Right.MIGRATE)
def account_report(request: PanelRequest, code: str, account_id: int, form: str) -> HttpResponse:
    """The report of this account alone."""
    found = account_of(request, code, account_id)
    document = report_document(found.migration.code) or {}
    mine = [item for item in document.get("accounts", ()) if item["destination"] == found.destination_address]
    return _report(f"{code}-{found.pk}", form, {**document, "accounts": mine})


@page(Right.MIGRATE)
def proofs(request: PanelRequest, code: str) -> StreamingHttpResponse:
    """The proofs of all accounts as one zip, three files for each."""
    found = migration_of(request, code)
    note(request.actor, "proof-downloaded", migration=found)
    return _proofs(code, f"proof-{code}", list(found.accounts.select_related("migration").order_by("line")))


@page(Right.MIGRATE)
def account_proof(request: PanelRequest, code: str, account_id: int) -> StreamingHttpResponse:
    """The proof of one account: CSV and JSON with every message, and a page."""
    found = account_of(request, code, account_id)
    note(request.actor, "proof-downloaded", found.destination_address, migration=found.migration)
    return _proofs(code, f"proof-{code}-{found.pk}", [found])


def _report(name: str, form: str, document: Any) -> HttpResponse:
    if form not in _FORMS or document is None:
        raise Http404
    content_type, render = _FORMS[form]
    headers = {"Content-Disposition": f'attachment; filename="report-{name}.{form}"'}
    return HttpResponse(render(document), content_type, headers=headers)


def _proofs(code: str, name: str, accounts: Sequence[Account]) -> StreamingHttpResponse:
    """Written to the disk account by account, for a proof may be larger than memory; nothing stays there."""
    key = ProofKey.open(settings.TRASLOCO_PROOF_KEY_FILE)
    whole = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever reads it
    with tempfile.TemporaryDirectory() as directory, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for written in write_proofs(code, accounts, Path(directory), key):
            for path in written.files:
                archive.write(path, path.name)
                path.unlink()
    length = whole.tell()
    whole.seek(0)
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"', "Content-Length": str(length)}
    return StreamingHttpResponse(_chunks(whole), content_type="application/zip", headers=headers)


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Asynchronous, as the panel is served: a synchronous one would be gathered in memory first."""
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
