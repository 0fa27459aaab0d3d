"""The texts people see, in their languages: gathered from the code into ``src/trasloco/locale``, and compiled.

    make messages     # after a text was changed: then fill in what is empty or marked "fuzzy" in the .po files, and run it again

``locale/sentences.json`` lists those that are stored as English text (``tools.sentences``). All these files are in the repository, so
that an installation needs no compiler; ``tests/test_translations.py`` fails when they are behind the code, or when a text is not
translated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tools.sentences import write as write_sentences
from trasloco.testing.packages import PackageTree

SOURCES = Path(__file__).parents[1] / "src" / "trasloco"
LANGUAGES = ("it",)
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # the hour of compiling would be the only change of most


def gather(sources: Path) -> None:
    """Bring the .po files below ``sources``/locale up to date with the texts of code and templates there."""
    (sources / "locale").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "django", "makemessages", "--no-wrap", "--add-location=file", "--no-obsolete", "--ignore=testing/*"]
    for language in LANGUAGES:
        command += ["--locale", language]
    # Not our settings: they would open the database.
    environment = _with_gettext() | {"PYTHONPATH": ""}
    subprocess.run(command, cwd=sources, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    for language in LANGUAGES:
        _without_dates(po_file(sources, language))


def compile_all(sources: Path) -> None:
    """Write each language's .mo file from its .po file; what is "fuzzy" is left out."""
    for language in LANGUAGES:
        path = po_file(sources, language)
        with path.open("rb") as written, path.with_suffix(".mo").open("wb") as compiled:
            catalog = read_po(written, locale=language)
            catalog.creation_date = catalog.revision_date = _NO_DATE
            write_mo(compiled, catalog)


def po_file(sources: Path, language: str) -> Path:
    return sources / "locale" / language / "LC_MESSAGES" / "django.po"


def _with_gettext() -> dict[str, str]:
    """Our environment, with GNU gettext in it: the machine's, or Debian's package unpacked into the cache."""
    if shutil.which("xgettext"):
        return dict(os.environ)
    tree = PackageTree.obtain("gettext", "gettext")
    found = tree.environment()
    return os.environ | found | {"PATH": f"{found['PATH']}{os.pathsep}{os.environ.get('PATH', '')}"}


def _without_dates(path: Path) -> None:
    """A date that changes at each run would be the only change of most of them."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(('"POT-Creation-Date:', '"PO-Revision-Date:'))]
    path.write_text("".join(kept), "utf-8")


if __name__ == "__main__":
    gather(SOURCES)
    compile_all(SOURCES)
    write_sentences(SOURCES)
