"""The form for one line of the CSV, put right in place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trasloco.panel.sentences import server_words
from trasloco.plan.endpoints import EndpointError, parse_source, speech_of, stored_source
from trasloco.plan.old_address import old_address
from trasloco.plan.providers import providers
from trasloco.plan.table import Row
from trasloco.records.admissible import domain_of
from trasloco.records.models import Account
from trasloco.records.server_search import old_domain
from trasloco.secret import Secret

_KEPT = _("Empty: the one you gave before.")
_EMPTY_SERVER = _("Empty: the provider's own.")
_SERVER_TO_FIND = _("Name or address, with a port if it is not the usual one. Empty: it is still to be found.")


class AccountForm(forms.Form):
    """Server, login and passwords of one account. An empty password keeps the stored one, unless the server or the domain of
    the login becomes another one: a password goes only where it was given for. host, port, speech: of a valid form."""

    server = forms.CharField(label=_("Server"), max_length=300, help_text=_("Name or address, with a port if it is not the usual one."))
    login = forms.CharField(label=_("Login"), max_length=1000, strip=False)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_KEPT,
    )
    master = forms.CharField(
        label=_("Master user"),
        max_length=1000,
        required=False,
        strip=False,
        help_text=_("Only where one user opens all mailboxes; the password is then his."),
    )
    destination_password = forms.CharField(
        label=_("Password on the new server"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_KEPT,
    )

    def __init__(self, *args: Any, account: Account, own_passwords: bool, **kwargs: Any) -> None:
        usual = providers()[account.migration.source_type].server
        kwargs.setdefault("initial", {"server": _written(account), "login": account.login, "master": account.master})
        super().__init__(*args, **kwargs)
        self._account = account
        self._usual = usual
        if usual or not account.source_host:
            self.fields["server"].required = False
            self.fields["server"].help_text = _EMPTY_SERVER if usual else _SERVER_TO_FIND
        self.host: str = account.source_host
        self.port: int | None = None
        self.speech = speech_of(account.source_speech)
        if not own_passwords:
            del self.fields["destination_password"]

    def row(self) -> Row:
        """The line as it is after the correction; its password is empty where the stored one stays. Of a valid form."""
        account, values = self._account, self.cleaned_data
        password = Secret(values["password"])
        return Row(
            account.line, account.destination_address, self.host, self.port, values["login"], password, values["master"], self.speech
        )

    def mailbox_password(self) -> Secret | None:
        """Of the new mailbox; None keeps what is stored."""
        own = self.cleaned_data.get("destination_password")
        return Secret(own) if own else None

    def clean_server(self) -> str:
        server: str = self.cleaned_data["server"]
        if not server:  # not required: the provider's own, or one that is still to be found
            self.host, self.speech = self._usual, speech_of("imap")
            return server
        try:
            self.host, self.port, self.speech = parse_source(server)
        except EndpointError as error:
            raise forms.ValidationError(server_words(error)) from error
        return server

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "server" in values and not values.get("password") and self.host.casefold() != self._account.source_host.casefold():
            self.add_error("password", _("The server is another one now: write the password that is meant for it."))
        elif "login" in values and not values.get("password") and self._other_domain(values["login"]):
            self.add_error("password", _("The login is in another domain now: write the password that is meant for it."))
        if "server" in values and "login" in values and self._twice(values["login"]):
            self.add_error("login", _("Another line has the same login on the same server: one mailbox would be copied twice."))
        return values

    def _other_domain(self, login: str) -> bool:
        return domain_of(old_address(login, self._account.destination_address)) != old_domain(self._account)

    def _twice(self, login: str) -> bool:
        others = Account.objects.filter(migration=self._account.migration, left_out=False, login=login, source_host__iexact=self.host)
        return others.exclude(pk=self._account.pk).exists()


def _written(account: Account) -> str:
    return stored_source(account.source_host, account.source_port, account.source_speech, account.migration.source_tls)
