"""A line of the CSV as it may be shown beside what is wrong with it: without anything that may be a password."""

from __future__ import annotations

from trasloco.plan.line import LONGEST_LINE, separator_used, split

MASK = "•••"
_SEEN = 3  # fields before the password
_LONGEST = 160  # characters of one field


def masked(line: str) -> str:
    """Destination, server and login of a line, the rest masked. Where a field is missing, the last one may be the
    password and is masked too; of a line that is no line of accounts nothing is shown."""
    if len(line) > LONGEST_LINE or "\0" in line:
        return MASK
    mark = separator_used(line) or ";"
    fields = [item.text for item in split(line)] if mark == ";" else line.split(mark)
    seen = min(_SEEN, len(fields) - 1)
    return mark.join([*(_short(text) for text in fields[:seen]), *[MASK] * (len(fields) - seen)])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
