"""The accounts of a migration: listed with what became of them, corrected, left out, tried again."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import Http404
from ninja import Query, Router
from pydantic import Field

from trasloco.api.bearer import CHANGE, LOOK, ApiRequest
from trasloco.api.cursor import Page, Wanted, one_page
from trasloco.api.given import Given, Line
from trasloco.api.migrations import Words
from trasloco.api.problem import refuse_form
from trasloco.api.shown_migrations import AccountDetail, AccountListed, listed_account, shown_account, shown_check, shown_transfer
from trasloco.jobs.errands import check_logins
from trasloco.panel.access import account_of, migration_of
from trasloco.panel.forms_account import AccountForm
from trasloco.panel.views.steps import key_ring
from trasloco.plan.endpoints import stored_source
from trasloco.records.account_lines import account_lines, accounts_with_state, narrowed
from trasloco.records.drafts import NotADraft, correct_account, leave_out, own_passwords
from trasloco.records.models import Account, Transfer
from trasloco.records.overviews import current_run
from trasloco.records.planning import retry_failed
from trasloco.records.verification import newest_verifications

router = Router(tags=["accounts"])

State = Literal[
    "", "attention", "waiting", "admitted", "running", "completed", "completed_with_errors", "failed", "stopped", "planned", "left-out"
]


class Correction(Given):
    """Only what is given is changed. A stored password goes only where it was given for: with another server, or a login in
    another domain, it has to be given again."""

    server: Line | None = Field(None, max_length=300)
    login: Line | None = Field(None, min_length=1)
    password: Line | None = Field(None, json_schema_extra={"writeOnly": True})
    master: Line | None = None
    destination_password: Line | None = Field(None, json_schema_extra={"writeOnly": True})


@router.get("/migrations/{slug:code}/accounts", response=Page[AccountListed], auth=LOOK, summary="The accounts of a migration")
def list_accounts(request: ApiRequest, code: str, wanted: Wanted, q: Words = "", state: Annotated[State, Query()] = "") -> object:
    """q: in address or login. state: in the current run; attention: failed, with errors, or waiting for another try."""
    found = migration_of(request, code)
    run = current_run(found)
    rows = narrowed(accounts_with_state(found, run), run, state=state, words=q.strip()).select_related("migration", "check_result")
    return one_page(rows, wanted, lambda page: [listed_account(line) for line in account_lines(page, run)])


@router.get("/migrations/{slug:code}/accounts/{int:account_id}", response=AccountDetail, auth=LOOK, summary="One account")
def get_account(request: ApiRequest, code: str, account_id: int) -> object:
    return _detail(account_of(request, code, account_id))


@router.patch("/migrations/{slug:code}/accounts/{int:account_id}", response=AccountDetail, auth=CHANGE, summary="Correct an account")
def change_account(request: ApiRequest, code: str, account_id: int, given: Correction) -> object:
    """Of a draft; its logins are checked at once."""
    account = _of_draft(request, code, account_id)
    migration = account.migration
    written = stored_source(account.source_host, account.source_port, account.source_speech, migration.source_tls)
    stored = {"server": written, "login": account.login, "master": account.master}
    chosen = {name: value for name, value in given.model_dump().items() if value is not None}
    form = AccountForm({**stored, **chosen}, account=account, own_passwords=own_passwords(migration))
    if not form.is_valid():
        raise refuse_form(form)
    correct_account(request.actor, account, form.row(), form.mailbox_password(), key_ring())
    check_logins(request.actor, migration, account.pk)
    return _detail(account_of(request, code, account_id))


@router.post("/migrations/{slug:code}/accounts/{int:account_id}/leave-out", response=AccountDetail, auth=CHANGE, summary="Leave it out")
def leave_account_out(request: ApiRequest, code: str, account_id: int) -> object:
    """Of a draft: it is planned without this account."""
    leave_out(request.actor, _of_draft(request, code, account_id))
    return _detail(account_of(request, code, account_id))


@router.post("/migrations/{slug:code}/accounts/{int:account_id}/take-in", response=AccountDetail, auth=CHANGE, summary="Take it in again")
def take_account_in(request: ApiRequest, code: str, account_id: int) -> object:
    """Of a draft; its logins are checked at once."""
    account = _of_draft(request, code, account_id)
    leave_out(request.actor, account, out=False)
    check_logins(request.actor, account.migration, account.pk, failed=True)
    return _detail(account_of(request, code, account_id))


@router.post("/migrations/{slug:code}/accounts/{int:account_id}/retry", response=AccountDetail, auth=CHANGE, summary="Try it again")
def retry_account(request: ApiRequest, code: str, account_id: int) -> object:
    """One that failed in the last run, or that waits for its next try."""
    account = account_of(request, code, account_id)
    retry_failed(request.actor, account.migration, [account.pk])
    return _detail(account)


def _of_draft(request: ApiRequest, code: str, account_id: int) -> Account:
    """Raises Http404, ``NotADraft``."""
    account = account_of(request, code, account_id)
    if account.migration.customer is None:
        raise Http404
    if account.migration.planned_at is not None:
        raise NotADraft
    return account


def _detail(account: Account) -> dict[str, object]:
    transfers = Transfer.objects.filter(account=account).select_related("run").order_by("run__number")
    return {
        **shown_account(account),
        "check": shown_check(account),
        "transfers": [shown_transfer(transfer) for transfer in transfers],
        "verification": newest_verifications(account.migration).get(account.destination_address),
    }
