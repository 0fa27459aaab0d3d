from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from trasloco.testing.dovecot import Dovecot
from trasloco.testing.living_mailbox import LivingMailbox
from trasloco.testing.rehearsal import FAULTLESS, Verdict, lines


@pytest.mark.parametrize("seed", [3, 4])
def test_a_mailbox_that_its_owner_goes_on_using_is_moved_whole(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str], seed: int
) -> None:
    with lines(dovecot_source, dovecot_destination) as (source, destination):
        life = LivingMailbox(source, destination, fresh_user(), random.Random(seed)).live()
    assert (life.verdict, life.settled) == (FAULTLESS, True), life.history
    assert life.messages > 10
    assert len(life.history) > 1


def test_what_is_taken_away_or_put_there_a_second_time_is_seen(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = fresh_user()
    with lines(dovecot_source, dovecot_destination) as (source, destination):
        mailbox = LivingMailbox(source, destination, user, random.Random(5))
        judge = mailbox._verdict

        def spoil() -> Verdict:
            there = destination.snapshot(user)
            path = max(there.folders, key=lambda path: len(there.folders[path]))
            uids = [entry.uid for entry in there[path]]
            with destination.filler(user) as filler:
                filler.create(("Elsewhere",))
                filler.move(path, uids[:2], ("Elsewhere",))
                filler.store(path, uids[-1:], "+FLAGS", "$Odd")
            return judge()

        monkeypatch.setattr(mailbox, "_verdict", spoil)
        assert mailbox.live().verdict == Verdict(2, 0, 1)
