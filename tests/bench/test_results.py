from __future__ import annotations

from pathlib import Path

from bench.results import CellResult, MoverResult, Results, Round, table


def cell() -> CellResult:
    floor = MoverResult("floor-1", "floor, 1 connection", [Round(seconds, 0.1, 0.5, 2**24) for seconds in (3.0, 1.0, 2.0)])
    ours = MoverResult("trasloco", "Trasloco", [Round(2.5, 0.1, 0.5, 2**26, (5, 6)), Round(failure="it broke")])
    return CellResult("small", "small messages", "first run", 10, 2**20, 2, [floor, ours])


def test_medians_spread_and_the_ratio_to_the_better_floor() -> None:
    found = cell()
    assert found.floor == 2.0
    assert found.of("floor-1").spread == (1.0, 3.0)
    assert found.of("trasloco").median("seconds") == 2.5
    text = table(found)
    assert "1.25 x floor" in text
    assert "it broke" in text, "a round that failed is not passed over"


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    results = Results("a machine", "today", 0.1, 3, "alone on it", [cell()])
    results.save(tmp_path / "figures.json")
    assert Results.load(tmp_path / "figures.json") == results


def test_a_cell_measured_again_replaces_its_figures() -> None:
    results = Results("a machine", "today", 0.1, 3)
    results.add(cell())
    again = cell()
    again.messages = 20
    results.add(again)
    assert [each.messages for each in results.cells] == [20]
