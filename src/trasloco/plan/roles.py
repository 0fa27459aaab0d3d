"""Which folder is the Trash, the Junk, the Sent mail: by what the server says, else by its name.

Order of belief, for each folder of one tree:
1. a SPECIAL-USE attribute of that folder (RFC 6154, RFC 8457), then the older XLIST ones;
2. its name, in every language of ``folder_names.toml``: NFC, white space collapsed, casefolded,
   and only at the top level or directly below INBOX, ``[Gmail]`` or ``[Google Mail]``;
3. a name that means two things ("Lixo": Trash in Portuguese, Junk in Galician) takes the role that
   no other folder of the tree has; when that does not decide, the first one of the list. Several
   such names choose from the top of the tree down, whatever the order they were listed in.

An attribute silences the name of its own folder only (``\\Sent`` on "Trash" makes it Sent). It does
not silence other folders: beside a ``\\Trash`` folder a top-level "Papierkorb" still is Trash by name,
because that is how the same mailbox looks after two mail programs in two languages, and whoever
leaves Trash out means both. Several folders may so claim one role; which of them gets the
destination's single folder is ``mapping``'s decision. INBOX never has a role.
"""

from __future__ import annotations

import enum
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from trasloco.sentence import sentence as _


class Role(enum.StrEnum):
    """Special uses, by the names the settings use; the order is that of belief when one folder has several."""

    SENT = "sent"
    DRAFTS = "drafts"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    ALL = "all"
    FLAGGED = "flagged"
    IMPORTANT = "important"

    @property
    def attribute(self) -> str:
        r"""As on the wire: ``\Sent``."""
        return "\\" + self.value.capitalize()

    @property
    def view(self) -> bool:
        r"""A folder that shows messages stored elsewhere: RFC 6154 calls ``\All`` and ``\Flagged`` almost
        certainly virtual, and ``\Important`` is one wherever it is found."""
        return self in {Role.ALL, Role.FLAGGED, Role.IMPORTANT}


_ATTRIBUTES = {role.attribute.lower(): role for role in Role}
_XLIST = {"\\spam": Role.JUNK, "\\allmail": Role.ALL, "\\starred": Role.FLAGGED}
_PARENTS = frozenset({"inbox", "[gmail]", "[google mail]"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One folder's role and where it comes from. name: the folder name that told it, "" for an attribute."""

    role: Role
    name: str = ""

    @property
    def by_attribute(self) -> bool:
        return not self.name

    def __str__(self) -> str:
        return _('named "%(name)s"', name=self.name) if self.name else _("role %(role)s", role=self.role.attribute)


def fold_name(name: str) -> str:
    """The form folder names are compared in: NFC, white space collapsed, casefolded."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


@cache
def _names() -> dict[str, tuple[Role, ...]]:
    """Folded name -> the roles it may mean, likelier first."""
    data = _folder_names()
    table: dict[str, tuple[Role, ...]] = {}
    for role, names in data["roles"].items():
        for name in names:
            table[fold_name(name)] = (*table.get(fold_name(name), ()), Role(role))
    for name, roles in data["ambiguous"].items():
        table[fold_name(name)] = tuple(Role(role) for role in roles)
    return table


@cache
def non_mail_names() -> frozenset[str]:
    """Names of Outlook's folders without mail, in all languages we know, as ``fold_name`` writes them."""
    return frozenset(fold_name(name) for name in _folder_names()["outlook"]["non_mail"])


@cache
def _folder_names() -> dict[str, dict[str, list[str]]]:
    text = resources.files("trasloco.plan").joinpath("folder_names.toml").read_text("utf-8")
    return tomllib.loads(text)


def _near_top(path: tuple[str, ...]) -> bool:
    return len(path) == 1 or (len(path) == 2 and path[0].casefold() in _PARENTS)


def role_by_attribute(attributes: frozenset[str]) -> Role | None:
    """The role the server declares for a folder; ``attributes`` are lower-case, with the backslash."""
    declared = [_ATTRIBUTES[name] for name in attributes if name in _ATTRIBUTES]
    declared = declared or [_XLIST[name] for name in attributes if name in _XLIST]
    return min(declared, key=list(Role).index, default=None)


def roles_by_name(path: tuple[str, ...]) -> tuple[Role, ...]:
    """The roles a folder's name may mean: none, one, or two for an ambiguous name.

    path: decoded levels, the namespace prefix taken off."""
    return _names().get(fold_name(path[-1]), ()) if path and _near_top(path) else ()


def is_non_mail(path: tuple[str, ...]) -> bool:
    """Whether the name is one of Outlook's folders without mail (Calendar, Contacts, Sync Issues ...)."""
    return bool(path) and _near_top(path) and fold_name(path[-1]) in non_mail_names()


def claims(folders: Sequence[tuple[frozenset[str], tuple[str, ...]]]) -> list[Claim | None]:
    """The role of each folder of one tree, given as (attributes, path); None = an ordinary folder."""
    found: list[Claim | None] = []
    doubtful: list[tuple[int, tuple[Role, ...]]] = []
    for index, (attributes, path) in enumerate(folders):
        role = role_by_attribute(attributes)
        by_name = roles_by_name(path) if role is None else ()
        if len(path) == 1 and path[0].upper() == "INBOX":
            found.append(None)
        elif role is not None:
            found.append(Claim(role))
        elif len(by_name) == 1:
            found.append(Claim(by_name[0], path[-1]))
        else:
            found.append(None)
            if by_name:
                doubtful.append((index, by_name))
    held = Counter(claim.role for claim in found if claim)
    for index, candidates in sorted(doubtful, key=lambda item: (len(folders[item[0]][1]), folders[item[0]][1])):
        free = [role for role in candidates if not held[role]]
        role = (free or candidates)[0]
        held[role] += 1
        found[index] = Claim(role, folders[index][1][-1])
    return found
