"""Servers as they are, one conversation for each quirk of the wire; those the engine meets are in tests/engine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imap.meets import meets, talk
from trasloco.imap import quirks
from trasloco.imap.append_command import AppendCommand
from trasloco.imap.errors import CommandFailed
from trasloco.imap.quirks import QUIRKS, known
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Appended, Capabilities, Mailbox, Status

ROOT = Path(__file__).parents[2]


# -- the list itself


def test_every_quirk_says_what_it_is() -> None:
    assert len({quirk.name for quirk in QUIRKS}) == len(QUIRKS)
    for quirk in QUIRKS:
        assert quirk.server
        assert quirk.reference
        assert quirk.does


def marked() -> Iterator[str]:
    """The constants named by ``@meets(quirks.X)`` in all tests."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "meets":
                    yield from (argument.attr for argument in mark.args if isinstance(argument, ast.Attribute))


def test_every_quirk_has_its_test() -> None:
    constants = {name for name, value in vars(quirks).items() if isinstance(value, quirks.Quirk)}
    assert set(marked()) == constants


def page() -> str:
    """docs/quirks.md as it should be."""
    rows = [f"| `{quirk.name}` | {quirk.server} | {quirk.reference} | {quirk.does} |".replace("\\*", "\\\\*") for quirk in QUIRKS]
    return "\n".join(
        [
            "# Servers as they are",
            "",
            "What servers do that the standards do not expect of them, and what Trasloco does then. Each has a name in",
            "`src/trasloco/imap/quirks.py` and a test that plays the conversation (`tests/imap/test_quirks*.py`,",
            "`tests/engine/test_quirks*.py`). Written by `python -m tests.imap.test_quirks`; a test holds it against the code.",
            "",
            "| Quirk | Where seen | Reference | What is done |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def test_the_page_is_the_list() -> None:
    assert (ROOT / "docs" / "quirks.md").read_text("utf-8") == page()


def test_what_shows_at_once() -> None:
    assert known("ready", Capabilities(["LITERAL-"]), {}) == set()
    assert known("ready", Capabilities(), {}) == {"literal-plus-missing"}
    assert known("ready", Capabilities(["XAPPLELITERAL"]), {}) == {"literal-plus-missing", "list-return-bad"}
    assert known("The Microsoft Exchange IMAP4 service is ready.", Capabilities(["LITERAL+"]), {}) == {
        "names-folded",
        "ten-errors",
        "made-anew",
    }


# -- UIDs


async def sent(append: AppendCommand) -> Appended:
    await append.message(1)
    await append.write(b"m")
    return await append.finish()


@meets(quirks.UIDPLUS_WITHOUT_APPENDUID, quirks.APPENDUID_COUNT)
async def test_appenduid_that_is_missing_or_cannot_be_right() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS] ready
        C: t1 APPEND INBOX {1+}
        C: m
        S: t1 OK done
        C: t2 APPEND INBOX {1+}
        C: m
        S: t2 OK [APPENDUID 9 5:6] done
        """
    async with talk(script) as client:
        assert await sent(client.append(b"INBOX")) == Appended(None, None)
        assert await sent(client.append(b"INBOX")) == Appended(9, None)
        assert client.quirks == {"uidplus-without-appenduid", "appenduid-count"}


@meets(quirks.APPENDUID_WITHOUT_UIDPLUS, quirks.LITERAL_PLUS_MISSING)
async def test_appenduid_that_nobody_announced() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 APPEND INBOX {1}
        S: + go on
        C: m
        S: t1 OK [APPENDUID 9 5] done
        """
    async with talk(script) as client:
        assert await sent(client.append(b"INBOX")) == Appended(9, (5,))
        assert client.quirks == {"appenduid-without-uidplus", "literal-plus-missing"}


@meets(quirks.MAILBOXID_RANDOM)
async def test_a_mailboxid_is_taken_from_select_and_only_when_it_is_one() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1 OBJECTID] ready
        C: t1 STATUS Done (MESSAGES UIDNEXT UIDVALIDITY)
        S: * STATUS Done (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)
        S: t1 OK done
        C: t2 EXAMINE Done
        S: * OK [UIDVALIDITY 7] valid
        S: * OK [MAILBOXID (06gy92lqg2nno5abr08h7mzj)] Ok
        S: t2 OK [READ-ONLY] done
        C: t3 EXAMINE Other
        S: * OK [UIDVALIDITY 7] valid
        S: * OK [MAILBOXID (<16>I<F4>U)] Ok
        S: t3 OK [READ-ONLY] done
        """
    async with talk(script) as client:
        assert await client.statuses([b"Done"]) == {b"Done": Status(0, 1, 7)}
        assert (await client.select(b"Done", read_only=True)).mailbox_id == "06gy92lqg2nno5abr08h7mzj"
        assert (await client.select(b"Other", read_only=True)).mailbox_id == ""


@meets(quirks.COPYUID_ODD, quirks.RESPONSE_CODE_UNREADABLE)
async def test_response_codes_that_are_none() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1 UIDPLUS MOVE] ready
        C: t1 UID COPY 1:2 Sent
        S: t1 OK [COPYUID 701  ] done
        C: t2 UID COPY 1:2 Sent
        S: t2 OK [COPYUID 701 1:2 9] done
        C: t3 UID MOVE 1 Sent
        S: t3 NO [Error="[x] failed" Processing=3] 15 minutes, please
        C: t4 NOOP
        S: t4 OK [
        """
    async with talk(script) as client:
        assert await client.copy([1, 2], b"Sent") is None
        assert await client.copy([1, 2], b"Sent") is None
        with pytest.raises(CommandFailed, match="15 minutes, please"):
            await client.move([1], b"Sent")
        await client.noop()


