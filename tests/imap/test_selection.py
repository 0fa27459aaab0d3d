"""SELECT that also says what has changed (RFC 7162 3.2.5), against scripts and a real Dovecot."""

from __future__ import annotations

import pytest

from tests.imap.conftest import endpoint_of
from tests.imap.meets import talk
from trasloco.imap.client import connect
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.errors import LimitExceeded
from trasloco.imap.limits import Limits
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Fetched, Resync, SyncPoint
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.scripted_server import ScriptedServer

HELLO = "S: * PREAUTH [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC] ready\nC: t1 ENABLE QRESYNC\nS: * ENABLED QRESYNC\nS: t1 OK\n"


async def test_what_changed_comes_with_the_selection() -> None:
    script = HELLO + (
        "C: t2 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))\n"
        "S: * VANISHED (EARLIER) 9\n"
        "S: * OK [CLOSED] another mailbox, until now\n"
        "S: * OK [UIDVALIDITY 67890007] UIDVALIDITY\n"
        "S: * OK [HIGHESTMODSEQ 20050715194045319] modseq\n"
        "S: * VANISHED (EARLIER) 41,43:116,118\n"
        "S: * 49 FETCH (UID 117 FLAGS (\\Seen) MODSEQ (20050715194045001))\n"
        "S: * 50 FETCH (UID 119 FLAGS (\\Draft) MODSEQ (20050715194045308))\n"
        "S: * 5 EXISTS\n"
        "S: t2 OK [READ-WRITE] mailbox selected\n"
    )
    async with talk(script) as client:
        selected, changes = await client.resync(b"INBOX", SyncPoint(67890007, 20050715194045000, b"41,43:211,214:541"), read_only=False)
        assert (selected.exists, selected.highest_modseq, selected.read_only) == (5, 20050715194045319, False)
        assert changes == Resync(
            ((41, 41), (43, 116), (118, 118)),
            (
                Fetched(49, 117, frozenset({"\\Seen"}), modseq=20050715194045001),
                Fetched(50, 119, frozenset({"\\Draft"}), modseq=20050715194045308),
            ),
        )
        assert client.selected == selected


@pytest.mark.parametrize(
    "answer", ["S: * OK [UIDVALIDITY 8] another\nS: * OK [HIGHESTMODSEQ 4] m\n", "S: * OK [UIDVALIDITY 7] v\nS: * OK [NOMODSEQ] none\n"]
)
async def test_another_mailbox_under_that_name_has_no_changes(answer: str) -> None:
    async with talk(f"{HELLO}C: t2 EXAMINE INBOX (QRESYNC (7 3))\n{answer}S: t2 OK\n") as client:
        _, changes = await client.resync(b"INBOX", SyncPoint(7, 3), read_only=True)
        assert changes is None


async def test_a_server_without_qresync_selects_as_always() -> None:
    async with talk("S: * PREAUTH [CAPABILITY IMAP4rev1 CONDSTORE] ready\nC: t1 EXAMINE INBOX\nS: * 2 EXISTS\nS: t1 OK\n") as client:
        selected, changes = await client.resync(b"INBOX", SyncPoint(7, 3), read_only=True)
        assert (selected.exists, changes) == (2, None)


async def test_more_changes_than_anybody_keeps() -> None:
    script = f"{HELLO}C: t2 EXAMINE INBOX (QRESYNC (7 3))\nS: * VANISHED (EARLIER) 1,3,5,7\n"
    async with ScriptedServer(script) as server:
        client = await connect(endpoint_of(server), limits=Limits(ranges=3))
        with pytest.raises(LimitExceeded):
            await client.resync(b"INBOX", SyncPoint(7, 3), read_only=True)
        assert client.closed


async def test_dovecot_tells_what_went_and_what_changed(dovecot_source: Dovecot, user: str) -> None:
    with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
        filler.append(("INBOX",), [Mail(b"A: %d\r\n\r\n" % number) for number in range(5)])
    client = await connect(Endpoint(dovecot_source.host, dovecot_source.port, Security.PLAIN))
    await client.login(Credentials(user, Secret(dovecot_source.password)))
    then = await client.select(b"INBOX", read_only=True, condstore=True)
    assert then.uidvalidity is not None
    assert then.highest_modseq is not None
    await client.unselect()
    with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
        filler.store(("INBOX",), [4], "+FLAGS", "\\Flagged")
        filler.delete(("INBOX",), [2, 3])
    point = SyncPoint(then.uidvalidity, then.highest_modseq, b"1:5")
    selected, changes = await client.resync(b"INBOX", point, read_only=True)
    assert selected.exists == 3
    assert changes is not None
    assert changes.vanished == ((2, 3),)
    assert [(item.uid, item.flags) for item in changes.changed] == [(4, frozenset({"\\Flagged"}))]
    await client.logout()


# -- names in UTF-8


async def test_names_are_utf8_once_that_is_enabled() -> None:
    script = (
        "S: * PREAUTH [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT LITERAL+] ready\nC: t1 ENABLE UTF8=ACCEPT\n"
        'S: * ENABLED UTF8=ACCEPT\nS: t1 OK\nC: t2 LIST "" "*"\nC: t3 LSUB "" "*"\nS: * LIST () "/" "Entwürfe"\n'
        'S: * LIST () "/" "R&D"\nS: * LIST () "/" "&AOk-"\nS: t2 OK\nS: t3 OK\nC: t4 CREATE {{6+}}\nC: Köln\nS: t4 OK\n'
    ).replace("{{6+}}", "{5+}")
    async with talk(script) as client:
        assert client.wire_name("Köln & x") == b"K&APY-ln &- x"
        assert await client.speak_utf8()
        assert await client.speak_utf8()  # nothing more is said
        names = [mailbox.name for mailbox in await client.tree(status=False)]
        assert [client.shown_name(name) for name in names] == ["Entwürfe", "R&D", "&AOk-"]
        assert client.wire_name("Köln & x") == "Köln & x".encode()
        await client.create(client.wire_name("Köln"))


async def test_a_server_that_has_only_modified_utf7() -> None:
    async with talk("S: * PREAUTH [CAPABILITY IMAP4rev1 ENABLE] ready\n") as client:
        assert not await client.speak_utf8()
        assert client.shown_name(b"&AOk-") == "é"
