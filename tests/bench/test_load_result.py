from __future__ import annotations

from bench.load_plan import LARGE, SMALL, LoadPlan
from bench.load_result import Cap, LoadResult

PLAN = LoadPlan(migrations=2, accounts=5, arrivals=(0.0,))


def good() -> LoadResult:
    caps = [Cap("source", 8, 8), Cap("destination", 50, 3)]
    waited = {LARGE: [10.0, 30.0], SMALL: [1.0, 1.5]}
    return LoadResult(PLAN, "a machine", "today", states={"completed": 13}, caps=caps, waited=waited)


def test_a_result_that_is_as_it_has_to_be_has_no_faults() -> None:
    assert good().faults == []
    assert "| connections at once, source | 8 of 8 |" in good().lines()
    assert "| wait of Small Ltd, mean and longest | 1.2 s, 1.5 s |" in good().lines()


def test_each_thing_that_must_not_be_is_a_fault() -> None:
    lost = good()
    lost.differing = ["a@new.example: 1 messages lost"]
    unfinished = good()
    unfinished.states = {"completed": 12, "failed": 1}
    beyond = good()
    beyond.caps = [Cap("source", 8, 9)]
    unfair = good()
    unfair.waited[SMALL] = [0.5, 3.1]
    slow = good()
    slow.waited[SMALL] = [2.1, 2.1]
    found = [result.faults for result in (lost, unfinished, beyond, unfair, slow)]
    assert [len(faults) for faults in found] == [1, 1, 1, 1, 1]
    assert "9 connections at once, 8 are allowed" in found[2][0]
    assert "longest wait" in found[3][0]
    assert "mean wait" in found[4][0]
