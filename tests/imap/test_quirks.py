from __future__ import annotations

from trasloco.imap.quirks import QUIRKS, known
from trasloco.imap.values import Capabilities


def test_every_quirk_says_what_it_is() -> None:
    assert len({quirk.name for quirk in QUIRKS}) == len(QUIRKS)
    for quirk in QUIRKS:
        assert quirk.server
        assert quirk.reference
        assert quirk.does


def test_what_shows_at_once() -> None:
    assert known("ready", Capabilities(["LITERAL-"]), {}) == set()
    assert known("ready", Capabilities(), {}) == {"literal-plus-missing"}
    assert known("ready", Capabilities(["XAPPLELITERAL"]), {}) == {"literal-plus-missing", "list-return-bad"}
