"""What is wrong with a table of accounts: one value per problem, ready to be shown.

Neither words nor remedy ever repeat what stands in the file: when columns are shifted, any field
may hold a password.
"""

from __future__ import annotations

from dataclasses import dataclass

FIELDS = ("destination", "server", "login", "password", "master")
"""The columns, in their order."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct, or (as a warning) to think about.

    line: physical line in the file, from 1; None for the file as a whole.
    field: one of ``FIELDS``, "" for the line as a whole. code: kebab-case, documented in docs/csv.md.
    words: what is wrong. remedy: what to do now. Both are sentences (``trasloco.sentence``), whole in every language.
    """

    line: int | None
    field: str
    code: str
    words: str
    remedy: str

    def __str__(self) -> str:
        where = f"Line {self.line}" if self.line else "The file"
        return f"{where}{', ' if self.field else ''}{self.field}: {self.words} {self.remedy}"

    @property
    def order(self) -> tuple[int, int]:
        """By line, then by column: how a person reads them."""
        return self.line or 0, FIELDS.index(self.field) if self.field else -1
