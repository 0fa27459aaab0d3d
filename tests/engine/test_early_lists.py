from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.test_round_trips import TWENTY, distant, fill, mails
from trasloco.engine import account_run, early_lists
from trasloco.engine.early_lists import EarlyLists
from trasloco.engine.fate import Tally
from trasloco.engine.session import Session
from trasloco.engine.small_folder import SmallFolder
from trasloco.imap.values import Mailbox, Selected
from trasloco.testing.dovecot import Dovecot


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each folder that asked for its list, whether there was one already."""
    found: list[bool] = []
    take = EarlyLists.take

    def asking(early: EarlyLists, name: bytes) -> object:
        answer = take(early, name)
        found.append(answer is not None)
        return answer

    monkeypatch.setattr(EarlyLists, "take", asking)
    return found


def test_far_away_all_lists_are_there_when_the_folders_are_made(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str, taken: list[bool]
) -> None:
    with distant(dovecot_source, dovecot_destination, user, 0.03) as (account, _, _):
        fill(account, 3)
        assert account.run(1).tally == Tally(copied=3 * len(TWENTY))
        assert taken.count(True) == len(TWENTY)
    assert account.source().messages() == account.destination().messages()


def test_they_are_dropped_where_something_goes_by_itself(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str, taken: list[bool]
) -> None:
    """The destination's INBOX holds mail: it goes first, and the others are listed after it."""
    with distant(dovecot_source, dovecot_destination, user, 0.03) as (account, _, _):
        fill(account, 3)
        with account.destination_filler() as filler:
            filler.append(("INBOX",), mails(1, "INBOX"))
        assert account.run(1).tally == Tally(copied=3 * len(TWENTY) - 1, adopted=1)
        assert not any(taken)
    assert account.source().digests() == account.destination().digests()


@pytest.mark.parametrize("distance", [0.0, 0.03])
def test_near_by_none_are_asked_for(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str], distance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    begin = early_lists.EarlyLists.__init__

    def counting(early: EarlyLists, session: Session, tree: list[Mailbox]) -> None:
        made.append(1)
        begin(early, session, tree)

    monkeypatch.setattr(early_lists.EarlyLists, "__init__", counting)
    if not distance:
        monkeypatch.setattr(account_run, "FAR", 5.0)  # a busy machine may be far from itself
    with distant(dovecot_source, dovecot_destination, fresh_user(), distance) as (account, _, _):
        fill(account, 1)
        assert account.run(1).tally == Tally(copied=len(TWENTY))
        assert bool(made) == bool(distance)
        assert account.run(2).tally == Tally(adopted=len(TWENTY))
        assert len(made) <= 1, "a further run knows its folders"


def test_nobody_waits_for_the_list_of_a_folder_that_stays(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trash was listed early too and is left out; a folder that got mail meanwhile goes by itself, behind all that were listed before."""
    is_plain, late = SmallFolder._is_plain, mails(1, "late")

    with distant(dovecot_source, dovecot_destination, user, 0.03) as (account, _, _):

        def late_in_one(folder: SmallFolder, source: Selected, destination: Selected) -> bool:
            if folder.record.source_name != b"INBOX":
                return is_plain(folder, source, destination)
            with account.source_filler() as filler:
                filler.append(("INBOX",), [late.pop()])
            return False

        monkeypatch.setattr(SmallFolder, "_is_plain", late_in_one)
        fill(account, 2)
        with account.source_filler() as filler:
            filler.append(("Trash",), mails(2, "Trash"))
        assert account.run(1).tally.copied == 2 * len(TWENTY) + 1
        assert not late
