"""Exchange on the customer's own server: odd login forms, administrators, sizes that lie, folders without mail, few words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.doubles.migration import Moving, differences, fates, last_run
from tests.doubles.test_standard import change, filled
from trasloco.records.key_ring import KeyRing
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import flavour
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox

pytestmark = pytest.mark.usefixtures("clean_database")

NO_MAIL = ("Kalender", "Kontakte", "Aufgaben", "Journal", "Notizen", "Synchronisierungsprobleme")


def office() -> Mailbox:
    mailbox = filled("exchange")
    for name in NO_MAIL:
        mailbox.add(name, b"Subject: an item\r\n\r\n")
    mailbox.add("Rechnungen 2023|2024", b"Subject: seen by nobody\r\n\r\n")
    mailbox.folders["Rechnungen 2023|2024"].listed = False  # its name has a slash in Outlook
    return mailbox


@pytest.mark.parametrize("login", ["anna@old.example", "OLD\\anna", "OLD/anna", "old.example/anna/anna.rossi"])
async def test_a_mailbox_is_moved_whole_whatever_its_login_looks_like(
    ring: KeyRing, home: Dovecot, fresh_user: Callable[[], str], login: str
) -> None:
    mailbox, door = office(), Door(locked_after=1)
    door.password(login, "secret", mailbox)
    with ImapDouble(flavour("exchange"), door) as double:
        moving = Moving(ring, (double.host, double.port), home, [(fresh_user(), login, "secret")], "exchange")
        first = last_run(await moving.run())
        assert (first["status"], fates(first)) == ("completed", {"copied": 60, "skipped": len(NO_MAIL)})
        assert differences(mailbox, moving.arrived(), without=NO_MAIL) == []
        assert any("“size-lies”" in words for action, words in await moving.log(1) if action == "server-oddity")
        change(mailbox)
        second = last_run(await moving.run())
        assert fates(second) == {"copied": 7, "adopted": 58, "moved": 1, "skipped": len(NO_MAIL)}
        assert differences(mailbox, moving.arrived(), without=NO_MAIL) == ["Archiv/2024: there is one too many (UID 1)"]
    # NTLM and GSSAPI stand first in its list, and cannot be done; nothing is sent that it answers with BAD.
    assert set(double.mechanisms) == {"PLAIN"}
    assert (double.errors, double.writes, door.wrong.total()) == (0, [], 0)


@pytest.mark.parametrize("dialect", ["as one name", "by authorization identity"])
async def test_an_administrator_opens_the_mailboxes_of_others(
    ring: KeyRing, home: Dovecot, fresh_user: Callable[[], str], dialect: str
) -> None:
    """domain\\admin\\alias, or the alias as authorization identity; he has a mailbox of his own, which is not theirs."""
    boxes, door, admin = {"anna@old.example": office(), "bert@old.example": office()}, Door(), "OLD\\admin"
    door.password(admin, "admin's", filled("the administrator's own"))
    for number, (name, box) in enumerate(boxes.items()):
        box.folders["INBOX"].uidvalidity += 100 * (number + 1)
        if dialect == "as one name":
            door.password(f"{admin}\\{name.partition('@')[0]}", "admin's", box)
        else:
            door.password(admin, "admin's", box, acting_as=name)
    with ImapDouble(flavour("exchange"), door) as double:
        accounts = [(fresh_user(), name, "admin's") for name in boxes]
        moving = Moving(ring, (double.host, double.port), home, accounts, "exchange", source_master=admin)
        report = await moving.run()
        for number, box in enumerate(boxes.values()):
            assert last_run(report, number)["status"] == "completed"
            assert differences(box, moving.arrived(number), without=NO_MAIL) == []
    # What the server speaks is learned once: at most one wrong try for all of them.
    assert door.wrong.total() <= 2


async def test_an_administrator_whose_own_mailbox_is_opened_copies_nothing(
    ring: KeyRing, home: Dovecot, fresh_user: Callable[[], str]
) -> None:
    """A server that drops what stands behind his name opens his own: that is found out before a message is copied."""
    door, admin, own = Door(), "OLD\\admin", filled("the administrator's own")
    door.password(admin, "admin's", own)
    door.password(f"{admin}\\anna", "admin's", own)
    with ImapDouble(flavour("exchange"), door) as double:
        accounts = [(fresh_user(), "anna@old.example", "admin's")]
        moving = Moving(ring, (double.host, double.port), home, accounts, "exchange", source_master=admin)
        failed = last_run(await moving.run())
        assert (failed["status"], fates(failed)) == ("failed", {})
        assert "opened his own mailbox instead of that of anna@old.example. Nothing was copied." in failed["error"]
        assert moving.arrived().total == 0
