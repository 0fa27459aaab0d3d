"""Deviations of servers we know and live with: named, in one list, never an anonymous ``if``.

``known`` finds those that show in what a server says of itself; the others are noticed where they
happen (``Client.note``) by the name they have here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trasloco.imap.values import Capabilities


@dataclass(frozen=True, slots=True)
class Quirk:
    """name: kebab-case, stable. server: where it was seen. reference: where to read about it.
    does: what we do. seen: whether greeting, capabilities and ID give it away; None = by behaviour only."""

    name: str
    server: str
    reference: str
    does: str
    seen: Callable[[str, Capabilities, Mapping[str, str]], bool] | None = None


def _is_icloud(greeting: str, capabilities: Capabilities, facts: Mapping[str, str]) -> bool:
    return "XAPPLELITERAL" in capabilities or re.search(r"\bicloud\b", greeting + " " + facts.get("name", ""), re.I) is not None


def _only_literal_minus(greeting: str, capabilities: Capabilities, facts: Mapping[str, str]) -> bool:
    return "LITERAL+" not in capabilities and "LITERAL-" not in capabilities and "IMAP4REV2" not in capabilities


UIDPLUS_WITHOUT_APPENDUID = Quirk(
    "uidplus-without-appenduid",
    "UW-IMAP",
    "bugzilla.mozilla.org 400043",
    "Appended.uids is None although UIDPLUS is offered; the new UIDs are found by UIDNEXT and digest",
)
APPENDUID_WITHOUT_UIDPLUS = Quirk(
    "appenduid-without-uidplus",
    "Courier at GoDaddy",
    "bugzilla.mozilla.org 460085",
    "an APPENDUID that fits is used although UIDPLUS is not offered",
)
APPENDUID_COUNT = Quirk(
    "appenduid-count",
    "FTGate",
    "imapsync FAQ.Various",
    "an APPENDUID that names another number of messages than were sent is not used",
)
LATE_UID = Quirk(
    "late-uid",
    "servers that write items in their own order",
    "RFC 9051 7.5.2: items come in any order",
    "Body.uid is None until the body was read to its end",
)
LIST_RETURN_BAD = Quirk(
    "list-return-bad",
    "iCloud",
    "hilli (a tool that moves iCloud mail), section 3.5",
    "after one BAD to LIST ... RETURN the tree is read by LIST, LSUB and STATUS",
    _is_icloud,
)
LITERAL_PLUS_MISSING = Quirk(
    "literal-plus-missing",
    "Courier before 5, iCloud, Exchange 2003",
    "RFC 7888",
    "every literal waits for the server's +",
    _only_literal_minus,
)
QUIRKS = (
    UIDPLUS_WITHOUT_APPENDUID,
    APPENDUID_WITHOUT_UIDPLUS,
    APPENDUID_COUNT,
    LATE_UID,
    LIST_RETURN_BAD,
    LITERAL_PLUS_MISSING,
)


def known(greeting: str, capabilities: Capabilities, facts: Mapping[str, str]) -> set[str]:
    """Names of the quirks that the server's own words give away."""
    return {quirk.name for quirk in QUIRKS if quirk.seen is not None and quirk.seen(greeting, capabilities, facts)}
