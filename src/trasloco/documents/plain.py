"""Text of strangers as text, nothing more: no control of a terminal, no change of direction."""

from __future__ import annotations

import unicodedata


def plain(words: str) -> str:
    """The same text without anything a terminal would obey: controls, escapes, changes of direction."""
    if words.isascii() and words.isprintable():
        return words
    return "".join(_shown(character) for character in words)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\r\t":
        return " "
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\u200d":  # a joiner only joins emoji
        return f"<U+{ord(character):04X}>"
    return character
