"""What a command says when it ends because all that is left rests."""

from __future__ import annotations

from datetime import UTC, datetime

from trasloco.project.local_zone import local_zone
from trasloco.project.screen import say


def say_rest(goes_on: datetime) -> None:
    """goes_on: when it may go on, said as the clock here shows it."""
    say(rest_words(goes_on, datetime.now(UTC)))


def rest_words(goes_on: datetime, now: datetime) -> str:
    """One paragraph: that nothing is wrong, when it goes on, what to do."""
    return (
        f"It rests now: the bytes of a day are used up, or the hours in which mail is moved are over. {rest_hour(goes_on, now)} "
        "Nothing is lost and nothing is fetched twice. Run the same command again then; with --wait it waits by itself."
    )


def rest_hour(goes_on: datetime, now: datetime) -> str:
    """When, as a sentence."""
    minutes = max(1, round((goes_on - now).total_seconds() / 60))
    far = f"{minutes} min" if minutes < 60 else f"{round(minutes / 60)} h"
    return f"It goes on in {far} ({goes_on.astimezone(local_zone()):%a %d %b, %H:%M %Z})."
