"""Odd destinations, played from scripts: flags and messages they refuse, UIDs they get wrong, names they make others of."""

from __future__ import annotations

import pytest

from tests.engine.conftest import ListSink
from tests.engine.odd_servers import LISTING, OddDestination, emptiness, one_message, opening, script
from tests.imap.meets import meets, talk
from trasloco.engine.account import Settings, Side
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Tally
from trasloco.engine.identity import Place
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.renewal import ENOUGH, renew_if_weary
from trasloco.engine.tree import Tree, list_side
from trasloco.imap import quirks
from trasloco.imap.client import Client
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret

DATE = '" 1-Feb-2024 10:00:00 +0100"'


@pytest.fixture
def odd() -> OddDestination:
    return OddDestination("anna")


def again(tag: int, uid: int = 1) -> str:
    """The source sends a message once more."""
    sent = f"S: * {uid} FETCH (UID {uid} BODY[] {{8}}\nS: A: {uid}<0D><0A><0D><0A>)"
    return f"C: t{tag} UID FETCH {uid} (UID BODY.PEEK[])\n{sent}\nS: t{tag} OK\n"


def append(tag: int, answer: str, flags: str = "", body: int = 1) -> str:
    return f"C: t{tag} APPEND INBOX {flags}{DATE} {{8+}}\nC: A: {body}\nC:\nC:\nS: t{tag} {answer}\n"


@meets(quirks.FLAG_REFUSED)
async def test_a_keyword_that_is_refused_with_the_message(odd: OddDestination) -> None:
    """First as it is, then with system flags only, then each keyword by itself: the one that is refused is named."""
    destination = script(
        emptiness(),
        append(5, "BAD Invalid keyword", "($Work \\Seen NAME:FLAG123) "),
        append(6, "OK [APPENDUID 7 4] done", "(\\Seen) "),
        """
        C: t7 UID STORE 4 +FLAGS.SILENT ($Work)
        S: t7 OK
        C: t8 UID STORE 4 +FLAGS.SILENT (NAME:FLAG123)
        S: t8 NO [CANNOT] no such keyword
        close
        """,
    )
    outcome = await odd.run(one_message("\\Seen $Work NAME:FLAG123") + again(7) + "close", destination)
    assert outcome.tally == Tally(copied=1)
    assert ["NAME:FLAG123" in entry.words for entry in odd.sink.entries if entry.action == "flags-lost"] == [True]
    row = (await odd.rows())[1]
    assert row.destination_uid == 4
    assert row.reason.startswith("repaired (flags-and-date)")


@meets(quirks.KEYWORDS_NOT_KEPT)
async def test_keywords_that_would_not_be_kept_are_not_sent(odd: OddDestination) -> None:
    destination = emptiness(permanent="\\Seen \\Answered") + append(5, "OK [APPENDUID 7 1] done", "(\\Seen) ")
    outcome = await odd.run(one_message("\\Seen \\Flagged $Work") + "close", destination + "close")
    assert outcome.tally == Tally(copied=1)
    assert [entry.words for entry in odd.sink.entries if entry.action == "flags-lost"] == [
        "“INBOX”: the destination does not keep these flags, so they were left behind: $Work \\Flagged."
    ]


@meets(quirks.MISSING_FINAL_CRLF)
async def test_a_last_line_gets_its_end_only_after_a_refusal(odd: OddDestination) -> None:
    body = "A: 1<0D><0A><0D><0A>end"
    resent = f"C: t7 UID FETCH 1 (UID BODY.PEEK[])\nS: * 1 FETCH (UID 1 BODY[] {{11}}\nS: {body})\nS: t7 OK\n"
    destination = script(
        emptiness(),
        f"C: t5 APPEND INBOX {DATE} {{11+}}\nC: A: 1\nC:\nC: end\nS: t5 BAD [CLIENTBUG] APPEND Message must end with CRLF",
        f"C: t6 APPEND INBOX {DATE} {{13+}}\nC: A: 1\nC:\nC: end\nC:\nS: t6 OK [APPENDUID 7 1] done\nclose",
    )
    outcome = await odd.run(one_message(body=body, size=11) + resent + "close", destination)
    assert outcome.tally == Tally(copied=1)
    row = (await odd.rows())[1]
    assert row.reason.startswith("repaired (line-ends) after the destination said “BAD [CLIENTBUG]")
    assert row.size == 11


