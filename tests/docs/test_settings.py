"""docs/settings.md has each field that a person can set in the panel, in the section of its form, and none that is not there."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("database")  # forms need Django to be set up

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
SECTIONS = {
    "Customer": {"CustomerForm", "LimitsForm", "ShareFields"},
    "Domain of a customer": {"DomainForm"},
    "Destination system": {"DestinationForm"},
    "New migration: type": {"TypeForm"},
    "New migration: CSV": {"CsvForm", "AgainForm"},
    "One account of the check": {"AccountForm"},
    "New migration: when": {"WhenForm", "MomentForm", "DateForm", "SecondRunFields", "SecondRunForm"},
    "Hours and pace": {"HoursForm", "PaceForm", "HoursFields"},
    "People": {"PersonForm", "InvitationForm", "ChangePersonForm"},
    "Token for the API": {"TokenForm"},
    "Webhook": {"WebhookForm"},
    "Profile and settings of a customer": {"ProfileForm", "CustomerSettingsForm"},
}
ELSEWHERE = {
    "PasswordsForm",  # other passwords for accounts that fail: docs/csv.md
    "CapsFields",  # of the next one
    "InstallationForm",  # docs/service.md, held against the model by tests/service/test_documented.py
    "MailboxAddressForm",  # a question, not a setting: with which mailbox a destination is tried
    "FirstStartForm",  # signing in
    "ChoosePasswordForm",
}


def forms() -> dict[str, set[str]]:
    """Every form of the panel's own, with the names of its fields."""
    from django.forms import Form, ModelForm

    import trasloco.panel

    found: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(trasloco.panel.__path__):
        if module.name.startswith("forms_"):
            whole = importlib.import_module(f"trasloco.panel.{module.name}")
            own = [item for item in vars(whole).values() if isinstance(item, type) and item.__module__ == whole.__name__]
            found |= {item.__name__: set(item.base_fields) for item in own if issubclass(item, Form | ModelForm)}
    return found


def documented() -> dict[str, set[str]]:
    sections = re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return {title: set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) for title, text in sections}


def test_every_form_is_documented_or_is_no_setting() -> None:
    assert {name for names in SECTIONS.values() for name in names} | ELSEWHERE == set(forms())


def test_every_field_has_its_row_and_no_other() -> None:
    fields = forms()
    wanted = {title: {field for name in names for field in fields[name]} for title, names in SECTIONS.items()}
    assert documented() == wanted
