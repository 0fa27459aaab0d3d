"""Which source folders are left out, and by which rule: other people's, Trash and Junk, the operator's list.

A folder below one that is left out is left out with it. Nothing is left out silently: each carries
the rule in words, and the engine counts its messages as skipped.
"""

from __future__ import annotations

import enum
import fnmatch
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from trasloco.imap.values import Mailbox
from trasloco.plan.labels import mark_words
from trasloco.plan.roles import Claim, is_non_mail
from trasloco.sentence import sentence as _


class Rule(enum.StrEnum):
    """The kind of rule, for machines."""

    ROLE = "role"  # Trash, Junk: by SPECIAL-USE or by name
    PATTERN = "pattern"  # the operator's --skip-folder
    NON_MAIL = "non-mail"  # Calendar, Contacts ... of Exchange
    LABEL = "label"  # Gmail's Starred, Important and Chats: mail that is elsewhere too, or none
    FOREIGN = "foreign"  # other users' and shared folders: not part of this mailbox


@dataclass(frozen=True, slots=True)
class Rules:
    """What is left out and how the destination compares names.

    skip_roles: names of ``roles.Role``, with or without a backslash. skip_folders: see ``FolderPattern``.
    skip_non_mail: leave out Outlook's folders without mail (providers exchange and office365).
    case_insensitive: the destination does not tell "Foo" from "foo" (Exchange).
    labels: the source's folders are labels (Gmail, see ``labels``). taken: of ``labels.MARKS``, the folders to be copied.
    """

    skip_roles: tuple[str, ...] = ("trash", "junk")
    skip_folders: tuple[str, ...] = ()
    skip_non_mail: bool = False
    case_insensitive: bool = False
    labels: bool = False
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A source folder that is not copied. display: its path with "/" between levels. words: the rule."""

    source: Mailbox
    display: str
    kind: Rule
    words: str


class FolderPattern:
    """One ``--skip-folder``: a path with "/" between levels, in any case; ``*`` any characters, ``?`` one."""

    def __init__(self, text: str) -> None:
        self.text = text
        folded = _folded(text).rstrip("/") or _folded(text)
        self._regex = re.compile(fnmatch.translate(folded.replace("[", "[[]")))  # "[Gmail]" is no set of characters

    def matches(self, names: Iterable[str]) -> bool:
        """Whether one of the forms of a folder's name is the pattern's, from end to end."""
        return any(self._regex.fullmatch(_folded(name)) for name in names)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


class Judge:
    """Applies ``Rules`` to one folder at a time, its parent's judgement known."""

    def __init__(self, rules: Rules) -> None:
        self._roles = {role.strip().lstrip("\\").casefold() for role in rules.skip_roles}
        self._patterns = [FolderPattern(text) for text in rules.skip_folders if text.strip()]
        self._non_mail = rules.skip_non_mail
        self._taken = rules.taken

    def verdict(self, path: tuple[str, ...], names: Iterable[str], claim: Claim | None, mark: str = "") -> tuple[Rule, str] | None:
        """The rule that leaves this folder out, None if it is to be copied.

        names: the forms of its name an operator may have written (its path, and how the server writes it).
        mark: which of ``labels.MARKS`` it is, "" for none."""
        if mark and mark not in self._taken:
            return Rule.LABEL, mark_words(mark)
        for pattern in self._patterns:
            if pattern.matches(names):
                return Rule.PATTERN, _('left out by --skip-folder "%(pattern)s"', pattern=pattern.text)
        if claim and claim.role in self._roles:
            return Rule.ROLE, _("%(role)s is left out (%(why)s)", role=claim.role.capitalize(), why=str(claim))
        if self._non_mail and is_non_mail(path):
            return Rule.NON_MAIL, _('"%(folder)s" holds no mail on Exchange and is left out', folder=path[-1])
        return None