@meets(quirks.UIDNEXT_TOO_HIGH)
async def test_uidnext_is_not_the_uid_of_the_new_message(odd: OddDestination) -> None:
    """The server tells UIDNEXT 100 before and 101 after, and gives the UID 8."""
    header = "BODY[HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)]"
    destination = script(
        emptiness(" LITERAL+", uidnext=100),
        append(5, "OK [UIDNEXT 101] done"),
        f"""
        C: t6 NOOP
        S: * 1 EXISTS
        S: t6 OK
        C: t7 UID FETCH 1:* (UID)
        S: * 1 FETCH (UID 8)
        S: t7 OK
        C: t8 UID FETCH 8 (UID RFC822.SIZE INTERNALDATE {header.replace("BODY", "BODY.PEEK")})
        S: * 1 FETCH (UID 8 RFC822.SIZE 8 INTERNALDATE {DATE} {header} {{21}}
        S: Message-ID: <1@x>
        S:
        S: )
        S: t8 OK
        close
        """,
    )
    source = script(
        one_message(),
        f"""
        C: t7 UID FETCH 1 (UID RFC822.SIZE INTERNALDATE {header.replace("BODY", "BODY.PEEK")})
        S: * 1 FETCH (UID 1 RFC822.SIZE 8 INTERNALDATE {DATE} {header} {{21}}
        S: Message-ID: <1@x>
        S:
        S: )
        S: t7 OK
        close
        """,
    )
    outcome = await odd.run(source, destination)
    assert outcome.tally == Tally(copied=1)
    assert (await odd.rows())[1].destination_uid == 8


@meets(quirks.TEN_ERRORS)
async def test_the_connection_is_renewed_before_the_tenth_refusal() -> None:
    greeting = """
        S: * OK [CAPABILITY IMAP4rev1] The Microsoft Exchange IMAP4 service is ready.
        C: t1 LOGIN anna secret
        S: t1 OK [CAPABILITY IMAP4rev1] done
        C: t2 SELECT INBOX
        S: * OK [UIDVALIDITY 7] valid
        S: t2 OK
        """
    errors = "\n".join(f"        C: t{n} NOOP\n        S: t{n} BAD no" for n in range(3, 3 + ENOUGH))
    async with talk(f"{greeting.rstrip()}\n{errors}\n        C: t{3 + ENOUGH} LOGOUT\n        close\n", greeting) as client:
        credentials = Credentials("anna", Secret("secret"))
        place = Place(Side(SideName.DESTINATION, client.endpoint, credentials), client, "INBOX")
        await client.login(credentials)
        await client.select(b"INBOX", read_only=False)
        for _ in range(ENOUGH):
            await renew_if_weary(place)
            with pytest.raises(Exception, match="BAD no"):
                await client.noop()
        await renew_if_weary(place)
        assert client.refusals == 0
        assert client.selected is not None


