"""The destination's names: which are there, which are taken, which are reserved. One name, one source folder.

``Placement`` hands out full destination levels. Two source folders never get the same one; names
are compared as the destination might compare them (NFC; casefolded when it ignores case).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from itertools import count

from trasloco.imap.values import Mailbox
from trasloco.plan.layout import INBOX, Layout, decoded, fold_levels
from trasloco.plan.naming import fit_level, shorten
from trasloco.plan.roles import Claim, Role, claims, fold_name, roles_by_name
from trasloco.sentence import sentence as _

Levels = tuple[str, ...]


class Placement:
    """The state of naming while a mapping is made."""

    def __init__(self, tree: Sequence[Mailbox], layout: Layout, *, case_insensitive: bool = False) -> None:
        self.layout = layout
        self.base = layout.base
        self._case_insensitive = case_insensitive
        self._existing: dict[Levels, Mailbox] = {}
        self._taken: set[Levels] = set()
        self._roles: dict[Levels, Role] = {}
        self._with_role: dict[Role, list[tuple[bool, Mailbox]]] = {}
        self._by_name = {mailbox.name: mailbox for mailbox in tree}
        self._told_apart: set[Levels] = set()
        own = [mailbox for mailbox in tree if layout.foreign_prefix(mailbox.name) is None and all(self.levels_of(mailbox))]
        spellings: dict[Levels, set[Levels]] = {}
        for mailbox in own:
            spellings.setdefault(self._key(self.levels_of(mailbox)), set()).add(self.levels_of(mailbox))
        self._told_apart.update(key for key, levels in spellings.items() if len(levels) > 1)
        for mailbox in sorted(own, key=lambda item: (not item.selectable, item.name)):
            self._existing.setdefault(self._key(self.levels_of(mailbox)), mailbox)
        for mailbox, claim in zip(own, claims([(item.attributes, layout.path(self.levels_of(item))) for item in own]), strict=True):
            if claim and mailbox.selectable:
                self._note_role(mailbox, claim)
        self._foreign = {self._key(_root(item.prefix, item.delimiter)) for item in layout.foreign if item.prefix}

    def _note_role(self, mailbox: Mailbox, claim: Claim) -> None:
        if not claim.by_attribute and len(roles_by_name(self.layout.path(self.levels_of(mailbox)))) > 1:
            return  # what "Lixo" means depends on what else is there, and that changes while folders are created
        if claim.by_attribute:
            self._roles[self._key(self.levels_of(mailbox))] = claim.role
        self._with_role.setdefault(claim.role, []).append((claim.by_attribute, mailbox))

    def _key(self, levels: Levels) -> Levels:
        """What makes two names one here; where the destination lists both spellings, it tells them apart."""
        folded = fold_levels(levels, case_insensitive=self._case_insensitive)
        return levels if folded in self._told_apart else folded

    def levels_of(self, mailbox: Mailbox) -> Levels:
        return decoded(self.layout.raw_levels(mailbox))

    def levels_of_name(self, name: bytes) -> Levels:
        """Full levels of a destination wire name, listed now or not."""
        return self.levels_of(self._by_name.get(name) or Mailbox(name, self.layout.delimiter))

    def role_folders(self, role: Role) -> list[tuple[bool, Mailbox]]:
        """The destination's folders with this role, the likeliest first, as (by attribute, folder); no views."""

        def rank(item: tuple[bool, Mailbox]) -> tuple[bool, bool, int, bytes]:
            by_attribute, mailbox = item
            return not by_attribute, fold_name(self.levels_of(mailbox)[-1]) != role.value, len(mailbox.name), mailbox.name

        return [] if role.view else sorted(self._with_role.get(role, []), key=rank)

    def existing(self, levels: Levels) -> Mailbox | None:
        return self._existing.get(self._key(levels))

    def fork(self) -> Placement:
        """Another state over the same destination: what is taken there is not taken here."""
        other = copy.copy(self)
        other._taken = set(self._taken)
        return other

    def take(self, levels: Levels) -> bool:
        """Reserve a name; False when another source folder has it."""
        key = self._key(levels)
        if key in self._taken:
            return False
        self._taken.add(key)
        return True

    def take_all(self, names: Iterable[bytes]) -> None:
        for name in names:
            self.take(self.levels_of_name(name))

    def objection(self, levels: Levels, role: Role | None) -> str:
        """Why a folder with this role must not have this name, "" when it may."""
        key = self._key(levels)
        if key in self._taken or key == (INBOX,):
            return _('another folder has the name "%(folder)s" there', folder=levels[-1])
        if key in self._foreign:
            return _('"%(folder)s" is where the destination keeps other people\'s folders', folder=levels[-1])
        there = self._roles.get(key)
        if there and there != role and (there.view or there in {Role.TRASH, Role.JUNK}):
            return _('"%(folder)s" is the destination\'s %(role)s folder', folder=levels[-1], role=there.attribute)
        return ""

    def propose(self, parent: Levels, level: str) -> tuple[Levels, tuple[str, ...]]:
        """Where a folder of this name below ``parent`` goes if the name is free, and what had to be changed.

        A parent that takes no children (\\Noinferiors, RFC 9051 7.3.1) or a server without subfolders
        flattens: below INBOX the folder moves to the top, elsewhere its parent's name goes before its own."""
        reasons: tuple[str, ...] = ()
        above = self.existing(parent) if parent and parent != self.base else None
        flat = self.layout.delimiter is None or (above is not None and "\\noinferiors" in above.attributes)
        if parent and parent != self.base and flat:
            reasons = (_('the destination takes no folders below "%(folder)s"', folder=parent[-1]),)
            level = level if parent == (INBOX,) else f"{parent[-1]}_{level}"
            parent = self.base if parent == (INBOX,) else parent[:-1]
        fitted, changes = fit_level(level, self.layout.delimiter)
        return (*parent, fitted), (*reasons, *changes)

    def free_name(self, levels: Levels, role: Role | None) -> tuple[Levels, tuple[str, ...]]:
        """The name, or the first free "name (2)", "name (3)" ...; and why it was not the first."""
        objection = self.objection(levels, role)
        if not objection:
            return levels, ()
        numbered = ((*levels[:-1], shorten(levels[-1], f" ({number})")) for number in count(2))
        return next(other for other in numbered if not self.objection(other, role)), (objection,)

    def settle(self, levels: Levels, role: Role | None) -> tuple[Levels, tuple[str, ...]]:
        """Take the free name and say what was wrong with the wished one."""
        settled, objections = self.free_name(levels, role)
        self.take(settled)
        return settled, objections


def _root(prefix: bytes, delimiter: str | None) -> Levels:
    mark = (delimiter or "").encode()
    name = prefix.removesuffix(mark) if mark else prefix
    return decoded(tuple(name.split(mark)) if mark else (name,))
