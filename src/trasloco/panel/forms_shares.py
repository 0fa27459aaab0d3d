"""How much of the mail is moved at once: the caps of the installation, and what a customer has instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trasloco.plan.shares import FIGURES, MOST

if TYPE_CHECKING:  # generic for mypy only
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm

MOST_SHARE = 100

_LABELS = {
    "all_transfers": _("Accounts at once, all together"),
    "all_connections": _("Connections at once, all together"),
    "source_transfers": _("Accounts at once from an old server"),
    "source_connections": _("Connections at once to an old server"),
    "destination_transfers": _("Accounts at once to a new server"),
    "destination_connections": _("Connections at once to a new server"),
    "customer_transfers": _("Accounts at once of a customer"),
    "customer_connections": _("Connections at once of a customer"),
}


class CapsFields(_ModelForm):
    """The figures of ``plan.shares.Caps``; empty = no limit."""

    all_transfers = forms.IntegerField(label=_LABELS["all_transfers"], required=False, min_value=1, max_value=MOST)
    all_connections = forms.IntegerField(label=_LABELS["all_connections"], required=False, min_value=1, max_value=MOST)
    source_transfers = forms.IntegerField(label=_LABELS["source_transfers"], required=False, min_value=1, max_value=MOST)
    source_connections = forms.IntegerField(label=_LABELS["source_connections"], required=False, min_value=1, max_value=MOST)
    destination_transfers = forms.IntegerField(label=_LABELS["destination_transfers"], required=False, min_value=1, max_value=MOST)
    destination_connections = forms.IntegerField(label=_LABELS["destination_connections"], required=False, min_value=1, max_value=MOST)
    customer_transfers = forms.IntegerField(label=_LABELS["customer_transfers"], required=False, min_value=1, max_value=MOST)
    customer_connections = forms.IntegerField(label=_LABELS["customer_connections"], required=False, min_value=1, max_value=MOST)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIGURES:
            if (given := settings.TRASLOCO_CAPS.get(name)) is not None:
                words = gettext("The environment of this machine says %(figure)s, which wins.")
                self.fields[name].help_text = words % {"figure": given}


class ShareFields(_ModelForm):
    """Of a customer; an empty limit is that of the installation."""

    most_transfers = forms.IntegerField(label=_("Accounts at once"), required=False, min_value=1, max_value=MOST)
    most_connections = forms.IntegerField(label=_("Connections at once"), required=False, min_value=1, max_value=MOST)
    share = forms.IntegerField(
        label=_("Share of the places"),
        required=False,
        min_value=1,
        max_value=MOST_SHARE,
        initial=1,
        help_text=_("Where several customers wait, one with 2 gets twice as many places as one with 1."),
    )

    def clean_share(self) -> int:
        return self.cleaned_data["share"] or 1
