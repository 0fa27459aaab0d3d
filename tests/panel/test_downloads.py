"""Reports and proofs as downloads."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]


def _ended(make_migration: Make) -> Any:
    migration = make_migration()
    set_states(begin(migration), ["completed", "failed", "completed"])
    return migration


@pytest.mark.parametrize(("form", "kind"), [("html", "text/html"), ("json", "application/json"), ("csv", "text/csv")])
def test_the_report_comes_in_each_form(anna: Client, make_migration: Make, form: str, kind: str) -> None:
    migration = _ended(make_migration)
    answer = anna.get(f"/migrations/{migration.code}/report.{form}")
    assert answer.headers["Content-Type"].startswith(kind)
    assert f'filename="report-{migration.code}.{form}"' in answer.headers["Content-Disposition"]
    assert f"a2@{migration.domains[0]}" in answer.content.decode("utf-8-sig")


def test_another_form_is_not_there(anna: Client, make_migration: Make) -> None:
    assert anna.get(f"/migrations/{_ended(make_migration).code}/report.pdf").status_code == 404


def test_the_report_of_an_account_speaks_of_nobody_else(anna: Client, make_migration: Make) -> None:
    migration = _ended(make_migration)
    account = migration.accounts.get(line=2)
    found = json.loads(anna.get(f"/migrations/{migration.code}/accounts/{account.pk}/report.json").content)
    assert [item["destination"] for item in found["accounts"]] == [account.destination_address]


@pytest.mark.parametrize("which", ["one", "all"])
async def test_a_proof_is_a_zip_that_anybody_can_check(anna: Client, make_migration: Make, tmp_path: Path, which: str) -> None:
    from trasloco.records.models import HistoryEntry

    migration = await sync_to_async(_ended)(make_migration)
    account = await migration.accounts.aget(line=2)
    address = f"/migrations/{migration.code}/" + ("proof.zip" if which == "all" else f"accounts/{account.pk}/proof.zip")
    client = AsyncClient()
    client.cookies = anna.cookies
    answer = await client.get(address)
    content = b"".join([part async for part in answer])  # type: ignore[attr-defined] # it streams
    assert len(content) == int(answer.headers["Content-Length"])
    assert _checked(content, tmp_path) == (3 if which == "all" else 1)
    assert await HistoryEntry.objects.filter(verb="proof-downloaded").aexists()


def _checked(content: bytes, directory: Path) -> int:
    """Unpack it and check each proof in it; returns how many accounts it has."""
    from trasloco.records.proof_reader import check_proof

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(directory)
    documents = sorted(directory.glob("*.json"))
    for document in documents:
        assert check_proof(document).problems == []
        assert document.with_suffix(".html").exists()
        assert document.with_suffix(".csv").exists()
    return len(documents)
