"""Odd sources, played from scripts: what they list, date, size and withhold, and what arrives on a real Dovecot."""

from __future__ import annotations

import pytest

from tests.engine.odd_servers import LISTING, OddSource, one_message, opening, script
from tests.imap.meets import meets
from trasloco.engine.account import RunStatus, Settings
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.missing_dates import date_of
from trasloco.imap import quirks
from trasloco.imap.dates import InternalDate
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller

DATE = '"01-Feb-2024 10:00:00 +0100"'
EPOCH = 1706778000  # the same


@pytest.fixture
def odd(dovecot_destination: Dovecot, user: str) -> OddSource:
    return OddSource(dovecot_destination, user)


def listed(*uids: int, flags: str = "") -> str:
    """Ordinary lines of the listing, and its end."""
    lines = [f"S: * {n} FETCH (UID {uid} FLAGS ({flags}) INTERNALDATE {DATE} RFC822.SIZE 8)" for n, uid in enumerate(uids, 1)]
    return "\n".join([LISTING, *lines, "S: t5 OK"])


def message(uid: int) -> str:
    """One message of 8 bytes, as FETCH sends it."""
    return f"S: * {uid} FETCH (UID {uid} BODY[] {{8}}\nS: A: {uid}<0D><0A><0D><0A>)"


@meets(quirks.SIZE_LIES, quirks.SIZE_MISSING)
async def test_sizes_that_are_wrong_or_missing(odd: OddSource) -> None:
    conversation = script(
        opening(3),
        LISTING,
        f"""
        S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE {DATE} RFC822.SIZE 4000)
        S: * 2 FETCH (UID 2 FLAGS (\\Seen) INTERNALDATE {DATE} RFC822.SIZE NIL)
        S: * 3 FETCH (UID 3 FLAGS () INTERNALDATE {DATE} RFC822.SIZE 0)
        S: t5 OK
        C: t6 UID FETCH 1:3 (UID BODY.PEEK[])
        """,
        *(message(uid) for uid in (1, 2, 3)),
        "S: t6 OK\nclose",
    )
    outcome = await odd.run(conversation)
    assert outcome.tally == Tally(copied=3)
    assert [(entry.size, entry.flags) for entry in odd.arrived()["INBOX"]] == [(8, frozenset()), (8, {"\\seen"}), (8, frozenset())]
    assert {row.size for row in (await odd.rows()).values()} == {8}


@meets(quirks.EMPTY_BODY, quirks.FETCH_WITHOUT_ANSWER, quirks.SEARCH_WRONG, quirks.FETCH_STAR_CHOKES)
async def test_messages_that_are_listed_and_not_sent(odd: OddSource) -> None:
    """Five are counted, four listed: one is sent, one is empty, one has nothing behind it, one goes meanwhile."""
    conversation = script(
        opening(5),
        listed(1, 2, 3, 4),
        "C: t6 NOOP\nS: t6 OK",
        listed(1, 2, 3, 4).replace("t5", "t7"),
        "C: t8 UID FETCH 1:4 (UID BODY.PEEK[])",
        message(1),
        """
        S: * 2 FETCH (UID 2 BODY[] NIL)
        S: t8 OK
        C: t9 NOOP
        S: t9 OK
        C: t10 UID FETCH 2:4 (UID FLAGS)
        S: * 2 FETCH (UID 2 FLAGS ())
        S: * 3 FETCH (UID 3 FLAGS ())
        S: t10 OK
        C: t11 UID FETCH 2:3 (UID BODY.PEEK[])
        S: * 2 FETCH (UID 2 BODY[] {0}
        S: )
        S: t11 OK
        close
        """,
    )
    outcome = await odd.run(conversation)
    assert outcome.tally == Tally(copied=1, refused=1, vanished=2)
    assert outcome.status is RunStatus.COMPLETED_WITH_ERRORS
    rows = await odd.rows()
    assert [rows[uid].fate for uid in (1, 2, 3, 4)] == [Fate.COPIED, Fate.REFUSED, Fate.VANISHED, Fate.VANISHED]
    assert rows[2].reason == "the source lists the message and sends it empty"
    (words,) = odd.said("messages-not-listed")
    assert "“INBOX”: the server counts 5 messages and lists 4" in words
    assert len(odd.said("messages-without-content")) == 1


