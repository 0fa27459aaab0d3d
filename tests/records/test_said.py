from __future__ import annotations

import pytest

from trasloco.plan.table import read
from trasloco.sentence import Sentence, sentence, sentence_of

pytestmark = pytest.mark.usefixtures("database")  # languages need Django to be set up


def in_italian(text: str) -> str:
    from django.utils import translation

    from trasloco.records.said import said

    with translation.override("it"):
        return said(text)


def test_a_servers_words_stay_as_they_are() -> None:
    assert in_italian("NO [AUTHENTICATIONFAILED] The file is empty.") == "NO [AUTHENTICATIONFAILED] The file is empty."


def test_figures_follow_the_language_and_names_do_not() -> None:
    pattern = "Split it into %(parts)s files of at most %(most)s lines each."
    assert in_italian(sentence(pattern, parts=2, most=12345)) == "Lo divida in 2 file di al massimo 12.345 righe ciascuno."
    words = sentence("Line %(line)s has the same destination: two mailboxes would be mixed in one.", line="1234")
    assert in_italian(words).startswith("La riga 1234 ha")


def test_one_and_many_follow_the_language() -> None:
    one, many = "There is %(n)s field instead of 4 or 5.", "There are %(n)s fields instead of 4 or 5."
    assert in_italian(sentence_of(one, many, 1)) == "C'è 1 campo invece di 4 o 5."
    assert in_italian(sentence_of(one, many, 7)) == "Ci sono 7 campi invece di 4 o 5."


def test_a_part_that_is_a_sentence_itself_is_said_too() -> None:
    why = sentence("certificate_file and thumbprint come together")
    words = in_italian(sentence("OAuth credentials: %(why)s.", why=why))
    assert words == "Credenziali OAuth: certificate_file e thumbprint vanno insieme."


@pytest.mark.parametrize(
    "broken", ["", "a;b", "a,b,c,d", 'x;y;z;"q', "a@b.example;imap://x;u;p", "a@b.example; ;u ;p", "%PDF-", "a@b.example;[1;u;p;"]
)
def test_every_problem_of_a_csv_has_italian_words(broken: str) -> None:
    table = read(broken.encode())
    assert table.problems
    for problem in (*table.problems, *table.warnings):
        for text in (problem.words, problem.remedy):
            assert isinstance(text, Sentence)
            assert in_italian(text) != text
