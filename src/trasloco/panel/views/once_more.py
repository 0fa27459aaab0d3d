"""One more run: the passwords were wiped, so the CSV is given again, or its lines are filled in."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, migration_of, page
from trasloco.panel.body_limit import body_refused
from trasloco.panel.csv_upload import CsvUpload, stored_text, too_large
from trasloco.panel.forms_migrations import AgainForm
from trasloco.panel.forms_wizard import ALWAYS_TLS
from trasloco.panel.refusals import refusal_words
from trasloco.panel.views.steps import key_ring
from trasloco.records.customer_credentials import kept_credentials
from trasloco.records.drafts import own_passwords
from trasloco.records.failure_groups import groups_of
from trasloco.records.models import Account, MailMigration, TransferState
from trasloco.records.once_more import row_problems, run_once_more
from trasloco.records.overviews import current_run
from trasloco.records.planning import NotNow, refuse_another_run
from trasloco.records.rights import Right

FAILED = "failed"


@page(Right.MIGRATE, methods=("GET", "HEAD", "POST"))
def again(request: PanelRequest, code: str) -> HttpResponse:
    """Only the accounts of the lines take part. only: begin with those that "failed", or with those of a group of failures."""
    found = migration_of(request, code)
    try:
        refuse_another_run(found)
        upload = _given(request, found)
        if upload is not None and upload.rows and not upload.problems:
            oauth = upload.oauth or kept_credentials(request.viewer, found, upload.rows, key_ring())
            run = run_once_more(request.actor, found, upload.rows, upload.passwords, key_ring(), oauth)
            messages.success(request, _("Run %(number)s begins.") % {"number": run.number})
            return redirect("migration", code)
    except NotNow as error:
        messages.error(request, refusal_words(error))
        return redirect("migration", code)
    only = request.GET.get("only", "")
    accounts = _chosen(found, only).order_by("line")
    typed = upload.typed if upload is not None else {}
    initial = {**(upload.typed.dict() if upload is not None else {}), "text": typed.get("text") or stored_text(found, accounts, "")}
    context = {
        "migration": found,
        "form": AgainForm(initial=initial),
        "upload": upload,
        "failed": _failed(found).count(),
        "only": only,
        "own_passwords": own_passwords(found),
        "by_token": found.source_type in ALWAYS_TLS,
        "area": "migrations",
    }
    return render(request, "panel/migrations/again.html", context, status=413 if body_refused(request) else 200)


again.explains_too_large = True  # type: ignore[attr-defined] # read by ``middleware.too_large``


def _given(request: PanelRequest, found: MailMigration) -> CsvUpload | None:
    """What was sent, with all that is wrong with it; None when the page is only asked for."""
    if body_refused(request):
        return CsvUpload(problems=(too_large(),))
    if request.method != "POST":
        return None
    upload = CsvUpload.read(request.viewer, found, request.POST, request.FILES.get("file"))
    wrong = [*upload.problems, *row_problems(found, upload.rows)]
    return replace(upload, problems=sorted(wrong, key=lambda problem: problem.order))


def _chosen(found: MailMigration, only: str) -> QuerySet[Account]:
    if only == FAILED:
        return _failed(found)
    group = next((item for item in groups_of(found) if item.key == only), None)
    return found.accounts.filter(pk__in=group.accounts) if group is not None else found.accounts.all()


def _failed(found: MailMigration) -> QuerySet[Account]:
    return found.accounts.filter(transfers__run=current_run(found), transfers__status=TransferState.FAILED)
