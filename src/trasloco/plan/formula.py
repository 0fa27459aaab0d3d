"""Text that a spreadsheet would take for a formula: names and words are written by strangers, and a formula can send data away.

An apostrophe before it makes it text. Excel, LibreOffice and Google Sheets look behind spaces, too.
"""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guarded(text: str) -> str:
    """The text, with an apostrophe before it where it would be a formula."""
    return "'" + text if is_formula(text) else text


def without_guard(text: str) -> str:
    """What ``guarded`` was given; a text that begins with an apostrophe of its own stays as it is."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text


def is_formula(text: str) -> bool:
    return text.lstrip(" ").startswith(_STARTS)
