"""Servers of RFC 3501 with few extensions or none: a whole migration in two runs, with changes in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.doubles.migration import Moving, differences, fates, last_run
from trasloco.records.key_ring import KeyRing
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import flavour
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox
from trasloco.testing.letters import Letters

BESIDE_INBOX = {"INBOX/Kunden": "Kunden"}  # where everything is below INBOX, what is below INBOX is everything

pytestmark = pytest.mark.usefixtures("clean_database")

PASSWORD = 'pass word;"\\ü'


def filled(seed: str) -> Mailbox:
    """60 letters in six folders, with flags; a folder without any."""
    mailbox = Mailbox("Archiv", "Archiv/2024", "INBOX/Kunden", "Entwürfe & Co", "Sent", "Leer")
    names = [name for name in mailbox.folders if name != "Leer"]
    for number, letter in enumerate(Letters(seed).take(60)):
        flags = [flag for flag, every in (("\\Seen", 2), ("\\Answered", 5), ("\\Flagged", 7)) if number % every == 0]
        mailbox.add(names[number % len(names)], letter.content, flags=flags, date=letter.date)
    return mailbox


def change(mailbox: Mailbox) -> None:
    """What happens in a mailbox between two runs: mail comes, is read, moved, deleted; a folder is made."""
    for number, letter in enumerate(Letters("meanwhile").take(7)):
        mailbox.add("INBOX" if number < 4 else "Neu", letter.content, date=letter.date)
    mailbox.flag("INBOX", 2, add=["\\Seen", "\\Flagged"])
    mailbox.flag("Sent", 1, remove=["\\Seen"])
    mailbox.move("INBOX", 3, "Archiv")
    mailbox.remove("Archiv/2024", 1)


@pytest.mark.parametrize("kind", ["standard", "courier", "zimbra", "hmailserver"])
async def test_everything_is_brought_and_in_the_second_run_what_has_changed(
    kind: str, ring: KeyRing, home: Dovecot, fresh_user: Callable[[], str]
) -> None:
    mailbox, door, user = filled(kind), Door(), fresh_user()
    names = BESIDE_INBOX if flavour(kind).prefix else {}
    door.password("anna", PASSWORD, mailbox)
    with ImapDouble(flavour(kind), door) as double:
        moving = Moving(ring, (double.host, double.port), home, [(user, "anna", PASSWORD)], "standard")
        first = last_run(await moving.run())
        assert (first["status"], fates(first)) == ("completed", {"copied": 60})
        assert differences(mailbox, moving.arrived(), folder=names) == []
        assert "Leer" in {"/".join(path) for path in moving.arrived().folders}
        change(mailbox)
        second = last_run(await moving.run())
        assert second["status"] == "completed"
        assert fates(second) == {"copied": 7, "adopted": 58, "moved": 1}
        # What was deleted on the source stays on the destination: deletions are never carried over.
        arrived = moving.arrived()
        assert differences(mailbox, arrived, folder=names) == ["Archiv/2024: there is one too many (UID 1)"]
    assert double.writes == []
    assert door.wrong.total() == 0
