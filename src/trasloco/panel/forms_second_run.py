"""What the second run waits for: fields of the step "when", and the form of its date later."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from trasloco.panel.forms_moment import DateForm

QUIET_HOURS = (1, 2, 3, 4, 6, 8, 12)
HOUR, MX = "hour", "mx"


class SecondRunFields(forms.Form):
    """second_when: "hour" or "mx" (of ``SecondRun``), "hour" where it is not sent. latest: minutes after the first run's end, of
    "mx". quiet: hours, None for no further run, of "mx". hours: the customer's most."""

    second_when = forms.ChoiceField(
        label=_("The second run begins"),
        choices=[(HOUR, _("at a fixed hour")), (MX, _("when the MX records have changed and the old ones have run out"))],
        widget=forms.RadioSelect,
        initial=HOUR,
        required=False,
    )
    latest = forms.TypedChoiceField(label=_("And in any case"), coerce=int, empty_value=None, required=False)
    quiet = forms.TypedChoiceField(label=_("After that"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, hours: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = ngettext_lazy("%(n)s hour after the end of the first", "%(n)s hours after the end of the first", "n")
        quiet = ngettext_lazy(
            "run again until nothing has arrived in the old INBOXes for %(n)s hour",
            "run again until nothing has arrived in the old INBOXes for %(n)s hours",
            "n",
        )
        choices = {
            "latest": [(str(hour * 60), words % {"n": hour}) for hour in range(hours, 0, -1)],
            "quiet": [("", _("no further run")), *((str(hour), quiet % {"n": hour}) for hour in QUIET_HOURS)],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined] # of a choice field
        self.fields["latest"].initial = str(hours * 60)

    def clean_second_when(self) -> str:
        return self.cleaned_data["second_when"] or HOUR

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("second_when") == MX and values.get("latest") is None and "latest" not in self.errors:
            self.add_error("latest", _("Say when it is to begin in any case."))
        return values


class SecondRunForm(DateForm, SecondRunFields):
    """The moment of a second run that is planned: date and hour, or the MX records."""

    use_required_attribute = False  # a browser cannot complain of a field that it does not show

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].required = not (self.is_bound and self.data.get("second_when") == MX)
