"""Forms of the steps of "new migration": type, CSV, when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_moment import MomentForm
from trasloco.panel.forms_pace import HoursFields
from trasloco.panel.forms_second_run import MX, SecondRunFields
from trasloco.records.models import Customer

TYPES = (
    (
        "standard",
        _("Standard"),
        _("Any IMAP server: Dovecot, Cyrus, Courier, cPanel, Plesk, Zimbra and the rest."),
        _("Needs the password of each mailbox, or one master user who opens them all."),
    ),
    (
        "gmail",
        _("Gmail"),
        _("Gmail and Google Workspace; the server is imap.gmail.com."),
        _(
            "Needs an app password for each mailbox (myaccount.google.com/apppasswords, with two-step verification switched on), or, of a "
            "Workspace domain, the OAuth key of a service account. The password of the account itself is not taken."
        ),
    ),
    (
        "exchange",
        _("Exchange"),
        _("An Exchange server of the customer's own. Calendars, contacts and tasks are left out."),
        _("Needs its IMAP service started, IMAP allowed for each mailbox, and the passwords."),
    ),
    (
        "office365",
        _("Office 365"),
        _("Microsoft 365; the server is outlook.office365.com. Calendars, contacts and tasks are left out."),
        _(
            "Needs the OAuth credentials of an app that the tenant's administrator has allowed to read mailboxes (IMAP.AccessAsApp). "
            "Passwords are not taken by IMAP any more, app passwords included."
        ),
    ),
)
"""Name, title, what it is, what it needs."""

TLS = (
    ("verify", _("TLS, certificate checked (recommended)")),
    ("pin", _("TLS, any certificate: the one seen at the check, and no other later")),
    ("off", _("without TLS: passwords and mail can be read on the way")),
)
GMAIL = (
    ("starred", _("the folder of starred messages (the star itself is always taken along, as a flag)")),
    ("important", _("the folder of messages that Gmail holds important")),
    ("chats", _("the folder of chats, where Gmail shows it in IMAP")),
    ("categories", _("the categories of the inbox (Social, Promotions, Updates, Forums), as keywords of the messages")),
)
"""Settings of a migration from Gmail; without them each label is a folder, and what has no label goes to the archive."""
ALWAYS_TLS = ("gmail", "office365")
HOURS_ADVISED = (4, 8)
MOST_RECIPIENTS = 10

AREA = {"class": "csv", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off", "autocorrect": "off"}


class TypeForm(forms.Form):
    """source_tls is asked of sources of one's own only; those of the large providers are fixed. gmail: of that type only."""

    source_type = forms.ChoiceField(
        label=_("Type of source"), choices=[(name, title) for name, title, *_words in TYPES], initial="standard", widget=forms.RadioSelect
    )
    source_tls = forms.ChoiceField(label=_("Encryption"), choices=TLS, initial="verify", required=False, widget=forms.RadioSelect)
    gmail = forms.MultipleChoiceField(
        label=_("What is also taken of Gmail"), choices=GMAIL, required=False, widget=forms.CheckboxSelectMultiple
    )
    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.none(), empty_label=None)

    def __init__(self, *args: Any, customers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if customers is None:
            del self.fields["customer"]
        else:
            self.fields["customer"].queryset = customers  # type: ignore[attr-defined] # of this field

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("source_type") in ALWAYS_TLS or not values.get("source_tls"):
            values["source_tls"] = "verify"
        if values.get("source_type") != "gmail":
            values["gmail"] = []
        return values


class CsvForm(forms.Form):
    """A file or pasted text; passwords: of the destination, where its mailboxes have one each. Only shown: what comes in is
    read by ``CsvUpload``, which knows more than a field does."""

    text = forms.CharField(label=_("Paste it here"), required=False, widget=forms.Textarea(attrs={**AREA, "rows": 12}))
    file = forms.FileField(
        label=_("or choose a file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=_("It comes in the place of the text above."),
    )
    passwords = forms.CharField(
        label=_("Passwords of the new mailboxes"),
        required=False,
        widget=forms.Textarea(attrs={**AREA, "rows": 5}),
        help_text=_("One line for each: address;password. Who has a stored one needs no line."),
    )
    oauth = forms.CharField(
        label=_("OAuth credentials"),
        required=False,
        widget=forms.Textarea(attrs={**AREA, "rows": 5}),
        help_text=_(
            'For lines with an empty password: kind = "microsoft-app" with tenant, client_id and client_secret of the app, one in each '
            'line as key = "value"; Google\'s JSON key of a service account as it is; or, where the owners sign in themselves, '
            'kind = "microsoft-device" with client_id, or kind = "google-consent" with client_id and client_secret. '
            "What has to be allowed at the provider is said in the next step."
        ),
    )

    keep_oauth = forms.BooleanField(
        label=_("Keep these credentials for the customer's next migrations, too"),
        required=False,
        help_text=_("Encrypted, until somebody has them forgotten here. Domain managers cannot use them."),
    )


class WhenForm(MomentForm, HoursFields, SecondRunFields):
    """now: as soon as possible; else at date and time in the zone. which: of two hours with the same name, where the
    clocks are put back. second: minutes, empty for none, of a second run at a fixed hour."""

    past = _("That is in the past. Choose a later one, or “as soon as possible”.")
    use_required_attribute = False  # a browser cannot complain of a field that it does not show

    start = forms.ChoiceField(
        label=_("First run"),
        choices=[("now", _("as soon as possible")), ("at", _("at a date and time"))],
        widget=forms.RadioSelect,
        initial="now",
    )
    second = forms.TypedChoiceField(label=_("Which hour"), coerce=int, empty_value=None, required=False)
    newest_first = forms.BooleanField(
        label=_("Bring the newest mail of INBOX and Sent first"),
        required=False,
        help_text=_(
            "People find their latest mail on the new server early. The messages of these two folders then stand there in another order "
            "than they came in; programs that sort by date do not show it, programs that sort by arrival do."
        ),
    )
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
        super().__init__(*args, hours=hours, **kwargs)
        if self.is_bound:
            self.fields["at"].required = self.data.get("start") == "at"
            self.fields["at"].error_messages["required"] = _("Write the date and time of the first run.")
        choices: list[tuple[str, Any]] = [("", _("none"))]
        for hour in range(1, hours + 1):
            words = _("%(hours)s hours after the first") if hour > 1 else _("%(hours)s hour after the first")
            if HOURS_ADVISED[0] <= hour <= HOURS_ADVISED[1]:
                words = _("%(hours)s hours after the first (advised)")
            choices.append((str(hour * 60), words % {"hours": hour}))
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
        values["second_minutes"] = values.get("latest") if values.get("second_when") == MX else values.get("second")
        values["quiet_hours"] = values.get("quiet") if values.get("second_when") == MX else None
        if values.get("start") == "at" and values.get("at") and "time_zone" in values:
            values["first_run_at"] = self.moment()
        return values