# -- FETCH


@meets(quirks.LATE_UID)
async def test_a_uid_behind_the_message() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 UID FETCH 4:5 (UID BODY.PEEK[])
        S: * 1 FETCH (BODY[] {3}
        S-: one
        wait 0.1
        S:  UID 4)
        S: * 2 FETCH (FLAGS () UID 5 BODY[] {3}
        S: two)
        S: t1 OK done
        """
    async with talk(script) as client:
        found = []
        async for body in client.bodies([4, 5]):
            early = body.uid
            found.append((early, await body.read(), body.uid))
        assert found == [(None, b"one", 4), (5, b"two", 5)]
        assert quirks.LATE_UID.name in client.quirks


@meets(quirks.NEWS_DURING_FETCH, quirks.UIDS_OUT_OF_ORDER)
async def test_news_between_the_answers() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 EXAMINE INBOX
        S: * 3 EXISTS
        S: t1 OK
        C: t2 UID FETCH 1:* (UID FLAGS RFC822.SIZE)
        S: * 3 FETCH (UID 9 FLAGS () RFC822.SIZE 3)
        S: * 4 EXISTS
        S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1)
        S: * 1 EXPUNGE
        S: * 1 FETCH (FLAGS (\\Seen) UID 5)
        S: * 1 FETCH (UID 5 FLAGS () RFC822.SIZE 2)
        S: * OK still working
        S: t2 OK
        """
    async with talk(script) as client:
        await client.select(b"INBOX", read_only=True)
        found = [(item.uid, item.size, item.flags) async for item in client.fetch("1:*", ("UID", "FLAGS", "RFC822.SIZE"))]
        assert [(uid, size) for uid, size, _ in found] == [(9, 3), (1, 1), (5, 2)]
        assert client.selected is not None
        assert client.selected.exists == 3


