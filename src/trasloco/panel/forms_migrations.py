"""Forms of a planned migration: the date of a run, and the CSV of one more run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_people import ZoneField
from trasloco.panel.forms_wizard import CsvForm, moment


class DateForm(forms.Form):
    """``cleaned_data["due_at"]``: the moment that date, hour and zone name."""

    at = forms.DateTimeField(
        label=_("Date and time"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    time_zone = ZoneField()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "at" in values and "time_zone" in values:
            values["due_at"] = moment(values["at"], values["time_zone"])
        return values


class AgainForm(CsvForm):
    """The CSV with its passwords once more, as text first: it stands there already but for the passwords."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Accounts and their passwords")
        self.fields["file"].label = _("or the CSV as a file")
