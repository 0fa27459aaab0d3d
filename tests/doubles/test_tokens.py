"""Tokens run out again and again during a run, in the middle of sessions, and one mailbox is shut: the others complete, and that
one fails with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.doubles.migration import Moving, differences, fates, last_run
from tests.doubles.test_standard import filled
from tests.fix_tokens import settings
from trasloco.records.key_ring import KeyRing
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import Flavour, flavour
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox
from trasloco.testing.letters import Letters
from trasloco.testing.token_endpoint import TokenEndpoint

pytestmark = pytest.mark.usefixtures("clean_database")

LIFETIME = 30  # seconds of the provider's clock, in which a message takes half a second
MICROSOFT = flavour("office365")
GOOGLE = replace(
    flavour("standard"),
    greeting="Gimap ready for requests from 127.0.0.1",
    before="IMAP4rev1 UNSELECT IDLE NAMESPACE ID CHILDREN SASL-IR AUTH=XOAUTH2",
    mechanisms=("XOAUTH2",),
    refused="[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
    challenge="eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==",
    expired="Session expired, please login again.",
)
REMEDY = {
    "microsoft-app": "run Add-MailboxPermission with FullAccess for it",
    "google-service-account": "Check that this user exists in the domain and is not suspended",
}


def full(seed: str) -> Mailbox:
    """160 letters."""
    mailbox = filled(seed)
    for letter in Letters(f"more {seed}").take(100):
        mailbox.add("INBOX", letter.content, date=letter.date)
    return mailbox


@pytest.mark.parametrize(
    ("kind", "server"), [("microsoft-app", MICROSOFT), ("google-service-account", GOOGLE)], ids=["microsoft", "google"]
)
@pytest.mark.parametrize("told", [3600, 1], ids=["told-an-hour", "told-the-truth"])
async def test_runs_outlive_their_tokens_and_one_mailbox_is_shut(
    ring: KeyRing, home: Dovecot, endpoint: TokenEndpoint, fresh_user: Callable[[], str], kind: str, server: Flavour, told: int
) -> None:
    boxes = {f"{name}@old.example": full(name) for name in ("anna", "bert", "carla")}
    shut, asked, clock = "carla@old.example", Counter[str](), [0.0]
    endpoint.lifetime, endpoint.expires_in, endpoint.clock = LIFETIME, told, lambda: clock[0]

    def valid(user: str, token: str) -> bool:
        asked[user] += 1
        if user == shut and asked[user] > 100:  # in the middle of its run
            endpoint.revoked.add(user)
        return endpoint.still_opens(token, user)

    door = Door()
    door.tokens(valid, boxes)
    with ImapDouble(server, door) as double:
        double.tick = lambda: clock.__setitem__(0, clock[0] + 0.5)
        credentials = settings(kind, endpoint).as_secret().reveal()
        accounts = [(fresh_user(), name, "") for name in boxes]
        moving = Moving(ring, (double.host, double.port), home, accounts, "standard", credentials)
        report = await moving.run()
        for number in range(2):
            run = last_run(report, number)
            assert (run["status"], run["error"], fates(run)) == ("completed", None, {"copied": 160})
            box = boxes[moving.accounts[number][1]]
            assert differences(box, moving.arrived(number)) == []
            # 160 messages are 80 seconds: two and a half lives of a token, were it alone.
            assert double.sign_ins[moving.accounts[number][1]] >= 3
        failed = last_run(report, 2)
        assert failed["status"] == "failed"
        assert fates(failed)["copied"] < 160
        assert REMEDY[kind] in failed["error"]
        assert endpoint.given.total() >= 4
        log = [words for _, words in await moving.log(1, "anna@old.example")]
        assert any(server.expired in words for words in log)
        assert clock[0] > 4 * LIFETIME
    assert double.writes == []
