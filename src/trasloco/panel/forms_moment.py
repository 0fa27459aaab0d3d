"""A date and an hour as people write them, in a zone of their choice, and the moment they mean."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trasloco.panel.forms_people import ZoneField

MOST_DAYS_AHEAD = 365

_FAR = _("That is more than a year away.")


class WallTimeField(forms.DateTimeField):
    """A time on the clocks of a zone that another field names: a datetime without a zone. Django's own would take the
    zone of the person who looks, and refuse what does not exist there."""

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(UTC):
            found = super().to_python(value)
        return found.replace(tzinfo=None) if found else None


class MomentForm(forms.Form):
    """Fields ``at`` and ``time_zone``; which: of two hours with the same name, where the clocks are put back.

    past: what is said of a moment that is over; a form with another choice names it there.
    """

    past = _("That is in the past. Choose a later one.")

    at = WallTimeField(
        label=_("Date and time"),
        error_messages={"required": _("Write the date and time of the run.")},
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    time_zone = ZoneField()
    which = forms.ChoiceField(label=_("Which of the two"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["which"].choices = self._hours_of_two_names()  # type: ignore[attr-defined] # of a choice field

    def moment(self) -> datetime | None:
        """The moment that the clock on the wall means, None after saying what is wrong with it. For ``clean``, when all was given."""
        wall, zone, which = self.cleaned_data["at"], self.cleaned_data["time_zone"], self.cleaned_data.get("which", "")
        ahead = wall - timezone.now().replace(tzinfo=None)
        if ahead < -timedelta(days=2):  # whatever the zone; far from here, clocks cannot be reckoned with at all
            self.add_error("at", self.past)
            return None
        if ahead > timedelta(days=MOST_DAYS_AHEAD + 2):
            self.add_error("at", _FAR)
            return None
        found = moments(wall, zone)
        if not found:
            words = _("The clocks are put forward then: this hour does not exist in %(zone)s on that day. Choose another.")
            self.add_error("at", words % {"zone": zone})
            return None
        if len(found) == 2 and which not in ("0", "1"):
            self.add_error("at", _("The clocks are put back then: this hour comes twice in %(zone)s. Say which one.") % {"zone": zone})
            return None
        at = found[int(which) if len(found) == 2 else 0]
        if at < timezone.now() - timedelta(minutes=5):
            self.add_error("at", self.past)
        elif at > timezone.now() + timedelta(days=MOST_DAYS_AHEAD):
            self.add_error("at", _FAR)
        return at

    def _hours_of_two_names(self) -> list[tuple[str, str]]:
        """The two hours to choose from, () when the hour that was written comes once."""
        try:
            wall = datetime.fromisoformat(str(self["at"].value() or "")).replace(tzinfo=None)
            zone = str(self["time_zone"].value())
            found = moments(wall, zone)
        except (ValueError, OverflowError, zoneinfo.ZoneInfoNotFoundError):
            return []
        if len(found) != 2:
            return []
        local = [moment.astimezone(zoneinfo.ZoneInfo(zone)) for moment in found]
        return [(str(number), each.strftime("%H:%M %Z (UTC%z)")) for number, each in enumerate(local)]


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


def moments(wall: datetime, zone: str) -> list[datetime]:
    """What a time on the clocks of a zone means, in UTC: one moment, none (the clocks are put forward over it) or two."""
    found = []
    for fold in (0, 1):
        moment = wall.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold).astimezone(UTC)
        if moment.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None) == wall and moment not in found:
            found.append(moment)
    return found