@meets(quirks.FETCH_WITHOUT_ANSWER)
async def test_many_of_them_are_told_once(odd: OddSource) -> None:
    conversation = script(
        opening(3),
        listed(1, 2, 3),
        """
        C: t6 UID FETCH 1:3 (UID BODY.PEEK[])
        S: t6 OK
        C: t7 NOOP
        S: t7 OK
        C: t8 UID FETCH 1:3 (UID FLAGS)
        S: * 1 FETCH (UID 1 FLAGS ())
        S: * 2 FETCH (UID 2 FLAGS ())
        S: * 3 FETCH (UID 3 FLAGS ())
        S: t8 OK
        C: t9 UID FETCH 1:3 (UID BODY.PEEK[])
        S: t9 OK
        close
        """,
    )
    outcome = await odd.run(conversation)
    assert (outcome.status, outcome.tally) == (RunStatus.COMPLETED, Tally(vanished=3))
    assert odd.said("messages-without-content") == [
        "“INBOX”: 3 messages are listed, but the source has nothing to send for them (the first is UID 1)."
    ]


@meets(quirks.FETCH_REFUSED)
async def test_a_no_to_a_fetch_is_isolated_by_halves(odd: OddSource) -> None:
    conversation = script(
        opening(4),
        listed(1, 2, 3, 4),
        "C: t6 UID FETCH 1:4 (UID BODY.PEEK[])",
        message(1),
        """
        S: t6 NO some messages could not be read
        C: t7 NOOP
        S: t7 OK
        C: t8 UID FETCH 2:4 (UID FLAGS)
        S: * 2 FETCH (UID 2 FLAGS ())
        S: * 3 FETCH (UID 3 FLAGS ())
        S: * 4 FETCH (UID 4 FLAGS ())
        S: t8 OK
        C: t9 UID FETCH 2:4 (UID BODY.PEEK[])
        S: t9 NO some messages could not be read
        C: t10 UID FETCH 2 (UID BODY.PEEK[])
        """,
        message(2),
        """
        S: t10 OK
        C: t11 UID FETCH 3:4 (UID BODY.PEEK[])
        S: t11 NO some messages could not be read
        C: t12 UID FETCH 3 (UID BODY.PEEK[])
        S: t12 NO message is damaged
        C: t13 UID FETCH 4 (UID BODY.PEEK[])
        """,
        message(4),
        "S: t13 OK\nclose",
    )
    outcome = await odd.run(conversation)
    assert outcome.tally == Tally(copied=3, refused=1)
    assert (await odd.rows())[3].reason == "the source says “NO message is damaged” instead of sending it"
    assert len(odd.arrived()["INBOX"]) == 3


@meets(quirks.INVALID_INTERNAL_DATE)
async def test_days_that_cannot_be(odd: OddSource) -> None:
    received = "Received: from a by b; Thu, 1 Feb 2024 10:00:00 +0100<0D><0A>Date: 1 Jan 2001 00:00:00 +0000<0D><0A><0D><0A>"
    sent = "Received: nonsense<0D><0A>Date: Thu, 1 Feb 2024 09:00:00 GMT<0D><0A><0D><0A>"

    def header(uid: int, text: str) -> str:
        size = len(text.replace("<0D><0A>", "\r\n"))
        return f"S: * {uid} FETCH (UID {uid} BODY[HEADER.FIELDS (RECEIVED DATE)] {{{size}}}\nS: {text})"

    conversation = script(
        opening(4),
        LISTING,
        f"""
        S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE "31-Feb-2024 10:00:00 +0000" RFC822.SIZE 8)
        S: * 2 FETCH (UID 2 FLAGS () INTERNALDATE NIL RFC822.SIZE 8)
        S: * 3 FETCH (UID 3 FLAGS () INTERNALDATE {DATE} RFC822.SIZE 8)
        S: * 4 FETCH (UID 4 FLAGS () INTERNALDATE "" RFC822.SIZE 8)
        S: t5 OK
        C: t6 UID FETCH 1:2,4 (UID BODY.PEEK[HEADER.FIELDS (RECEIVED DATE)])
        """,
        header(1, received),
        header(2, sent),
        """
        S: * 4 FETCH (UID 4 BODY[HEADER.FIELDS (RECEIVED DATE)] "")
        S: t6 OK
        C: t7 UID FETCH 1:4 (UID BODY.PEEK[])
        """,
        *(message(uid) for uid in (1, 2, 3, 4)),
        "S: t7 OK\nclose",
    )
    outcome = await odd.run(conversation)
    assert outcome.tally == Tally(copied=4)
    assert [entry.epoch for entry in odd.arrived()["INBOX"]][:3] == [EPOCH, EPOCH, EPOCH]
    assert odd.said("dates-found") == [
        "“INBOX”: messages without a readable date were dated 1 by their Received field, 1 by their Date, 1 go without."
    ]


