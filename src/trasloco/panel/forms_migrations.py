"""The form of one more run of a migration: its CSV."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_wizard import AREA, CsvForm


class PasswordsForm(forms.Form):
    """Lines with other passwords, as text or file. Only shown: what comes in is read by ``PasswordUpload``."""

    text = forms.CharField(
        label=_("Write the passwords into these lines"),
        required=False,
        widget=forms.Textarea(attrs={**AREA, "rows": 8}),
        help_text=_("Between the quotes; a quote inside a password is written twice. A line without a password changes nothing."),
    )
    file = forms.FileField(
        label=_("or choose the file with these lines"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=_("It comes in the place of the text above."),
    )


class AgainForm(CsvForm):
    """The CSV with its passwords once more, as text first: it stands there already but for the passwords."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Accounts and their passwords")
        self.fields["file"].label = _("or the CSV as a file")
