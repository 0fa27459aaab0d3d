"""The form that adds a webhook."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from trasloco.records.webhooks import LONGEST_URL, address_problem


class WebhookForm(forms.Form):
    """An address that may be called."""

    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text=_("Of your program; it begins with https://."),
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if address_problem(url):
            raise forms.ValidationError(_("Write an address that begins with https://, without user, password and #fragment."))
        return url
