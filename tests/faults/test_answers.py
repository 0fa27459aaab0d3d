"""A server says NO, BAD or "later" where it should say OK: the run goes on, or says clearly what it could not do."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.conftest import FOLDERS, OF_OTHERS, TWIN, settled
from trasloco.engine.account import Outcome, RunStatus, Settings
from trasloco.engine.failure import Retry, Scope
from trasloco.engine.latecomers import QUIET
from trasloco.testing.cutting_proxy import hide
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal, Verdict
from trasloco.testing.wire_faults import Answer, Cut, Poison, Rewrite, Way

REFUSALS = ("NO not this time", "BAD what is this")


def _answered(account: Rehearsal, side: str, *plan: Answer | Poison | Rewrite, number: int = 1) -> Outcome:
    account.settings = replace(account.settings, together=False)  # so that it is known whose command it is
    line: Line = getattr(account, side)
    line.proxy.arm(*plan)
    outcome = account.run(number)
    assert line.proxy.fired or isinstance(plan[0], Rewrite), "the fault was never reached"
    assert account.verdict(OF_OTHERS).doubled == 0
    return outcome


@pytest.mark.parametrize("words", REFUSALS)
@pytest.mark.parametrize(
    ("side", "command"),
    [
        *[(side, command) for side in ("source", "destination") for command in ("ID", "NAMESPACE", "LOGOUT")],
        ("destination", "SUBSCRIBE"),
        ("destination", "APPEND"),
    ],
)
def test_refusal_that_stops_nothing(account: Rehearsal, side: str, command: str, words: str) -> None:
    outcome = _answered(account, side, Answer(command, words))
    assert (outcome.failure, outcome.status) == (None, RunStatus.COMPLETED)
    settled(account)


def test_refused_login_is_not_tried_again(account: Rehearsal) -> None:
    for side in ("source", "destination"):
        outcome = _answered(account, side, Answer("LOGIN", "NO [AUTHENTICATIONFAILED] wrong", times=99))
        assert outcome.failure is not None
        assert (outcome.failure.side, outcome.failure.code, outcome.failure.retry) == (side, "login-refused", Retry.NEVER)
        line: Line = getattr(account, side)
        assert line.proxy.seen.commands["LOGIN"] == 1
        account.clear()
    account.run()
    settled(account)


@pytest.mark.parametrize("words", REFUSALS)
@pytest.mark.parametrize("side", ["source", "destination"])
def test_refused_list_stops_the_account(account: Rehearsal, side: str, words: str) -> None:
    outcome = _answered(account, side, Answer("LIST", words, times=99))
    assert outcome.failure is not None
    assert (outcome.failure.side, outcome.failure.scope, outcome.failure.retry) == (side, Scope.ACCOUNT, Retry.NEVER)
    assert words in outcome.failure.words
    account.clear()
    account.run()
    settled(account)


@pytest.mark.parametrize("words", REFUSALS)
@pytest.mark.parametrize(
    ("side", "command"), [("source", "EXAMINE"), ("destination", "SELECT"), ("source", "UID FETCH"), ("destination", "UID FETCH")]
)
def test_refused_folder_stops_that_folder_only(account: Rehearsal, side: str, command: str, words: str) -> None:
    outcome = _answered(account, side, Answer(command, words))
    assert outcome.failure is not None
    assert (outcome.status, outcome.failure.scope) == (RunStatus.COMPLETED_WITH_ERRORS, Scope.FOLDER)
    assert words in outcome.failure.words
    assert outcome.tally.refused == 13
    assert outcome.tally.copied == 3, "the folders that were not refused"
    account.clear()
    account.run(2)
    settled(account, 3)


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_refused_fetch_of_bodies_is_asked_again_for_each_message(account: Rehearsal, number: int) -> None:
    outcome = _answered(account, "source", Answer("UID FETCH", "NO [EXPUNGEISSUED] some are gone", number))
    assert (outcome.failure, outcome.tally.refused) == (None, 0)
    settled(account)


@pytest.mark.parametrize("words", REFUSALS)
def test_refused_create_takes_another_name_or_fails_that_folder(account: Rehearsal, words: str) -> None:
    outcome = _answered(account, "destination", Answer("CREATE", words, times=99))
    assert outcome.status is RunStatus.COMPLETED_WITH_ERRORS
    assert outcome.failure is not None
    assert outcome.failure.code == "folder-refused"
    assert outcome.tally.refused == 3
    account.clear()
    account.run(2)
    settled(account, 3)


@pytest.mark.parametrize("words", REFUSALS)
def test_refused_store_leaves_the_flags_to_the_next_run(account: Rehearsal, words: str) -> None:
    account.run()
    with account.source.filler(account.user) as filler:
        filler.store(("INBOX",), [1, 2], "+FLAGS", "\\Flagged")
        for path in (("INBOX",), ("Büro",)):
            filler.append(path, [Mail(b"Subject: new\r\n\r\n" + path[0].encode())])
    outcome = _answered(account, "destination", Answer("UID STORE", words), number=2)
    assert outcome.failure is not None
    assert outcome.failure.scope is Scope.FOLDER
    there = account.destination.snapshot(account.user)
    assert not account.source.snapshot(account.user).digests() - there.digests(), "the messages do not wait for their flags"
    account.clear()
    account.run(3)
    settled(account, 4)


def test_append_that_the_destination_never_takes_is_refused_message_by_message(account: Rehearsal) -> None:
    outcome = _answered(account, "destination", Answer("APPEND", "NO [CANNOT] not with me", times=999))
    assert outcome.status is RunStatus.COMPLETED_WITH_ERRORS
    account.clear()
    account.run(2)
    settled(account, 3)


@pytest.mark.parametrize(
    "words",
    [
        "NO [UNAVAILABLE] back in a minute",
        "NO [INUSE] somebody has it open",
        "NO Request is throttled. Suggested Backoff Time: 7000 milliseconds",
    ],
    ids=["UNAVAILABLE", "INUSE", "throttled"],
)
@pytest.mark.parametrize(
    ("side", "command"),
    [
        ("source", "LOGIN"),
        ("source", "LIST"),
        ("source", "EXAMINE"),
        ("source", "UID FETCH"),
        ("destination", "LOGIN"),
        ("destination", "CREATE"),
        ("destination", "SELECT"),
        ("destination", "APPEND"),
    ],
)
def test_what_says_later_is_waited_for(account: Rehearsal, side: str, command: str, words: str) -> None:
    outcome = _answered(account, side, Answer(command, words, times=2))
    assert outcome.failure is None
    assert account.pauses
    if "7000" in words:
        assert all(7 <= pause < 8 for pause in account.pauses), "the server's own time, and a little"
    settled(account)


def test_what_says_later_for_ever_is_given_back_in_the_end(account: Rehearsal) -> None:
    outcome = _answered(account, "destination", Answer("APPEND", "NO [UNAVAILABLE] later", times=9999))
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.retry) == ("server-busy", Retry.LATER)
    assert sum(account.pauses) <= 300
    account.clear()
    account.run()
    settled(account)


def test_appenduid_dropped(account: Rehearsal) -> None:
    outcome = _answered(account, "destination", Rewrite(rb"\[APPENDUID [^]]*\] "))
    assert outcome.failure is None
    settled(account)


def test_appenduid_dropped_and_the_line_cut(account: Rehearsal) -> None:
    plan: list[Rewrite | Answer] = [Rewrite(rb"\[APPENDUID [^]]*\] "), Answer("APPEND", "NO [UNAVAILABLE] later", 3)]
    assert _answered(account, "destination", *plan).failure is None
    settled(account)


def test_appenduid_dropped_and_the_source_line_cut(account: Rehearsal) -> None:
    """In the middle of a message, while the answers to two batches before it are still to be taken."""
    with account.source.filler(account.user) as filler:
        for path in FOLDERS:
            filler.delete(path, range(1, 30))
        small = [Mail(b"Message-ID: <%d@small>\r\nSubject: %d\r\n\r\ntext\r\n" % (number, number)) for number in range(8)]
        filler.append(("INBOX",), [TWIN, *small, Mail(b"Subject: large\r\n\r\n" + b"text\r\n" * 100_000)])
    plan = Rewrite(rb"\[APPENDUID [^]]*\] ")
    account.source.proxy.arm(Cut(Way.TO_CLIENT, 300_000))
    assert _answered(account, "destination", plan).failure is None
    assert account.source.proxy.fired
    settled(account)


@pytest.mark.parametrize("missing", [("MULTIAPPEND",), ("LITERAL+",), ("UIDPLUS",), ("MULTIAPPEND", "LITERAL+", "UIDPLUS")], ids="-".join)
def test_server_without_extensions_refuses_now_and_then(account: Rehearsal, missing: tuple[str, ...]) -> None:
    plan: list[Rewrite | Answer] = [*hide(*missing), Answer("APPEND", "NO not this time", 2), Answer("APPEND", "NO [UNAVAILABLE] later", 4)]
    account.destination.proxy.arm(*plan)
    assert account.run().failure is None
    assert len(account.destination.proxy.fired) == 2
    settled(account)


def test_poison_message_that_makes_the_destination_hang_up(account: Rehearsal) -> None:
    """It ends refused; all others arrive."""
    with account.source.filler(account.user) as filler:
        filler.append(("INBOX",), [type(TWIN)(b"Subject: innocent\r\n\r\nI come after it\r\n")])
    outcome = _answered(account, "destination", Poison(b"<twin@x>"))
    assert outcome.status is RunStatus.COMPLETED_WITH_ERRORS
    assert (outcome.tally.refused, outcome.tally.adopted) == (1, 1)
    assert account.verdict(OF_OTHERS) == Verdict(1, 0, 0)
    account.clear()
    account.run(2)
    settled(account, 3)


def test_poison_message_that_makes_the_source_hang_up(account: Rehearsal) -> None:
    outcome = _answered(account, "source", Poison(b"Subject: twin", Way.TO_CLIENT))
    assert outcome.status is not RunStatus.COMPLETED or account.verdict(OF_OTHERS) == FAULTLESS
    assert outcome.tally.refused <= 2
    account.clear()
    account.run(2)
    settled(account, 3)


class LateServer(Rehearsal):
    """The destination shows what it has refused only while we are back already."""

    timer: threading.Timer | None = None

    async def _sleep(self, seconds: float) -> None:
        if not self.pauses:
            self.timer = threading.Timer(self.longest + QUIET / 2, self._show)
            self.timer.start()
        await super()._sleep(seconds)

    def _show(self) -> None:
        letters = [Mail(letter.content, ("\\Seen",), letter.date) for letter in Letters("late").take(8)]
        with self.destination.filler(self.user) as filler:
            filler.append(("INBOX",), letters[4:])


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("code", ["[SERVERBUG] Internal error occurred", "[UNAVAILABLE] Temporary failure"])
def test_append_that_is_stored_a_moment_after_it_was_refused(
    fault_lines: tuple[Line, ...], fresh_user: Callable[[], str], code: str, together: bool
) -> None:
    source, destination = fault_lines
    account = LateServer(source, destination, fresh_user(), settings=Settings(batch_messages=8 if together else 4, together=together))
    account.longest = 2 * QUIET  # what the engine waits for is waited for
    account.clear()
    with source.filler(account.user) as filler:
        filler.append(("INBOX",), [Mail(letter.content, ("\\Seen",), letter.date) for letter in Letters("late").take(8)])
    if together:
        account.destination.proxy.arm(Answer("APPEND", f"NO {code}"))
    else:
        account.destination.proxy.arm(Answer("APPEND", f"NO {code}", 2))
    outcome = account.run()
    assert outcome.failure is None
    assert account.timer is not None
    account.timer.join()
    settled(account, foreign=Counter())


@pytest.mark.parametrize(
    "missing", [(), ("MULTIAPPEND",), ("UIDPLUS",), ("MULTIAPPEND", "UIDPLUS")], ids=lambda names: "-".join(names) or "all"
)
@pytest.mark.parametrize("number", [1, 2, 4])
def test_append_that_is_refused_and_stored_all_the_same(account: Rehearsal, missing: tuple[str, ...], number: int) -> None:
    """A NO without a reason: before the message is sent again, it is looked for."""
    account.settings = replace(account.settings, together=False)  # there the folder is gone through anew, and it is adopted
    lie = Answer("APPEND", "NO could not do that", number, 2, forward=True)
    account.destination.proxy.arm(*hide(*missing), lie)
    outcome = account.run()
    assert outcome.failure is None
    assert outcome.tally.refused == 0
    assert any(entry.action == "refused-and-stored" for entry in account.sink.entries)
    settled(account)
