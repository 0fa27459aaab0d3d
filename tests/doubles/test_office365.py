"""Exchange Online as it was recorded: tokens only, throttling, sizes that lie, bodies made anew at each fetch, folders without mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.doubles.migration import Moving, differences, fates, last_run
from tests.fix_tokens import settings
from trasloco.plan.roles import non_mail_names
from trasloco.records.key_ring import KeyRing
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import flavour
from trasloco.testing.imap_double.moods import Moods
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox
from trasloco.testing.letters import Letters
from trasloco.testing.token_endpoint import TokenEndpoint

pytestmark = pytest.mark.usefixtures("clean_database")

NO_MAIL = ("Calendar", "Calendar/Birthdays", "Contacts", "Tasks", "Journal", "Notes", "Outbox", "Sync Issues", "Sync Issues/Conflicts",
           "Conversation History", "RSS Feeds")  # fmt: skip
LEFT_OUT = (*NO_MAIL, "Deleted Items", "Junk Email")
ANNA = "anna@old.example"


def filled(seed: str = "office") -> Mailbox:
    """90 letters, half of them of several parts, and items that are no mail."""
    mailbox = Mailbox("INBOX/Kunden", "Archive", "Archive/2024", "Sent Items", "Drafts")
    names = list(mailbox.folders)
    for number, letter in enumerate(Letters(seed).take(90)):
        flags = [flag for flag, every in (("\\Seen", 2), ("\\Answered", 5), ("$MDNSent", 7)) if number % every == 0]
        mailbox.add(names[number % len(names)], letter.content, flags=flags, date=letter.date)
    for name in LEFT_OUT:
        mailbox.add(name, b"Subject: an item\r\n\r\nno mail, or not wanted\r\n")
    return mailbox


def door_for(endpoint: TokenEndpoint, boxes: Mapping[str, Mailbox]) -> Door:
    door = Door()
    door.tokens(lambda user, token: endpoint.opens(token) in ("", user), boxes)
    return door


def moving(ring: KeyRing, home: Dovecot, double: ImapDouble, endpoint: TokenEndpoint, *accounts: tuple[str, str]) -> Moving:
    credentials = settings("microsoft-app", endpoint).as_secret().reveal()
    return Moving(ring, (double.host, double.port), home, [(*account, "") for account in accounts], "office365", credentials)


async def test_a_mailbox_is_moved_whole_through_throttling_and_bodies_that_differ(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str]
) -> None:
    mailbox, user = filled(), fresh_user()
    with ImapDouble(flavour("office365"), door_for(endpoint, {ANNA: mailbox})) as double:
        move = moving(ring, home, double, endpoint, (user, ANNA))
        double.moods.throttle((20, 700), (55, 1234))
        first = last_run(await move.run())
        assert (first["status"], first["error"], fates(first)) == ("completed", None, {"copied": 90, "skipped": len(LEFT_OUT)})
        arrived = move.arrived()
        assert differences(mailbox, arrived, without=LEFT_OUT) == []
        assert {path[0] for path in arrived.folders}.isdisjoint(set(LEFT_OUT) - {"Junk Email", "Deleted Items"})
        assert double.moods.throttled_for == [700, 1234]
        assert double.moods.early <= 2, "each time one command may have been on its way"
        log = await move.log(1)
        assert sum(action == "server-busy" and "Suggested Backoff Time" in words for action, words in log) == 2
        oddities = [words for action, words in log if action == "server-oddity"]
        for quirk in ("size-lies", "ten-errors", "made-anew"):
            assert any(f"“{quirk}”" in words for words in oddities), quirk
        notes = {folder["source"]: folder["note"] for folder in first["folders"]}
        assert all("no mail on Exchange" in notes[name] for name in NO_MAIL)
        for number, letter in enumerate(Letters("later").take(9)):
            mailbox.add("INBOX" if number < 5 else "Neu", letter.content, date=letter.date)
        mailbox.flag("INBOX", 1, add=["\\Flagged"], remove=["\\Seen"])
        for uid in (2, 3, 4, 5, 6):
            mailbox.move("INBOX", uid, "Archive")
        mailbox.add("Calendar", b"Subject: a new date\r\n\r\n")
        second = last_run(await move.run())
        assert second["status"] == "completed"
        assert differences(mailbox, move.arrived(), without=LEFT_OUT) == []
        assert fates(second) == {"copied": 9, "adopted": 85, "moved": 5, "skipped": len(LEFT_OUT) + 1}
    assert double.writes == []
    assert set(double.mechanisms) == {"XOAUTH2"}


async def test_a_long_backoff_holds_no_worker_and_is_kept_to_the_millisecond(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place for two accounts: who is throttled gives it up, and comes back when he may and not before."""
    monkeypatch.setattr("trasloco.engine.account_run.LONGEST_PAUSE", 0.5)
    boxes = {ANNA: filled("anna"), "bert@old.example": filled("bert")}
    users = (fresh_user(), fresh_user())
    with ImapDouble(flavour("office365"), door_for(endpoint, boxes)) as double:
        move = moving(ring, home, double, endpoint, *zip(users, boxes, strict=True))
        moods = double.moods_of[ANNA] = Moods()
        moods.throttle((10, 4000))
        report = await move.run(concurrency=1)
        for number, box in enumerate(boxes.values()):
            assert last_run(report, number)["status"] == "completed"
            assert differences(box, move.arrived(number), without=LEFT_OUT) == []
        assert moods.throttled_for == [4000]
        assert moods.early <= 1, "a command may have been on its way"
        ends = [last_run(report, number)["seconds"] for number in range(2)]
        assert min(ends) < 4  # the seconds of waiting are no seconds of work
        said = [words for _, words in await move.log(1, ANNA) if "Suggested Backoff Time" in words]
        assert len(said) == 1


