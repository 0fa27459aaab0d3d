"""The form that makes a token for the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trasloco.records.api_tokens import ADMIN, READ, WRITE
from trasloco.records.rights import Right, Viewer

_SCOPES = (
    (READ, _("look at migrations, reports and proofs")),
    (WRITE, _("make and change migrations, start and stop runs")),
    (ADMIN, _("people, customers, domains, destination systems, history and mails")),
)
_DAYS = ((30, _("30 days")), (90, _("90 days")), (366, _("a year")))


class TokenForm(forms.Form):
    """scopes: only those that are of any use to the person."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Which program is it for? You will see it in this list and in the history.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), widget=forms.CheckboxSelectMultiple, initial=[READ], help_text=_("Never more than you may do yourself.")
    )
    days = forms.TypedChoiceField(label=_("Works for"), coerce=int, choices=_DAYS, initial=90)

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [choice for choice in _SCOPES if choice[0] != ADMIN or viewer.may(Right.HISTORY)]
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined] # of this field
