from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.corpora import FEW, TWENTY_FOLDERS, Corpus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot


def filled(server: Dovecot, corpus: Corpus, user: str, *, changes: int = 0) -> Snapshot:
    with MailboxFiller(server.host, server.port, user, server.password) as filler:
        corpus.fill(filler, "the same name", 0.01)
        for number in range(changes):
            corpus.add(filler, "the same name", 0.01, number)
    return Snapshot.read(server.host, server.port, user, server.password)


@pytest.mark.parametrize("corpus", [FEW, TWENTY_FOLDERS], ids=lambda corpus: corpus.name)
def test_the_same_seed_gives_the_same_mail(dovecot_source: Dovecot, fresh_user: Callable[[], str], corpus: Corpus) -> None:
    one, other = (filled(dovecot_source, corpus, fresh_user(), changes=1) for _ in range(2))
    assert one.messages() == other.messages()
    assert one.total > corpus.count(0.01)


def test_between_two_runs_something_is_new_and_something_has_other_flags(dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    before = filled(dovecot_source, TWENTY_FOLDERS, fresh_user())
    after = filled(dovecot_source, TWENTY_FOLDERS, fresh_user(), changes=1)
    assert after.total == before.total + 2
    changed = after.messages() - before.messages()
    assert changed.total() > 2, "no flag was changed"


def test_a_corpus_has_the_size_it_is_asked_for() -> None:
    assert (FEW.count(1), FEW.count(0.0001)) == (600, 200)
