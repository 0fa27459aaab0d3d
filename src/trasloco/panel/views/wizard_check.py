"""The third step of "new migration": every login, live; what fails is corrected in place or left out."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from trasloco.jobs.errands import check_logins
from trasloco.panel.access import PanelRequest, account_of, page
from trasloco.panel.forms_account import AccountForm
from trasloco.panel.views.check_table import check_table
from trasloco.panel.views.steps import FORM, draft_of, key_ring, render_step, step
from trasloco.records.drafts import correct_account, leave_out, leave_out_failed, own_passwords
from trasloco.records.limits import Limits
from trasloco.records.models import Account
from trasloco.records.rights import Right


@page(Right.MIGRATE)
@step
def check(request: PanelRequest, code: str) -> HttpResponse:
    """The check begins by itself for what was not looked at yet, and again for what a check left lying."""
    migration = draft_of(request, code)
    if not migration.accounts.exists():
        return redirect("new_csv", code)
    check_logins(request.actor, migration)
    context = {
        **check_table(migration, request.GET),
        "csv_warnings": request.session.get(f"csv-warnings-{code}", []),
        "limits": Limits.of(migration.customer),
    }
    return render_step(request, "check", migration, context)


@page(Right.MIGRATE)
@step
def check_part(request: PanelRequest, code: str) -> HttpResponse:
    """The table alone, while it changes."""
    migration = draft_of(request, code)
    context = {"migration": migration, "limits": Limits.of(migration.customer), **check_table(migration, request.GET)}
    return render(request, "panel/wizard/check_table.html", context)


@page(Right.MIGRATE, methods=("POST",))
@step
def check_again(request: PanelRequest, code: str) -> HttpResponse:
    """Only what failed is tried again."""
    check_logins(request.actor, draft_of(request, code), failed=True)
    return redirect("new_check", code)


@page(Right.MIGRATE, methods=FORM)
@step
def correct(request: PanelRequest, code: str, account_id: int) -> HttpResponse:
    """One line, put right in place; it is tried again at once."""
    migration = draft_of(request, code)
    account = get_object_or_404(Account.objects.select_related("migration"), pk=account_id, migration=migration)
    form = AccountForm(request.POST if request.method == "POST" else None, account=account, own_passwords=own_passwords(migration))
    if request.method == "POST" and form.is_valid():
        correct_account(request.actor, account, form.row(), form.mailbox_password(), key_ring())
        check_logins(request.actor, migration, account.pk)
        return redirect(f"{reverse('new_check', args=[code])}#account-{account.pk}")
    return render_step(request, "check", migration, {"form": form, "account": account}, "correct")


@page(Right.MIGRATE, methods=("POST",))
@step
def leave(request: PanelRequest, code: str) -> HttpResponse:
    """Leave accounts out, or take them in again: one by its id, or all that fail."""
    migration = draft_of(request, code)
    out = request.POST.get("out") == "yes"
    wanted = request.POST.get("account", "")
    if wanted == "failed" and out:
        leave_out_failed(request.actor, migration)
    elif wanted.isdecimal() and len(wanted) < 19:
        account = account_of(request, code, int(wanted))
        leave_out(request.actor, account, out=out)
        if not out:
            check_logins(request.actor, migration, account.pk, failed=True)
    return redirect("new_check", code)
