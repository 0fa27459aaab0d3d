"""Forms of the operator: customers, domains, destination systems, the installation's settings."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_people import ZoneField
from trasloco.panel.forms_shares import CapsFields, ShareFields
from trasloco.panel.sentences import server_words
from trasloco.plan.endpoints import EndpointError, parse_server
from trasloco.plan.shares import FIGURES
from trasloco.records.admissible import domain_name
from trasloco.records.customers import LIMITS
from trasloco.records.models import Customer, DestinationLogin, DestinationSystem, Domain, Installation, Language

if TYPE_CHECKING:  # generic for mypy only
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm

MIB = 1024 * 1024
BOUNDS = {"most_lines": 5000, "most_unfinished": 1000, "most_hours": 23, "keep_days": 3650}  # the most of each limit
_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class MebibytesField(forms.IntegerField):
    """Shown in MB, kept in bytes."""

    def prepare_value(self, value: Any) -> Any:
        return value // MIB if isinstance(value, int) and value >= MIB else value

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return None if found is None else found * MIB


class LimitsForm(_ModelForm):
    """The limits that installation and customer share."""

    most_message_bytes = MebibytesField(label=_("MB per message"), min_value=1, max_value=2048)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "most_lines": _("Lines of a CSV"),
            "most_unfinished": _("Unfinished migrations at once"),
            "most_hours": _("Hours between the runs, at most"),
            "keep_days": _("Days a migration stays after its end"),
        }
        for name, most in BOUNDS.items():
            field = self.fields[name]
            field.label = labels[name]
            field.widget.attrs |= {"min": 1, "max": most}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, most in BOUNDS.items():
            value = values.get(name)
            if value is not None and not 1 <= value <= most:
                self.add_error(name, _("A number from 1 to %(most)s.") % {"most": most})
        return values


class CustomerForm(LimitsForm, ShareFields):
    """A customer; an empty limit is that of the installation."""

    most_message_bytes = MebibytesField(label=_("MB per message"), min_value=1, max_value=2048, required=False)
    time_zone = ZoneField(label=_("Time zone of new people"))

    class Meta:
        model = Customer
        fields = ("name", "language", "time_zone", *LIMITS, "most_transfers", "most_connections", "share")
        labels = {"name": _("Name"), "language": _("Language of new people")}  # noqa: RUF012 - Django's Meta
        error_messages = {"name": {"unique": _("There is a customer of this name already.")}}  # noqa: RUF012 - Django's Meta

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        general = Installation.objects.get()
        for name in (*BOUNDS, "most_message_bytes"):
            field = self.fields[name]
            field.widget.attrs["placeholder"] = field.prepare_value(getattr(general, name))
        for name in ("transfers", "connections"):
            figure = getattr(general, f"customer_{name}")
            self.fields[f"most_{name}"].widget.attrs["placeholder"] = figure if figure is not None else _("no limit")


class DomainForm(forms.Form):
    name = forms.CharField(label=_("Domain"), max_length=253, widget=forms.TextInput(attrs={"placeholder": "example.net"}))
    destination_system = forms.ModelChoiceField(label=_("Served by"), queryset=DestinationSystem.objects.all(), empty_label=None)

    def clean_name(self) -> str:
        name = domain_name(self.cleaned_data["name"])
        if not _DOMAIN.fullmatch(name):
            raise forms.ValidationError(_("This is not a domain, such as example.net."))
        if Domain.objects.filter(name=name).exists():
            raise forms.ValidationError(_("This domain belongs to a customer already."))
        return name


class MailboxAddressForm(forms.Form):
    """Whose mailbox is opened by a test."""

    address = forms.CharField(max_length=320)

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        user, at, domain = address.rpartition("@")
        if not (user and at and domain) or any(char.isspace() or not char.isprintable() for char in address):
            raise forms.ValidationError(_("Write the address of a mailbox there."))
        return address


class DestinationForm(_ModelForm):
    """A mail system of the operator; the password is never shown again."""

    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)

    password = forms.CharField(
        label=_("Password of the master user"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = DestinationSystem
        fields = ("name", "host", "port", "security", "trust", "form", "user", "separator", "mx_hosts")
        labels = {  # noqa: RUF012 - Django's Meta
            "name": _("Name"),
            "host": _("IMAP server"),
            "security": _("Encryption"),
            "trust": _("Certificate"),
            "form": _("How mailboxes are opened"),
            "user": _("Name of the master user"),
            "separator": _("Between mailbox and master"),
            "mx_hosts": _("MX records of its domains"),
        }
        help_texts = {  # noqa: RUF012 - Django's Meta
            "form": _("A master user needs no password of any mailbox. Dovecot calls it a master user, Cyrus an admin with proxy rights."),
            "separator": _("Dovecot's default is *"),
            "mx_hosts": _(
                "The hosts that MX records of domains on this system name, separated by commas; a filter in front of it, too. "
                "Migrations then say what is to be changed to what, and take no other change for it."
            ),
        }
        error_messages = {"name": {"unique": _("There is a destination system of this name already.")}}  # noqa: RUF012 - Django's Meta

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"].widget = forms.Select(
            choices=[
                (DestinationLogin.MASTER, _("mailbox*master, with the master's password")),
                (DestinationLogin.AUTHZID, _("as the master, for the mailbox (SASL authorization identity)")),
                (DestinationLogin.PASSWORD, _("with a password for each mailbox, given with the CSV")),
            ]
        )
        self.fields["separator"].required = False
        if self.instance.pk and self.instance.secret is not None:
            self.fields["password"].help_text = _("One is stored. Leave it empty to keep it.")

    def clean_mx_hosts(self) -> list[str]:
        hosts = list(dict.fromkeys(name for part in self.cleaned_data["mx_hosts"] if (name := domain_name(part))))
        for name in hosts:
            if not _DOMAIN.fullmatch(name):
                raise forms.ValidationError(_("%(name)s is not the name of a host, such as mx.example.net.") % {"name": name})
        return hosts

    def clean_host(self) -> str:
        try:
            host, port = parse_server(self.cleaned_data["host"])
        except EndpointError as error:
            raise forms.ValidationError(server_words(error)) from error
        if port is not None:
            raise forms.ValidationError(_("The port has its own field."))
        return host

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("form") != DestinationLogin.PASSWORD:
            if not values.get("user"):
                self.add_error("user", _("Write the name of the master user."))
            if not values.get("password") and self.instance.secret is None:
                self.add_error("password", _("Write the password of the master user."))
        return values


class InstallationForm(LimitsForm, CapsFields):
    """Limits, how people reach the panel, how mails are sent."""

    smtp_password = forms.CharField(
        label=_("Password"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    language = forms.ChoiceField(label=_("Language of mails to people who are not known here"), choices=Language.choices)
    public_url = forms.URLField(
        label=_("Address of this panel"),
        required=False,
        assume_scheme="https",
        help_text=_("As people type it: https://trasloco.example.net. Links in mails begin with it."),
    )

    class Meta:
        model = Installation
        fields = (
            *LIMITS,
            *FIGURES,
            "allow_private_addresses",
            "language",
            "public_url",
            "smtp_host",
            "smtp_port",
            "smtp_security",
            "smtp_user",
            "mail_from",
        )
        labels = {  # noqa: RUF012 - Django's Meta
            "allow_private_addresses": _("Sources may have private addresses (10.0.0.0/8 and the like)"),
            "smtp_host": _("Mail server"),
            "smtp_security": _("Encryption"),
            "smtp_user": _("User"),
            "mail_from": _("Sender"),
        }
        help_texts = {  # noqa: RUF012 - Django's Meta
            "smtp_host": _("Empty: no mails are sent; they are kept and shown as waiting."),
            "mail_from": _("For example: Trasloco <trasloco@example.net>"),
            "allow_private_addresses": _("Only where the old servers are in a network of your own."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.smtp_secret is not None:
            self.fields["smtp_password"].help_text = _("One is stored. Leave it empty to keep it.")

    def clean_public_url(self) -> str:
        """Scheme and host: pages are below it."""
        given = urlsplit(self.cleaned_data["public_url"])
        if not given.netloc:
            return ""
        if given.scheme not in ("http", "https") or given.path.strip("/") or given.query or given.fragment or "@" in given.netloc:
            raise forms.ValidationError(_("Write the address without anything after the name, such as https://trasloco.example.net."))
        return f"{given.scheme}://{given.netloc}"

    def clean_smtp_host(self) -> str:
        host: str = self.cleaned_data["smtp_host"]
        if any(char.isspace() or char in "/@" for char in host):
            raise forms.ValidationError(_("Write the name of a mail server, such as mail.example.net."))
        return host

    def clean_mail_from(self) -> str:
        sender: str = self.cleaned_data["mail_from"]
        address = parseaddr(sender)[1] if sender.isprintable() else ""  # a line break would begin a header of its own
        if sender:
            try:
                validate_email(address)
            except forms.ValidationError as error:
                raise forms.ValidationError(_("Write an address, or a name and an address in <>.")) from error
        return sender

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("smtp_host") and values.get("mail_from") == "":
            self.add_error("mail_from", _("Mails need a sender."))
        if values.get("smtp_password") and not values.get("smtp_user"):
            self.add_error("smtp_user", _("A password needs a user."))
        return values