@meets(quirks.TEN_ERRORS)
async def test_no_more_appends_are_on_their_way_than_may_fail(odd: OddDestination) -> None:
    """Nine messages are refused, one after the other; the ninth on a connection of its own."""
    count = ENOUGH + 1
    listed = "\n".join(
        f'S: * {n} FETCH (UID {n} FLAGS () INTERNALDATE "01-Feb-2024 10:00:00 +0100" RFC822.SIZE 8)' for n in range(1, count + 1)
    )
    bodies = "\n".join(f"S: * {n} FETCH (UID {n} BODY[] {{8}}\nS: A: {n}<0D><0A><0D><0A>)" for n in range(1, count + 1))
    kept = [again(6 + n, n) for n in range(1, count + 1)]
    source = script(
        opening(count), LISTING, listed, f"S: t5 OK\nC: t6 UID FETCH 1:{count} (UID BODY.PEEK[])", bodies, "S: t6 OK", *kept, "close"
    )
    login = "C: t1 LOGIN anna secret\nS: t1 OK [CAPABILITY IMAP4rev1 UIDPLUS LITERAL+] done\n"
    first = (
        emptiness(" UIDPLUS LITERAL+", shift=1)
        .replace("* PREAUTH [", "* OK [")
        .replace("ready\n", f"The Microsoft Exchange IMAP4 service is ready.\n{login}")
    )
    refused = [append(n, "NO Message too large", body=n - 5) for n in range(6, 6 + ENOUGH)]
    second = f"S: * OK [CAPABILITY IMAP4rev1] ready\n{login}C: t2 SELECT INBOX\nS: * OK [UIDVALIDITY 7] v\nS: t2 OK\n"
    odd.settings = Settings(repair=False)
    looked = "C: t4 NOOP\nS: t4 OK\nC: t5 UID FETCH 1:* (UID)\nS: t5 OK"  # whether one was stored all the same
    destination = script(first, *refused, f"C: t{6 + ENOUGH} LOGOUT\nclose")
    outcome = await odd.run(source, destination, script(second, append(3, "NO Message too large", body=count), looked, "close"))
    assert outcome.failure is None
    assert outcome.tally == Tally(refused=count)


# -- names


def lists(*names: str, attributes: str = "") -> str:
    lines = [f'S: * LIST ({attributes if name == "Mail" else ""}) "/" "{name}"' for name in names]
    statuses = "".join(f"C: t{n} STATUS {q(name)} (MESSAGES UIDNEXT UIDVALIDITY)\n" for n, name in enumerate(names, 3))
    answers = "".join(f"S: t{n} OK\n" for n in range(3, 3 + len(names)))
    start = 'S: * PREAUTH [CAPABILITY IMAP4rev1] ready\nC: t1 LIST "" "*"\nC: t2 LSUB "" "*"\n'
    return start + "\n".join(lines) + "\nS: t1 OK\nS: t2 OK\n" + statuses + answers


def q(name: str) -> str:
    return f'"{name}"' if " " in name else name


def looks(tag: int, pattern: str, *names: str) -> str:
    """LIST and LSUB by the plain way."""
    lines = "".join(f'S: * LIST () "/" "{name}"\n' for name in names)
    return f'C: t{tag} LIST "" {pattern}\nC: t{tag + 1} LSUB "" {pattern}\n{lines}S: t{tag} OK\nS: t{tag + 1} OK\n'


async def prepared(source: Client, destination: Client) -> tuple[dict[str, str], ListSink]:
    """Where each folder of the source goes after the destination's were made."""
    credentials = Credentials("anna", Secret("secret"))
    ours = await list_side(Side(SideName.SOURCE, source.endpoint, credentials), source)
    theirs = await list_side(Side(SideName.DESTINATION, destination.endpoint, credentials), destination)
    sink = ListSink()
    tree = Tree(ours, theirs, MemoryLedger(), Settings(), sink, [])
    await tree.prepare()
    assert tree.failed == []
    shown = [tree.shown(record) for record in tree.records]
    assert len({there for _, there in shown}) == len(shown), "two source folders share one"
    return dict(shown), sink


@meets(quirks.NAMES_FOLDED)
async def test_names_that_differ_in_case_only() -> None:
    destination = lists("INBOX") + script(
        """
        C: t4 CREATE Foo
        C: t5 CREATE foo
        S: t4 OK
        S: t5 NO Mailbox already exists
        """,
        looks(6, "foo", "Foo"),
        'C: t8 CREATE "foo (2)"\nS: t8 OK',
        looks(9, '"*"', "INBOX", "Foo", "foo (2)"),
    )
    async with talk(lists("INBOX", "Foo", "foo")) as source, talk(destination) as client:
        found, sink = await prepared(source, client)
        assert found == {"INBOX": "INBOX", "Foo": "Foo", "foo": "foo (2)"}
        assert [entry.action for entry in sink.entries] == ["folder-renamed"]
        assert quirks.NAMES_FOLDED.name in client.quirks


