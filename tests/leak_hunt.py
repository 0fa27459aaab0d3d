"""Looks for the passwords of the tests in everything that was written, said or sent while they ran.

``learn`` a password when one is used, ``keep`` what somebody would see; ``search`` looks, before they go, into files, and in the end
into what was kept. ``found`` says which password stands where, in whatever shape (``tests.service.traces``). All are looked for at
once, by grep.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from tests.service.traces import shapes

SHORTEST, LONGEST, FEWEST_SIGNS = 8, 200, 5
ROOT = Path(__file__).parents[1]

NO_SECRETS = {
    # Facts of OAuth credentials that are shown to people; ``OauthSettings`` keeps all facts alike.
    "client-id",
    "tenant.example",
    "t.example",
}

# Files below the tests' own directories in which a password stands because a test, or an operator, put it there for the
# product to read: they are its input, not what came out of it.
INPUT = (
    "*.csv",  # accounts with their passwords, as an operator gives them
    *(
        "*password*",
        "*master*.txt",
        "old.txt",
        "new.txt",
        "p",
        "from",
        "to",
        "admin",
    ),  # what --…-password-file and --destination-passwords name
    "token.txt",  # what --token-file names
    "*.toml",  # --source-oauth
    "*.toml.consents",  # what owners allowed: kept beside it for the next command, mode 0600 (docs/oauth.md)
    "*.py",  # sources, of an old version or in a package
    "mbsyncrc*",  # another mover's own configuration, which the tests compare with
)


@dataclass
class LeakHunt:
    """spool: an empty directory of its own, in which is kept what is not a file already."""

    spool: Path
    found: list[str] = field(default_factory=list)
    _secrets: dict[str, str] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)
    _places: list[str] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)

    def learn(self, password: str, origin: str) -> None:
        """A password that is used from now on. origin: who uses it, for whoever reads the findings."""
        self._secrets.setdefault(password, origin)

    def keep(self, place: str, data: bytes | str | None) -> None:
        """What somebody could read at that place. The same bytes again are kept once."""
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        if not raw or (digest := hashlib.blake2b(raw, digest_size=16).digest()) in self._seen:
            return
        self._seen.add(digest)
        with self._kept.open("ab") as file:
            self._starts.append(file.tell())
            self._places.append(place)
            file.write(raw + b"\n")

    def recognisable(self) -> dict[str, str]:
        """Those of which a finding means something: long enough, and no words that the product uses by itself."""
        return {
            password: origin
            for password, origin in self._secrets.items()
            if SHORTEST <= len(password) <= LONGEST
            and len(set(password)) >= FEWEST_SIGNS
            and "\n" not in password
            and "://" not in password
            and password not in NO_SECRETS
            and password not in self._own_words
            and _can_be_written(password)
        }

    def search(self, *directories: Path) -> None:
        """Which password, used by whom, stands where: in files below the directories, and in what was kept until now."""
        forms = {
            form: password for password in self.recognisable() for form in shapes(password) if len(form) >= SHORTEST and b"\n" not in form
        }
        for path in _files_with(forms, [self._kept, *directories], self.spool / "forms"):
            if path == self._kept or not any(fnmatch(path.name, pattern) for pattern in INPUT):
                self.found += self._found_in(path, forms)
        self._forget_kept()

    def _found_in(self, path: Path, forms: Mapping[bytes, str]) -> list[str]:
        """Each once: by the password, its shape and the place."""
        lines = _grep(["--only-matching", "--byte-offset", f"--file={self.spool / 'forms'}"], [path]).split(b"\n")
        places = dict.fromkeys(
            (self._place(path, int(offset)), form) for offset, _, form in (line.partition(b":") for line in lines) if form
        )
        return [f"{forms[form]!r} of {self._secrets[forms[form]]} in {place}, as {form!r}" for place, form in places if form in forms]

    def _place(self, path: Path, offset: int) -> str:
        return self._places[bisect_right(self._starts, offset) - 1] if path == self._kept else str(path)

    def _forget_kept(self) -> None:
        self._kept.unlink(missing_ok=True)
        self._starts.clear()
        self._places.clear()

    @property
    def _kept(self) -> Path:
        return self.spool / "kept"

    @cached_property
    def _own_words(self) -> str:
        """All that the product says by itself, and its documentation."""
        suffixes = {".py", ".html", ".txt", ".js", ".toml", ".po"}
        paths = (path for path in (ROOT / "src/trasloco").rglob("*") if path.suffix in suffixes)
        texts = [path.read_text("utf-8") for path in paths if "testing" not in path.parts]
        texts += [path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md")]
        return "\n".join([*texts, (ROOT / "README.md").read_text("utf-8")])


def _can_be_written(password: str) -> bool:
    """Lone surrogates, as hostile JSON has them, are in no file."""
    return not any("\ud800" <= sign <= "\udfff" for sign in password)


def _files_with(forms: Iterable[bytes], paths: Sequence[Path], patterns: Path) -> list[Path]:
    """The files in which one of the forms stands."""
    patterns.write_bytes(b"".join(form + b"\n" for form in sorted(forms)))
    there = [os.fspath(path) for path in paths if path.exists()]
    if not there or not patterns.stat().st_size:
        return []
    done = _grep(["--recursive", "--devices=skip", "--files-with-matches", "--null", f"--file={patterns}"], there)
    return [Path(os.fsdecode(name)) for name in done.split(b"\0") if name]


def _grep(words: Sequence[str], paths: Sequence[str | Path]) -> bytes:
    """What it says; in Python it would take minutes."""
    command = ["grep", "--fixed-strings", "--text", "--no-messages", *words, "--", *paths]
    return subprocess.run(command, env={"LC_ALL": "C", "PATH": os.defpath}, stdout=subprocess.PIPE, check=False).stdout
