"""Flags as the engine carries them: one canonical text per set, and what a destination will keep.

A flag set is kept as one string, sorted and joined by spaces ("$Forwarded \\\\Seen"), because
mailboxes have few different sets and a million messages: the strings are shared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from trasloco.imap.values import Selected, fold_flag

SYSTEM_FLAGS = frozenset({"\\seen", "\\answered", "\\flagged", "\\deleted", "\\draft"})
"""The flags of RFC 9051 2.3.2 that can be set; \\Recent cannot."""

# flag-keyword = atom (RFC 9051): no controls, space, ( ) { % * " \ ] and nothing beyond ASCII.
_KEYWORD = re.compile(r"[^\x00-\x20\x7f-\U0010ffff(){%*\"\\\]]+\Z")

# System-like flags of old servers that have a registered keyword (RFC 5788) for the same thing.
_RENAMED = {"\\forwarded": "$Forwarded", "\\mdnsent": "$MDNSent", "\\junk": "$Junk", "\\notjunk": "$NotJunk"}


def canonical(flags: Iterable[str]) -> str:
    """The one text of a flag set: without \\Recent, each flag once whatever its case, sorted."""
    seen = {fold_flag(flag): flag for flag in flags if fold_flag(flag) != "\\recent"}
    return " ".join(sorted(seen.values(), key=fold_flag))


def difference(before: str, after: str) -> tuple[frozenset[str], frozenset[str]]:
    """(added, removed) between two canonical texts, compared without case."""
    old = {fold_flag(flag): flag for flag in before.split()}
    new = {fold_flag(flag): flag for flag in after.split()}
    added = frozenset(flag for key, flag in new.items() if key not in old)
    removed = frozenset(flag for key, flag in old.items() if key not in new)
    return added, removed


class Permitted:
    """What the selected destination folder lets us set (PERMANENTFLAGS, RFC 9051 7.1).

    ``lost`` collects, by flag, that something was left behind, for the account's log.
    """

    def __init__(self, selected: Selected) -> None:
        listed = selected.flags if selected.permanent_flags is None else selected.permanent_flags
        self._listed = {fold_flag(flag) for flag in listed}
        # Without PERMANENTFLAGS a client assumes that everything can be set (RFC 3501 6.3.1).
        self._any_keyword = selected.permanent_flags is None or "\\*" in listed
        self._any_system = selected.permanent_flags is None
        self._kept: dict[str, tuple[str, ...]] = {}
        self.lost: set[str] = set()

    def keep(self, flags: str) -> tuple[str, ...]:
        """Of a canonical text, the flags to send, renamed where the sender's name is not legal."""
        kept = self._kept.get(flags)
        if kept is None:
            kept = self._kept[flags] = tuple(self.keep_each(flags.split()))
        return kept

    def keep_each(self, flags: Iterable[str]) -> list[str]:
        kept = []
        for flag in flags:
            sent = _RENAMED.get(fold_flag(flag), flag)
            if self._may_set(sent):
                kept.append(sent)
            else:
                self.lost.add(flag)
        return kept

    def _may_set(self, flag: str) -> bool:
        folded = fold_flag(flag)
        if folded in SYSTEM_FLAGS:
            return self._any_system or folded in self._listed
        if flag.startswith("\\") or not _KEYWORD.match(flag):
            return False
        return self._any_keyword or folded in self._listed
