"""Forms of the steps of "new migration": type, CSV, one account's correction, when."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_people import ZoneField
from trasloco.plan.endpoints import EndpointError, parse_server
from trasloco.records.models import Account, Customer

_STANDARD = _("Any IMAP server: Dovecot, Courier, cPanel, Plesk, Zimbra and the rest. Users and passwords, or one master user.")
_GMAIL = _("Gmail and Google Workspace. IMAP switched on, and an app password for each mailbox.")
_EXCHANGE = _("The customer's own Exchange server, with its IMAP service started. Calendars and contacts are left out.")
_OFFICE = _("Microsoft 365. IMAP allowed for each mailbox, and an app password for each. Calendars and contacts are left out.")
TYPES = (
    (
        "standard",
        _("Standard"),
        _("Any IMAP server: Dovecot, Courier, cPanel, Plesk, Zimbra and the rest. Users and passwords, or one master user."),
    ),
    ("gmail", _("Gmail"), _("Gmail and Google Workspace. IMAP switched on, and an app password for each mailbox.")),
    (
        "exchange",
        _("Exchange"),
        _("The customer's own Exchange server, with its IMAP service started. Calendars and contacts are left out."),
    ),
    (
        "office365",
        _("Office 365"),
        _("Microsoft 365. IMAP allowed for each mailbox, and an app password for each. Calendars and contacts are left out."),
    ),
)
TLS = (
    ("verify", _("TLS, certificate checked (recommended)")),
    ("pin", _("TLS, any certificate: the one seen at the check, and no other later")),
    ("off", _("without TLS: passwords and mail can be read on the way")),
)
HOURS_ADVISED = (4, 8)
MOST_RECIPIENTS = 10


class TypeForm(forms.Form):
    """source_tls is asked of standard sources only; the others are fixed."""

    source_type = forms.ChoiceField(label=_("Type of source"), choices=[(name, title) for name, title, _about in TYPES], initial="standard")
    source_tls = forms.ChoiceField(label=_("Encryption"), choices=TLS, initial="verify", required=False)
    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.none(), empty_label=None)

    def __init__(self, *args: Any, customers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if customers is None:
            del self.fields["customer"]
        else:
            self.fields["customer"].queryset = customers  # type: ignore[attr-defined] # of this field

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("source_type") in ("gmail", "office365") or not values.get("source_tls"):
            values["source_tls"] = "verify"
        return values


class CsvForm(forms.Form):
    """A file or pasted text; passwords: of the destination, where its mailboxes have one each."""

    file = forms.FileField(
        label=_("CSV file"), required=False, widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"})
    )
    text = forms.CharField(
        label=_("or paste it here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "csv", "rows": 10, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}),
    )
    passwords = forms.CharField(
        label=_("Passwords of the new mailboxes"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "csv", "rows": 5, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}),
        help_text=_("One line for each: address;password"),
    )


class AccountForm(forms.Form):
    """One line of the CSV, put right in place. An empty password keeps the stored one."""

    server = forms.CharField(label=_("Server"), max_length=300)
    login = forms.CharField(label=_("Login"), max_length=1000, strip=False)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Empty: the one you gave before."),
    )
    master = forms.CharField(label=_("Master user"), max_length=1000, required=False, strip=False)
    destination_password = forms.CharField(
        label=_("Password on the new server"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Empty: the one you gave before."),
    )

    def __init__(self, *args: Any, account: Account, own_passwords: bool, **kwargs: Any) -> None:
        port = "" if account.source_port in (143, 993) else f":{account.source_port}"
        host = f"[{account.source_host}]" if ":" in account.source_host and port else account.source_host
        kwargs.setdefault("initial", {"server": f"{host}{port}", "login": account.login, "master": account.master})
        super().__init__(*args, **kwargs)
        self.host, self.port = account.source_host, None
        if not own_passwords:
            del self.fields["destination_password"]

    def clean_server(self) -> str:
        server: str = self.cleaned_data["server"]
        try:
            self.host, self.port = parse_server(server)  # type: ignore[assignment] # a port or None
        except EndpointError as error:
            raise forms.ValidationError(str(error)) from error
        return server


class WhenForm(forms.Form):
    """now: as soon as possible; else at date and time in the zone. second: minutes, empty for none."""

    start = forms.ChoiceField(
        label=_("First run"),
        choices=[("now", _("as soon as possible")), ("at", _("at a date and time"))],
        widget=forms.RadioSelect,
        initial="now",
    )
    at = forms.DateTimeField(
        label=_("Date and time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    time_zone = ZoneField()
    second = forms.TypedChoiceField(label=_("Second run"), coerce=int, empty_value=None, required=False)
    verification = forms.ChoiceField(
        label=_("Verification after the last run"),
        required=False,
        choices=[
            ("", _("counts and sizes only")),
            ("sample", _("read 200 messages of each account again and compare them")),
            ("all", _("read every message again and compare it (takes as long as the run)")),
        ],
    )
    recipients = forms.CharField(
        label=_("Mails also to"), required=False, max_length=2000, help_text=_("Addresses, separated by commas. You get them anyway.")
    )

    def __init__(self, *args: Any, hours: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, Any]] = [("", _("none"))]
        for hour in range(1, hours + 1):
            words = _("%(hours)s hours after the first") if hour > 1 else _("%(hours)s hour after the first")
            advised = HOURS_ADVISED[0] <= hour <= HOURS_ADVISED[1]
            choices.append((str(hour * 60), f"{words % {'hours': hour}}{' ✓' if advised else ''}"))
        self.fields["second"].choices = choices  # type: ignore[attr-defined] # of a choice field

    def clean_recipients(self) -> list[str]:
        found = [part.strip() for part in self.cleaned_data["recipients"].replace(";", ",").replace("\n", ",").split(",") if part.strip()]
        for address in found:
            try:
                validate_email(address)
            except forms.ValidationError as error:
                raise forms.ValidationError(_("%(address)s is not an address.") % {"address": address}) from error
        if len(found) > MOST_RECIPIENTS:
            raise forms.ValidationError(_("At most %(most)s addresses.") % {"most": MOST_RECIPIENTS})
        return found

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values["first_run_at"] = None
        if values.get("start") == "at" and "at" in values:
            if values["at"] is None:
                self.add_error("at", _("Write the date and time of the first run."))
            elif "time_zone" in values:
                values["first_run_at"] = moment(values["at"], values["time_zone"])
                if values["first_run_at"] > timezone.now() + timedelta(days=365):
                    self.add_error("at", _("That is more than a year away."))
        return values


def moment(naive: datetime, zone: str) -> datetime:
    """A wall-clock time of the form as a moment. An hour that summer time skips is the one after it; of one that
    comes twice, the first."""
    wall = naive.replace(tzinfo=None)
    found = wall.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0)
    # What UTC makes of a skipped hour reads differently when it comes back: then it is shifted forward.
    return found.astimezone(UTC).astimezone(zoneinfo.ZoneInfo(zone))
