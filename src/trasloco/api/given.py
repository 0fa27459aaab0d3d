"""What is given to the API: values that are exactly what the document says, nothing guessed, nothing ignored.

A field that is not known is refused: who misspells ``second_run_hours`` must not get a migration without a second run.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Strict, StringConstraints


class Given(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(extra="forbid")


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL, and UTF-8 no half of a surrogate pair."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("NUL and single surrogates are not allowed")
    return text


def _written(value: Any) -> Any:
    """JSON has no moments: a number would be taken for seconds since 1970."""
    if not isinstance(value, str | datetime):
        raise ValueError("write date and time as in RFC 3339, with the offset from UTC")
    return value


Text = Annotated[str, Strict(), AfterValidator(_storable), StringConstraints(max_length=2_000_000)]
"""Any text, line breaks included."""
Line = Annotated[str, Strict(), AfterValidator(_storable), StringConstraints(max_length=1000, pattern=r"^[^\r\n\x00]*$")]
"""One line."""
Count = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