async def test_a_tenant_that_is_throttled_is_left_alone_by_each_of_its_mailboxes_once_it_was_told(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str]
) -> None:
    """The budget is the tenant's: who did not cause it learns of it at his next command, and does not ask again before its end."""
    boxes = {f"{name}@old.example": filled(name) for name in ("anna", "bert", "carla")}
    with ImapDouble(flavour("office365"), door_for(endpoint, boxes), seconds=0.01) as double:
        move = moving(ring, home, double, endpoint, *zip([fresh_user() for _ in boxes], boxes, strict=True))
        double.moods.throttle((40, 1500), (150, 800))
        report = await move.run()
        for number, box in enumerate(boxes.values()):
            assert last_run(report, number)["status"] == "completed"
            assert differences(box, move.arrived(number), without=LEFT_OUT) == []
        assert double.moods.throttled_for == [1500, 800]
        # Each of the others, each of the two times: two commands may be on their way.
        assert double.moods.early <= 4 * (len(boxes) - 1)


async def test_who_is_not_connected_fails_with_what_the_administrator_has_to_do(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str]
) -> None:
    boxes = {ANNA: filled("anna"), "bert@old.example": filled("bert")}
    door = door_for(endpoint, boxes)
    door.shut_out.add("bert@old.example")
    with ImapDouble(flavour("office365"), door) as double:
        move = moving(ring, home, double, endpoint, *zip((fresh_user(), fresh_user()), boxes, strict=True))
        report = await move.run()
        assert last_run(report, 0)["status"] == "completed"
        failed = last_run(report, 1)
        assert failed["status"] == "failed"
        assert "User is authenticated but not connected" in failed["error"]
        assert "run Add-MailboxPermission with FullAccess for it" in failed["error"]
        assert door.tried[b"bert@old.example"] <= 2


async def test_a_password_is_told_that_microsoft_takes_none_and_is_tried_once(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str]
) -> None:
    door = Door()
    door.password(ANNA, "right", filled())
    with ImapDouble(flavour("office365"), door) as double:
        move = Moving(ring, (double.host, double.port), home, [(fresh_user(), ANNA, "right")], "office365")
        failed = last_run(await move.run())
        assert failed["status"] == "failed"
        assert "AUTHENTICATE failed." in failed["error"]
        assert "Microsoft has switched off passwords for IMAP" in failed["error"]
        assert door.tried.total() == 1


async def test_the_tenth_error_never_comes(ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str]) -> None:
    """Exchange hangs up after ten; 14 messages that it will not show are 14 refusals at least."""
    mailbox = filled()
    for uid in list(mailbox.folders["Archive"].messages)[:14]:
        mailbox.folders["Archive"].messages[uid].refusal = "The message could not be retrieved. 9"
    with ImapDouble(flavour("office365"), door_for(endpoint, {ANNA: mailbox})) as double:
        move = moving(ring, home, double, endpoint, (fresh_user(), ANNA))
        run = last_run(await move.run())
        assert (run["status"], fates(run)["copied"], fates(run)["refused"]) == ("completed_with_errors", 76, 14)
        assert double.errors >= 14
        assert double.thrown_out == 0
        refused = [words for action, words in await move.log(1) if action == "message-refused"]
        assert len(refused) == 14
        assert all("The message could not be retrieved. 9" in words for words in refused)


@pytest.mark.parametrize("login", ["anna@old.example/sales@old.example", "anna@old.example\\sales", "sales@old.example"])
async def test_a_shared_mailbox_is_opened_by_the_users_token(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str], login: str
) -> None:
    shared = filled("shared")
    with ImapDouble(flavour("office365"), door_for(endpoint, {"sales@old.example": shared})) as double:
        move = moving(ring, home, double, endpoint, (fresh_user(), login))
        assert last_run(await move.run())["status"] == "completed"
        assert differences(shared, move.arrived(), without=LEFT_OUT) == []
        assert set(double.sign_ins) == {"sales@old.example"}


async def test_folders_without_mail_are_left_out_in_every_language(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str]
) -> None:
    mailbox, names = Mailbox("Kunden", "Kunden/Kalender"), sorted(non_mail_names())
    for name in (*names, "Kunden/Kalender", "INBOX"):
        mailbox.add(name, b"Subject: an item\r\n\r\n")
    with ImapDouble(flavour("office365"), door_for(endpoint, {ANNA: mailbox})) as double:
        move = moving(ring, home, double, endpoint, (fresh_user(), ANNA))
        run = last_run(await move.run())
        assert run["status"] == "completed"
        # A calendar deeper down is somebody's own folder.
        assert {"/".join(path) for path, entries in move.arrived().folders.items() if entries} == {"INBOX", "Kunden/Kalender"}
        assert fates(run) == {"copied": 2, "skipped": len(names)}
