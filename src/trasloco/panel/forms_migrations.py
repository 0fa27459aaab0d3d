"""The form of one more run of a migration: its CSV."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_wizard import CsvForm


class AgainForm(CsvForm):
    """The CSV with its passwords once more, as text first: it stands there already but for the passwords."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Accounts and their passwords")
        self.fields["file"].label = _("or the CSV as a file")
