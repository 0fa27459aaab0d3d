"""What people ask for in the panel, taken up by a real worker: searches for servers, and sign-ins of owners at their provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.fix_wizard import MAILBOXES, WizardCast
from tests.panel.test_oauth_credentials import LINE, begin
from trasloco.testing.token_endpoint import CLIENT, TENANT, TokenEndpoint
from trasloco.testing.zone import Zone

SECONDS = 120.0


def worked(done: Callable[[], bool]) -> None:
    """A worker of the service, until it is so."""
    from trasloco.jobs.database_thread import in_thread
    from trasloco.jobs.worker import work

    async def until() -> bool:
        return await in_thread(done)

    asyncio.run(asyncio.wait_for(work(2, until), SECONDS))


def test_a_worker_looks_for_servers(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.records.models import CheckState, ServerSearch

    answer = wizard.client.post("/migrations/new/", {"source_type": "standard", "source_tls": "pin"})
    code = str(answer.headers["Location"].split("/")[3])
    wizard.give(code, f'user1@example.net;;user1@old.example.org;"{MAILBOXES["user1@old.example.org"]}"\n')
    records = {
        ("_imaps._tcp.old.example.org", "SRV"): [f"0 1 {wizard.source.tls_port} localhost."],
        ("localhost", "A"): ["127.0.0.1"],
    }
    with Zone(records) as zone:
        monkeypatch.setenv("TRASLOCO_DNS", zone.address)
        wizard.client.post(f"/migrations/new/{code}/check/find-servers/")
        worked(lambda: not ServerSearch.objects.filter(state__in=[CheckState.WAITING, CheckState.RUNNING]).exists())
    found = ServerSearch.objects.get()
    assert (found.host, found.port, found.provider) == ("localhost", wizard.source.tls_port, "dovecot")


def test_a_worker_carries_a_sign_in_through(wizard: WizardCast, endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.records import oauth_credentials
    from trasloco.records.models import OwnerSignIn

    monkeypatch.setattr(oauth_credentials, "TOKEN_SERVERS", frozenset({"localhost"}))
    code = begin(wizard, "office365")
    oauth = f'kind = "microsoft-device"\nclient_id = "{CLIENT}"\ntenant = "{TENANT}"\nauthority = "{endpoint.url}"\n'
    wizard.give(code, LINE, oauth=oauth)
    wizard.client.post(f"/migrations/{code}/permissions/sign-in/", {"mailbox": "anna@old.example"})

    def owner() -> bool:
        """Signs in as soon as he sees his code."""
        states = set(OwnerSignIn.objects.values_list("state", flat=True))
        endpoint.approved = "open" in states
        return states == {"done"}

    worked(owner)
    assert "All owners have signed in." in wizard.client.get(f"/migrations/{code}/permissions/").content.decode()
