"""Forms of a planned migration: the date of a run, and the CSV of one more run."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_moment import MomentForm
from trasloco.panel.forms_wizard import CsvForm


class DateForm(MomentForm):
    """``cleaned_data["due_at"]``: the moment that date, hour and zone name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].required = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("at") and values.get("time_zone"):
            values["due_at"] = self.moment()
        return values


class AgainForm(CsvForm):
    """The CSV with its passwords once more, as text first: it stands there already but for the passwords."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Accounts and their passwords")
        self.fields["file"].label = _("or the CSV as a file")
