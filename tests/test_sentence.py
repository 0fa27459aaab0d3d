from __future__ import annotations

from trasloco.sentence import sentence, sentence_of


def test_it_is_an_english_string_and_remembers_its_parts() -> None:
    made = sentence("The file has %(all)s accounts; line %(line)s is the first of %(name)s.", all=12345, line="1234", name="example.net")
    assert made == "The file has 12,345 accounts; line 1234 is the first of example.net."
    assert made.pattern.startswith("The file has %(all)s accounts")
    assert made.values == {"all": 12345, "line": "1234", "name": "example.net"}


def test_without_blanks_a_per_cent_sign_is_one() -> None:
    assert sentence("90% of it") == "90% of it"


def test_a_number_chooses_between_one_and_many() -> None:
    assert sentence_of("%(n)s field", "%(n)s fields", 1) == "1 field"
    assert sentence_of("%(n)s field", "%(n)s fields", 1000) == "1,000 fields"
    assert sentence_of("%(n)s field", "%(n)s fields", 0) == "0 fields"
