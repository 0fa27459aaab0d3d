"""The operator's pages of the installation: what is still missing, limits, how mails are sent."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trasloco.jobs.errands import send_test_mail
from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_operator import InstallationForm
from trasloco.records.installation import save_installation
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Customer, DestinationSystem, Domain, Installation, Mail, MailState, Person
from trasloco.records.rights import Right
from trasloco.secret import Secret

FORM = ("GET", "HEAD", "POST")
SHOWN = 10


@page(Right.OPERATE)
def setup(request: PanelRequest) -> HttpResponse:
    """What is still missing before the first migration."""
    done = {
        "destination": DestinationSystem.objects.exists(),
        "tested": DestinationSystem.objects.filter(tested_well=True).exists(),
        "customer": Customer.objects.exists(),
        "domain": Domain.objects.exists(),
        "person": Person.objects.filter(membership__isnull=False).exists(),
        "mail": bool(Installation.objects.get().smtp_host),
    }
    return render(request, "panel/operator/setup.html", {"done": done, "area": "setup"})


@page(Right.OPERATE, methods=FORM)
def installation(request: PanelRequest) -> HttpResponse:
    """Limits, mail server, the panel's own address."""
    form = InstallationForm(request.POST or None, instance=Installation.objects.get())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["smtp_password"]
        secret = Secret(given) if given else None if form.cleaned_data["smtp_user"] else Secret("")
        save_installation(request.actor, form.instance, secret, KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE))
        messages.success(request, _("Saved."))
        return redirect("installation")
    return render(request, "panel/operator/installation.html", {"form": form, "area": "settings"} | _last_mails())


@page(Right.OPERATE, methods=FORM)
def mail_test(request: PanelRequest) -> HttpResponse:
    """POST: a mail to oneself. GET: the part of the page that shows what became of it."""
    if request.method == "POST":
        send_test_mail(request.actor, request.viewer.person.email)
        if not request.htmx:
            return redirect("installation")
    elif not request.htmx:
        return redirect("installation")
    return render(request, "panel/operator/mail_test.html", _last_mails())


def _last_mails() -> dict[str, object]:
    """underway: one of them has not been tried yet, so the part of the page asks again."""
    found = list(Mail.objects.order_by("-id")[:SHOWN])
    has_server = bool(Installation.objects.get().smtp_host)
    underway = has_server and any(mail.state == MailState.WAITING and not mail.attempts for mail in found)
    return {"mails": found, "underway": underway, "has_server": has_server}