@pytest.mark.parametrize(
    ("header", "date"),
    [
        (
            b"Received: by a;\r\n\tThu, 1 Feb 2024 10:00:00 +0100 (CET)\r\nReceived: by b; 1 Jan 2000 00:00:00 +0000\r\n",
            InternalDate(EPOCH, 60),
        ),
        (b"DATE: Thu, 1 Feb 2024 09:00:00 -0000\r\n", InternalDate(EPOCH)),
        (b"Date: 99 Foo 2024\r\n", None),
        (b"Date: Thu, 1 Jan 1903 00:00:00 +0000\r\n", None),
        (b"", None),
    ],
)
def test_the_date_of_a_header(header: bytes, date: InternalDate | None) -> None:
    assert date_of(header)[0] == date


@meets(quirks.UIDVALIDITY_MISSING)
async def test_uids_that_do_not_last_are_matched_again(odd: OddSource) -> None:
    """Without UIDVALIDITY the same UIDs may be other messages in the next session: here they are swapped."""
    first = script(
        opening(2, uidvalidity=0), listed(1, 2), "C: t6 UID FETCH 1:2 (UID BODY.PEEK[])", message(1), message(2), "S: t6 OK\nclose"
    )
    assert (await odd.run(first)).tally == Tally(copied=2)
    header = "BODY[HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)]"
    second = script(
        opening(2, uidvalidity=0, select="S: * NO [UIDNOTSTICKY] not for long"),
        listed(1, 2),
        f"""
        C: t6 UID FETCH 1:2 (UID RFC822.SIZE INTERNALDATE {header.replace("BODY", "BODY.PEEK")})
        S: * 1 FETCH (UID 1 RFC822.SIZE 8 INTERNALDATE {DATE} {header} "")
        S: * 2 FETCH (UID 2 RFC822.SIZE 8 INTERNALDATE {DATE} {header} "")
        S: t6 OK
        C: t7 UID FETCH 1:2 (UID BODY.PEEK[])
        """,
        message(2).replace("UID 2", "UID 1"),
        message(1).replace("UID 1", "UID 2"),
        "S: t7 OK\nclose",
    )
    assert (await odd.run(second, number=2)).tally == Tally(adopted=2)
    assert len(odd.arrived()["INBOX"]) == 2
    assert {uid: row.destination_uid for uid, row in (await odd.rows()).items()} == {1: 2, 2: 1}


@meets(quirks.HIGHESTMODSEQ_FROZEN)
@pytest.mark.parametrize("modseq", [0, 1, 5])
async def test_a_modseq_that_stands_still_is_not_believed(odd: OddSource, modseq: int) -> None:
    first = script(opening(1, modseq=modseq), listed(1), "C: t6 UID FETCH 1 (UID BODY.PEEK[])", message(1), "S: t6 OK\nclose")
    assert (await odd.run(first)).tally == Tally(copied=1)
    second = script(opening(2, modseq=modseq), listed(1, 2), "C: t6 UID FETCH 2 (UID BODY.PEEK[])", message(2), "S: t6 OK\nclose")
    assert (await odd.run(second, number=2)).tally == Tally(copied=1, adopted=1)
    third = script(opening(2, modseq=modseq), listed(1, 2, flags="\\Flagged"), "close")
    outcome = await odd.run(third, number=3)
    assert (outcome.tally, outcome.flags_changed) == (Tally(adopted=2), 2)
    assert [entry.flags for entry in odd.arrived()["INBOX"]] == [{"\\flagged"}, {"\\flagged"}]