@meets(quirks.NAMES_FOLDED)
async def test_names_whose_spaces_are_trimmed() -> None:
    """CREATE "Foo " says OK and makes Foo, which is another folder's; "Bar " makes Bar, which is nobody's."""
    destination = lists("INBOX") + script(
        """
        C: t4 CREATE "Bar "
        C: t5 CREATE Foo
        C: t6 CREATE "Foo "
        S: t4 OK
        S: t5 OK
        S: t6 NO [ALREADYEXISTS] Mailbox exists
        """,
        looks(7, '"Foo "', "Foo"),
        'C: t9 CREATE "Foo (2)"\nS: t9 OK',
        looks(10, '"*"', "INBOX", "Foo", "Foo (2)", "Bar"),
    )
    async with talk(lists("INBOX", "Foo", "Foo ", "Bar ")) as source, talk(destination) as client:
        found, _ = await prepared(source, client)
        assert found == {"INBOX": "INBOX", "Foo": "Foo", "Foo ": "Foo (2)", "Bar ": "Bar"}


@meets(quirks.NAMES_FOLDED)
async def test_two_names_that_silently_became_one() -> None:
    """Both CREATEs say OK, and there is one folder."""
    destination = lists("INBOX") + script(
        """
        C: t4 CREATE Foo
        C: t5 CREATE "Foo "
        S: t4 OK
        S: t5 OK
        """,
        looks(6, '"*"', "INBOX", "Foo"),
        'C: t8 CREATE "Foo (2)"\nS: t8 OK',
        looks(9, '"*"', "INBOX", "Foo", "Foo (2)"),
    )
    async with talk(lists("INBOX", "Foo", "Foo ")) as source, talk(destination) as client:
        found, _ = await prepared(source, client)
        assert found == {"INBOX": "INBOX", "Foo": "Foo", "Foo ": "Foo (2)"}


@meets(quirks.NAME_REFUSED)
async def test_a_name_the_destination_cannot_have() -> None:
    destination = lists("INBOX") + script(
        """
        C: t4 CREATE "a  b: c"
        S: t4 NO [CANNOT] Folder contains excess whitespace
        C: t5 CREATE "a b: c"
        S: t5 NO Character not allowed in mailbox name: ':'
        C: t6 CREATE "a b: c"
        S: t6 NO Character not allowed in mailbox name: ':'
        C: t7 CREATE "a  b_ c"
        S: t7 NO [CANNOT] Folder contains excess whitespace
        C: t8 CREATE "a b_ c"
        S: t8 OK
        """,
        looks(9, '"*"', "INBOX", "a b_ c"),
    )
    async with talk(lists("INBOX", "a  b: c")) as source, talk(destination) as client:
        found, sink = await prepared(source, client)
        assert found == {"INBOX": "INBOX", "a  b: c": "a b_ c"}
        assert "the destination says “NO [CANNOT] Folder contains excess whitespace”" in sink.entries[0].words


@meets(quirks.NOINFERIORS)
async def test_a_folder_that_takes_none_below_it() -> None:
    destination = lists("INBOX", "Mail", attributes="\\NoInferiors") + script(
        "C: t5 CREATE Mail_Old\nS: t5 OK\n", looks(6, '"*"', "INBOX", "Mail", "Mail_Old")
    )
    async with talk(lists("INBOX", "Mail", "Mail/Old")) as source, talk(destination) as client:
        found, _ = await prepared(source, client)
        assert found == {"INBOX": "INBOX", "Mail": "Mail", "Mail/Old": "Mail_Old"}


async def test_a_no_that_passes_costs_no_name() -> None:
    destination = lists("INBOX") + script(
        """
        C: t4 CREATE Work
        S: t4 NO Internal error occurred. Refer to server log for more information.
        C: t5 CREATE Work
        S: t5 OK
        """,
        looks(6, '"*"', "INBOX", "Work"),
    )
    async with talk(lists("INBOX", "Work")) as source, talk(destination) as client:
        found, _ = await prepared(source, client)
        assert found == {"INBOX": "INBOX", "Work": "Work"}
