"""The page's table of hostile servers says what is tried, and how it ends: ``python -m tests.hostile.test_page`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.attack import KINDS, cases
from tests.hostile.outcomes import OUTCOMES
from trasloco.testing.hostile.behaviour import BEHAVIOURS, Behaviour

PAGE = Path(__file__).parents[2] / "docs/security.md"
BEGIN, END = "<!-- hostile servers: written by tests/hostile/test_page.py -->\n", "<!-- end of hostile servers -->\n"


def table() -> str:
    """A table for each kind of behaviour."""
    parts = []
    for module in KINDS:
        behaviours = [behaviour for behaviour in BEHAVIOURS.values() if behaviour.act.__module__ == module.__name__]
        parts.append(f"### {(module.__doc__ or '').strip().rstrip('.')}\n")
        parts.append("| the server | what bounds it | as the source | as the destination | name |\n|---|---|---|---|---|")
        parts.extend(_row(behaviour) for behaviour in behaviours)
        parts.append("")
    return "\n".join(parts) + "\n"


def _row(behaviour: Behaviour) -> str:
    outcome = OUTCOMES[behaviour.name]
    sides = (_ends(outcome.on(side)) for side in ("source", "destination"))
    words = behaviour.words.rstrip(".")
    return f"| {words[0].lower() + words[1:]} | {outcome.words} | {' | '.join(sides)} | `{behaviour.name}` |"


def _ends(outcome: str) -> str:
    return " or ".join(map(_end, outcome.split(" or "))) or "·"


def _end(outcome: str) -> str:
    return f"[`{outcome}`](errors.md#{outcome})" if "-" in outcome or outcome in ("silent", "standstill") else outcome.replace("_", " ")


def test_there_are_at_least_40_behaviours_and_each_has_its_outcome() -> None:
    assert len(BEHAVIOURS) >= 40
    assert set(OUTCOMES) == set(BEHAVIOURS)
    for name, side in cases():
        assert OUTCOMES[name].on(side), f"no outcome of {name} as the {side}"
    for name, outcome in OUTCOMES.items():
        tried = {side for side in ("source", "destination") if outcome.on(side)}
        assert tried == set(BEHAVIOURS[name].sides), f"{name} has an outcome where it is not tried"


def test_the_page_says_the_same() -> None:
    text = PAGE.read_text("utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == table(), "run python -m tests.hostile.test_page"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.partition(END)[2], encoding="utf-8")
