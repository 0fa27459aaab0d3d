"""A value that must never be shown: passwords, tokens, keys.

A ``Secret`` prints as a redaction everywhere Python would show it (str, repr, format,
logging, tracebacks with locals, JSON via default=str) and cannot be pickled. Reading it is
one named act, ``reveal()``, so that a search for that word finds every place a secret leaves.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Holds one secret text; ``reveal()`` is the only way out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the plain value. Call it only where the value goes on the wire or into a cipher."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode("utf-8", "surrogatepass"), other._value.encode("utf-8", "surrogatepass"))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied out of the process")
