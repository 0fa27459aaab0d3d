"""What a folder must know of the one behind it on the same connections: that it may begin, that it must step back."""

from __future__ import annotations

from typing import Protocol


class Following(Protocol):
    """The folder whose turn is next on the same connections."""

    def begin(self) -> None:
        """Its folders may be opened now."""

    async def take_back(self) -> None:
        """They are to be left again, if they were opened: something is left to do before."""
