from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trasloco.imap import utf7
from trasloco.plan.naming import LONGEST_LEVEL, alternatives, fit_level, shorten


def tries(*levels: str, words: str = "", fixed: int = 0, base: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [attempt.levels for attempt in alternatives(levels, words, fixed=fixed, base=base)]


@given(st.text(max_size=300), st.sampled_from(["/", ".", "_", "\\", None]))
def test_a_fitted_level_can_be_sent_and_is_fitted_for_good(level: str, delimiter: str | None) -> None:
    fitted, reasons = fit_level(level, delimiter)
    assert 0 < len(utf7.encode(fitted)) <= LONGEST_LEVEL
    assert delimiter is None or delimiter not in fitted
    assert bool(reasons) == (fitted != level)
    assert fit_level(fitted, delimiter) == (fitted, ())


def test_a_cut_name_keeps_its_beginning_and_a_checksum() -> None:
    cut = shorten("a" * 300)
    assert cut.startswith("a" * 150)
    assert cut != shorten("a" * 301)
    assert shorten("short", " (2)") == "short (2)"
    assert shorten("ü" * 300, " (2)").endswith(" (2)")


def test_least_change_comes_first() -> None:
    found = tries(" a.b%c ")
    assert found[:3] == [("a.b%c",), (" a_b%c ",), (" a.b_c ",)]
    assert found[-2:] == [("a_b_c",), (found[-1][0],)]
    assert found[-1][0].startswith("folder-")


def test_each_class_of_characters_has_its_turn() -> None:
    found = {levels[0] for levels in tries('~"\\&\u200b😀é')}
    assert {"~_\\&\u200b😀é", '_"\\&\u200b😀é', '~"\\_\u200b😀é', '~"\\&_😀é', '~"\\&\u200b_é'} <= found
    assert "_______" in found


def test_a_character_the_server_names_is_replaced_first() -> None:
    assert tries("a^b", words="Character not allowed in mailbox name: '^'")[0] == ("a_b",)
    told = [attempt.words for attempt in alternatives(("don't",), "can't do that, it isn't allowed")]
    assert not any("the server named" in words for words in told)


def test_parents_that_exist_are_not_touched() -> None:
    assert all(levels[0] == "a.b" for levels in tries("a.b", "c.d", fixed=1)[:-1])
    assert tries("a.b", "c.d", fixed=2) == tries("a.b", "c.d", fixed=1)


def test_below_inbox_the_top_level_is_tried() -> None:
    assert ("x", "y") in tries("INBOX", "x", "y", fixed=1)
    assert ("x", "y") not in tries("INBOX", "x", "y", fixed=1, base=("INBOX",))
    assert all(levels[0] == "INBOX" for levels in tries("INBOX", "x:", base=("INBOX",)))


@given(st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=3), st.integers(0, 3), st.text(max_size=20))
def test_attempts_differ_and_are_always_the_same(levels: list[str], fixed: int, words: str) -> None:
    found = tries(*levels, words=words, fixed=fixed)
    assert found == tries(*levels, words=words, fixed=fixed)
    assert len(set(found)) == len(found)
    assert tuple(levels) not in found
    assert found
