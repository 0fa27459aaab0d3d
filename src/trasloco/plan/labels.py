"""Which of Gmail's folders are labels of mail that is elsewhere too: All Mail, Starred, Important, Chats. Pure.

Below ``[Gmail]`` (``[Google Mail]`` in some countries) stand the folders that are no label of the user. Their names are in
his language and their roles are declared (RFC 6154), but for Chats, which is therefore the one without any. On the destination
they stand at the top like everybody else's; and what is in All Mail and in no other folder is the archive.
"""

from __future__ import annotations

from trasloco.plan.roles import Claim, Role, role_by_attribute
from trasloco.sentence import sentence as _

MARKS = ("chats", "important", "starred")
"""Folders that are taken only when they are wished for, by the names the settings use."""

ROOTS = frozenset({"[gmail]", "[google mail]"})

ARCHIVE = "Archive"
"""What the folder of archived mail is called where the destination has none with that role."""

_WORDS = {
    "chats": _("chats are left out (--include chats takes it along)"),
    "important": _(
        "no folder is made of what Gmail holds important: the messages are in the folders of their other labels or in the archive "
        "(--include important takes it along)"
    ),
    "starred": _(
        "no folder is made of what has a star: the messages are in the folders of their other labels or in the archive, flagged "
        "(--include starred takes it along)"
    ),
}


def mark_words(mark: str) -> str:
    """The rule that leaves such a folder out."""
    return _WORDS[mark]


def below_root(path: tuple[str, ...]) -> bool:
    """Whether it is one of Gmail's own folders. path: decoded levels."""
    return len(path) == 2 and path[0].casefold() in ROOTS


def mark_of(path: tuple[str, ...], attributes: frozenset[str]) -> str:
    """Which of MARKS a folder is, "" for none. attributes: lower-case, as listed."""
    role = role_by_attribute(attributes)
    if role is None:
        return "chats" if below_root(path) else ""
    return {Role.IMPORTANT: "important", Role.FLAGGED: "starred"}.get(role, "")


def label_claim(claim: Claim | None) -> Claim | None:
    r"""The role a folder has on the destination: ``\\All`` is the archive there."""
    return Claim(Role.ARCHIVE) if claim is not None and claim.role is Role.ALL and claim.by_attribute else claim
