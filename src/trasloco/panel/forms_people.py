"""Forms about people: the first superuser, invitations, roles, one's own profile, a customer's settings."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from trasloco.records.models import Customer, Domain, Language, Person, Role


class ZoneField(forms.ChoiceField):
    """A time zone by its name in the tz database."""

    def __init__(self, **kwargs: Any) -> None:
        names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
        kwargs.setdefault("label", _("Time zone"))
        super().__init__(choices=[("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)], **kwargs)


class FirstStartForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A few words that do not belong together are good."),
        strip=False,
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("password"):
            person = Person(email=values.get("email", ""), name=values.get("name", ""))
            try:
                validate_password(values["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return values


class PersonForm(forms.Form):
    """role and, of a manager, domains. customer: whose domains can be given."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect, initial=Role.TEAM)
    domains = forms.ModelMultipleChoiceField(
        label=_("Domains"),
        queryset=Domain.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of a domain manager only: these are seen and moved, and nothing else."),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domains"].queryset = customer.domains.all()  # type: ignore[attr-defined] # of this field

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("role") == Role.MANAGER and not values.get("domains"):
            self.add_error("domains", _("Choose at least one domain; a manager without one sees nothing."))
        return values


class InvitationForm(PersonForm):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    field_order = ("email", "name", "language", "role", "domains")


class ChangePersonForm(PersonForm):
    active = forms.BooleanField(label=_("May sign in"), required=False)
    field_order = ("name", "role", "domains", "active")


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    time_zone = ZoneField(help_text=_("All times are shown in it."))


class CustomerSettingsForm(forms.Form):
    """What an admin may set for his own people."""

    language = forms.ChoiceField(label=_("Language of new people"), choices=Language.choices)
    time_zone = ZoneField(label=_("Time zone of new people"))


class ChoosePasswordForm(forms.Form):
    """The one-time link of an invitation."""

    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A few words that do not belong together are good."),
        strip=False,
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self._person)
        return password