@meets(quirks.FLAG_WITH_BRACKET)
async def test_flags_with_brackets_in_them() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 EXAMINE INBOX
        S: * 1 EXISTS
        S: * FLAGS (\\Seen [Gmail]/x a]b)
        S: * OK [PERMANENTFLAGS (\\Seen a]b \\*)] odd
        S: t1 OK [READ-ONLY] done
        C: t2 UID FETCH 1:* (UID FLAGS)
        S: * 1 FETCH (UID 1 FLAGS (a]b [Imap]/Archived $x))
        S: t2 OK
        """
    async with talk(script) as client:
        selected = await client.select(b"INBOX", read_only=True)
        assert selected.flags == frozenset({"\\Seen", "[Gmail]/x", "a]b"})
        assert selected.permanent_flags == frozenset({"\\Seen", "a]b", "\\*"})
        assert [item.flags async for item in client.fetch("1:*", ("UID", "FLAGS"))] == [frozenset({"a]b", "[Imap]/Archived", "$x"})]


# -- names


@meets(quirks.LIST_RETURN_BAD, quirks.STATUS_FAILS)
async def test_list_return_is_tried_once_and_a_failing_status_is_one_folders_matter() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1 LIST-EXTENDED LIST-STATUS] ready
        C: t1 LIST "" "*" RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY))
        S: t1 BAD Parse Error (near RETURN)
        C: t2 LIST "" "*"
        C: t3 LSUB "" "*"
        S: * LIST () "/" INBOX
        S: * LIST () "/" broken
        S: t2 OK
        S: t3 OK
        C: t4 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY)
        C: t5 STATUS broken (MESSAGES UIDNEXT UIDVALIDITY)
        S: * STATUS INBOX (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 1)
        S: t4 OK
        S: t5 NO [SERVERBUG] index is corrupt
        """
    async with talk(script) as client:
        assert await client.tree() == [Mailbox(b"INBOX", "/", status=Status(2, 3, 1)), Mailbox(b"broken", "/")]
        assert quirks.LIST_RETURN_BAD.name in client.quirks


@meets(quirks.LITERAL_NAMES, quirks.LISTED_TWICE, quirks.NIL_DELIMITER)
async def test_names_in_every_dress() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 LIST "" "*"
        C: t2 LSUB "" "*"
        S: * LIST (\\HasNoChildren) "/" {9}
        S: a "b" \\c<0A>
        S: * LIST () "/" Sent
        S: * LIST (\\Sent \\Noselect) "/" "Sent"
        S: * LIST () NIL flat/not/nested
        S: * LIST (\\Marked) NIL "NIL"
        S: t1 OK
        S: * LSUB () "/" Sent
        S: t2 OK
        C: t3 EXAMINE {9}
        S: + go on
        C: a "b" \\c<0A>
        S: t3 OK
        C: t4 EXAMINE "NIL"
        S: t4 OK
        """
    async with talk(script) as client:
        tree = await client.tree(status=False)
        assert tree == [
            Mailbox(b'a "b" \\c\n', "/", frozenset({"\\hasnochildren"})),
            Mailbox(b"Sent", "/", frozenset({"\\sent"}), subscribed=True),
            Mailbox(b"flat/not/nested", None),
            Mailbox(b"NIL", None, frozenset({"\\marked"})),
        ]
        assert tree[1].selectable
        await client.select(tree[0].name, read_only=True)
        await client.select(tree[3].name, read_only=True)


@meets(quirks.RAW_8_BIT_NAMES, quirks.BAD_MUTF7)
async def test_bytes_of_a_name_go_back_as_they_came() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready
        C: t1 LIST "" "*"
        C: t2 LSUB "" "*"
        S: * LIST () "|" "Entw<C3><BC>rfe"
        S: * LIST () "|" "Entw<FC>rfe"
        S: * LIST () "|" "Salt & Pepper"
        S: * LIST () "|" "&BB8EQ-x"
        S: * LIST () "|" "&-&-"
        S: t1 OK
        S: t2 OK
        C: t3 EXAMINE {9+}
        C: Entw<C3><BC>rfe
        S: t3 OK
        C: t4 EXAMINE {8+}
        C: Entw<FC>rfe
        S: t4 OK
        C: t5 EXAMINE "Salt & Pepper"
        S: t5 OK
        C: t6 EXAMINE "&BB8EQ-x"
        S: t6 OK
        """
    async with talk(script) as client:
        names = [mailbox.name for mailbox in await client.tree(status=False)]
        assert [decode_name(name) for name in names] == ["Entwürfe", "Entwürfe", "Salt & Pepper", "&BB8EQ-x", "&&"]
        for name in names[:4]:
            await client.select(name, read_only=True)


if __name__ == "__main__":
    (ROOT / "docs" / "quirks.md").write_text(page(), "utf-8")