@meets(quirks.ILLEGAL_FLAGS, quirks.FLAG_WITH_BRACKET)
async def test_flags_that_no_server_may_have(odd: OddSource) -> None:
    outcome = await odd.run(one_message("\\Seen \\Forwarded \\ATTACHED a]b NAME:FLAG123") + "close\n")
    assert outcome.tally == Tally(copied=1)
    assert odd.arrived()["INBOX"][0].flags == {"\\seen", "$Forwarded", "NAME:FLAG123"}
    assert odd.said("flags-lost") == [
        "“INBOX”: the destination does not keep these flags, so they were left behind: \\ATTACHED a]b.",
    ]


@meets(quirks.LISTED_NOT_OPENABLE, quirks.INBOX_SPELLED)
async def test_a_folder_that_is_listed_and_cannot_be_opened(odd: OddSource) -> None:
    """Inbox is INBOX, and so is the Inbox of Inbox/Sub; the Inbox of Archive/Inbox is not."""
    odd.settings = Settings(together=False)
    conversation = """
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 LIST "" "*"
        C: t2 LSUB "" "*"
        S: * LIST () "/" Inbox
        S: * LIST () "/" Inbox/Sub
        S: * LIST () "/" Old/Inbox
        S: t1 OK
        S: t2 OK
        C: t3 STATUS Inbox (MESSAGES UIDNEXT UIDVALIDITY)
        C: t4 STATUS Inbox/Sub (MESSAGES UIDNEXT UIDVALIDITY)
        C: t5 STATUS Old/Inbox (MESSAGES UIDNEXT UIDVALIDITY)
        S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)
        S: t3 OK
        S: t4 NO it is locked
        S: * STATUS Old/Inbox (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)
        S: t5 OK
        C: t6 EXAMINE Inbox
        S: * OK [UIDVALIDITY 1] valid
        S: t6 OK
        C: t7 EXAMINE Inbox/Sub
        S: t7 NO it is locked
        C: t8 EXAMINE Old/Inbox
        S: * OK [UIDVALIDITY 1] valid
        S: t8 OK
        """
    outcome = await odd.run(script(conversation, "C: t9 EXAMINE Inbox/Sub\nS: t9 NO it is locked\nclose"))
    assert outcome.status is RunStatus.COMPLETED_WITH_ERRORS
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.scope) == ("folder-refused", "folder")
    assert "NO it is locked" in outcome.failure.words
    assert {folder.source: folder.destination for folder in outcome.folders} == {
        "Inbox": "INBOX",
        "Inbox/Sub": "INBOX/Sub",
        "Old/Inbox": "Old/Inbox",
    }


@meets(quirks.FETCH_REFUSED)
async def test_one_that_cannot_be_looked_at_is_not_copied_beside_what_may_be_it(odd: OddSource) -> None:
    """The destination holds mail of another tool: UID 1 is found there, UID 2 cannot be compared, UID 3 is new."""
    with MailboxFiller(odd.dovecot.host, odd.dovecot.port, odd.user, odd.dovecot.password) as filler:
        filler.append(("INBOX",), [Mail(b"A: 1\r\n\r\n"), Mail(b"A: 2\r\n\r\n")])
    header = "BODY[HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)]"
    items = f"(UID RFC822.SIZE INTERNALDATE {header.replace('BODY', 'BODY.PEEK')})"
    conversation = script(
        opening(3),
        listed(1, 2, 3),
        f"""
        C: t6 UID FETCH 1:3 {items}
        S: * 1 FETCH (UID 1 RFC822.SIZE 8 INTERNALDATE {DATE} {header} "")
        S: t6 NO one of these is damaged
        C: t7 UID FETCH 2:3 {items}
        S: t7 NO one of these is damaged
        C: t8 UID FETCH 2 {items}
        S: t8 NO damaged
        C: t9 UID FETCH 3 {items}
        S: * 3 FETCH (UID 3 RFC822.SIZE 8 INTERNALDATE {DATE} {header} "")
        S: t9 OK
        C: t10 UID FETCH 1,3 (UID BODY.PEEK[])
        """,
        message(1),
        message(3),
        "S: t10 OK\nC: t11 UID FETCH 3 (UID BODY.PEEK[])",
        message(3),
        "S: t11 OK\nclose",
    )
    outcome = await odd.run(conversation)
    assert outcome.tally == Tally(adopted=1, copied=1, refused=1)
    assert len(odd.arrived()["INBOX"]) == 3
    assert (await odd.rows())[2].reason.startswith("the source says “NO damaged”")
    assert len(odd.said("message-refused")) == 1
