"""What came in by upload or paste: rows or problems, in memory only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trasloco.panel.forms_wizard import CsvForm
from trasloco.panel.upload import MOST_BYTES
from trasloco.plan.mailbox_passwords import read_passwords
from trasloco.plan.problems import Problem
from trasloco.plan.table import Row, read
from trasloco.records.admissible import address_problems
from trasloco.records.limits import Limits
from trasloco.records.models import MailMigration
from trasloco.records.rights import Viewer
from trasloco.secret import Secret

# How files that are no text begin: an operator who drags the wrong one is told so, not that line 1 has one field.
_MAGIC = (
    (b"PK\x03\x04", "This is a ZIP archive or an Excel workbook.", "In Excel: Save as, type “CSV UTF-8”."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook.", "In Excel: Save as, type “CSV UTF-8”."),
    (b"%PDF", "This is a PDF.", "Export the list as CSV."),
    (b"\x89PNG", "This is a picture.", "Choose the CSV file."),
    (b"\xff\xd8\xff", "This is a picture.", "Choose the CSV file."),
    (b"GIF8", "This is a picture.", "Choose the CSV file."),
    (b"\x1f\x8b", "This is a compressed file.", "Unpack it and choose the CSV."),
    (b"{\\rtf", "This is a word processor's file.", "Save it as plain text."),
)


@dataclass(frozen=True, slots=True)
class CsvUpload:
    """rows: of a faultless file. passwords: of the destination, by casefolded address. text: what was pasted, to be shown again."""

    rows: Sequence[Row] = ()
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
    passwords: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def by_line(self) -> dict[int | None, list[Problem]]:
        """Problems beside their lines."""
        found: dict[int | None, list[Problem]] = {}
        for problem in self.problems:
            found.setdefault(problem.line, []).append(problem)
        return found

    @classmethod
    def read(cls, viewer: Viewer, migration: MailMigration, form: CsvForm, limits: Limits, *, refused: bool) -> CsvUpload:
        """refused: the upload was ended because it is too large."""
        if refused:
            return cls(problems=(_too_large(),))
        form.is_valid()
        file = form.files.get("file")
        data = file.read(MOST_BYTES + 1) if file else str(form.cleaned_data.get("text") or "").encode()
        if len(data) > MOST_BYTES:
            return cls(problems=(_too_large(),))
        for magic, words, remedy in _MAGIC:
            if data.startswith(magic):
                return cls(problems=(Problem(None, "", "not-a-csv", words, remedy),))
        table = read(data, max_lines=limits.lines)
        assert migration.customer is not None
        problems = [*table.problems, *address_problems(viewer, migration.customer, migration, table.rows)]
        passwords, wrong = read_passwords(str(form.cleaned_data.get("passwords") or ""))
        return cls(table.rows, sorted([*problems, *wrong], key=lambda problem: problem.order), table.warnings, passwords)


def _too_large() -> Problem:
    words = f"The file is larger than {MOST_BYTES // 1024 // 1024} MB, which no list of accounts is."
    return Problem(None, "", "file-too-large", words, "Choose the CSV file; nothing of this one was read.")
