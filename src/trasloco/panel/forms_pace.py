"""In which hours and how fast mail is moved: the hours for everybody, the limits for the operator."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_people import ZoneField
from trasloco.plan.pace_limits import BOUNDS, PaceLimits

MEGABYTE, KILOBYTE = 1_000_000, 1000
UNITS = {"bytes_per_day": MEGABYTE, "bytes_per_second": KILOBYTE}


class ClockField(forms.TimeField):
    """An hour on the clock, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        super().__init__(required=False, widget=widget, input_formats=["%H:%M", "%H:%M:%S"], **kwargs)

    def clean(self, value: Any) -> time | None:
        found: time | None = super().clean(value)
        return found.replace(second=0, microsecond=0) if found else None


class HoursFields(forms.Form):
    """``window_start`` and ``window_end``: both or none of them."""

    window_start = ClockField(label=_("Move mail only from"))
    window_end = ClockField(label=_("until"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        start, end = values.get("window_start"), values.get("window_end")
        if not (self.errors.get("window_start") or self.errors.get("window_end")):
            if start is not None and end is None:
                self.add_error("window_end", _("Write until which hour, or empty both for any hour."))
            elif end is not None and start is None:
                self.add_error("window_start", _("Write from which hour on, or empty both for any hour."))
            elif start is not None and start == end:
                self.add_error("window_end", _("It begins and ends at the same hour. Empty both for any hour."))
        return values


class HoursForm(HoursFields):
    """The hours of a migration that is planned, with the time zone they are of."""

    time_zone = ZoneField()


def _bounds(name: str, unit: int = 1) -> dict[str, Any]:
    least, most = BOUNDS[name]
    return {"min_value": int(least) // unit, "max_value": int(most) // unit}


class PaceForm(forms.Form):
    """What the operator gives a migration; empty where there is to be no limit. ``limits()`` after ``is_valid``."""

    bytes_per_day = forms.IntegerField(
        label=_("MB of one mailbox in 24 hours"),
        required=False,
        **_bounds("bytes_per_day", MEGABYTE),
        help_text=_("When they are fetched the account sleeps until it may go on. Empty: no limit."),
    )
    bytes_per_second = forms.IntegerField(
        label=_("kB in a second, all accounts of a server together"),
        required=False,
        **_bounds("bytes_per_second", KILOBYTE),
        help_text=_("Empty: no limit."),
    )
    messages_per_second = forms.FloatField(
        label=_("Messages in a second, all accounts of a server together"),
        required=False,
        min_value=BOUNDS["messages_per_second"][0],
        max_value=BOUNDS["messages_per_second"][1],
        help_text=_("Empty: no limit."),
    )
    connections_per_host = forms.IntegerField(
        label=_("Connections to a server at once"),
        required=False,
        **_bounds("connections_per_host"),
        help_text=_("Of all accounts together. Empty: as many as the worker allows."),
    )
    connections = forms.IntegerField(
        label=_("Connections of one mailbox at once"),
        **_bounds("connections"),
    )

    @classmethod
    def initial_of(cls, limits: PaceLimits) -> dict[str, Any]:
        """The figures as people see them."""
        shown = limits.as_settings()
        for name, unit in UNITS.items():
            shown[name] = shown[name] // unit if shown[name] is not None else None
        return shown

    def limits(self) -> PaceLimits:
        values = {name: self.cleaned_data[name] for name in BOUNDS}
        for name, unit in UNITS.items():
            values[name] = values[name] * unit if values[name] is not None else None
        return PaceLimits(**values)
