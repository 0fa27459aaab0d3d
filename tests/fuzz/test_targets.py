"""The targets themselves, without atheris: their seeds, and every input that ever broke one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.targets import FOUND, TARGETS
from trasloco.imap.body_stream import BodyStream

FOUND_CASES = sorted(path for path in FOUND.rglob("*") if path.is_file())


@pytest.mark.parametrize("case", FOUND_CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_is_mended(case: Path) -> None:
    TARGETS[case.parent.name].check()(case.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_break_nothing(name: str) -> None:
    target = TARGETS[name]
    check, seeds = target.check(), target.seeds()
    assert len(seeds) >= 5
    for seed in seeds[:60]:
        check(seed[: target.longest])


@pytest.mark.parametrize("name", TARGETS)
def test_tokens_fit_into_a_dictionary_of_libfuzzer(name: str) -> None:
    assert all(0 < len(token) <= 64 for token in TARGETS[name].tokens())


def test_a_difference_between_the_readings_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    original = BodyStream._take_many

    def forgetful(self: BodyStream, data: bytes, position: int) -> int:
        taken = original(self, data, position)
        if taken > position:
            self._queue.pop()
        return taken

    monkeypatch.setattr(BodyStream, "_take_many", forgetful)
    with pytest.raises(AssertionError, match="in bulk"):
        TARGETS["parser"].check()(b"\0\0* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nt1 OK done\r\nt2 OK done\r\n")
