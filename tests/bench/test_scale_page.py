"""Figures of many workers and accounts are kept, judged and shown, and the rest of the page stays."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from bench.load_plan import LARGE, SMALL, LoadPlan
from bench.load_result import Cap, LoadResult
from bench.queue_cost import CostPoint
from bench.scale_page import HEADING, write_scale
from bench.scale_results import ScaleResults
from bench.worker_scale import ScalePlan, ScalePoint

TEXT = "{http://www.w3.org/2000/svg}text"


def results() -> ScaleResults:
    plan = LoadPlan(migrations=2, accounts=5, arrivals=(0.0,))
    waited = {LARGE: [10.0, 30.0], SMALL: [1.0, 1.5]}
    test = LoadResult(plan, "a machine", "today", states={"completed": 13}, caps=[Cap("destination", 50, 9)], waited=waited)
    workers = [ScalePoint(1, 100.0, 4000.0), ScalePoint(2, 52.0, 7700.0), ScalePoint(4, 27.0, 14_400.0)]
    costs = [CostPoint(accounts, window, 30, 9.0, 6.5, 250.0, 3.0) for accounts in (100, 50_000) for window in ("first", "last")]
    return ScaleResults("a machine", note="On an idle one.", load_test=test, scale_plan=ScalePlan(), workers=workers, costs=costs)


def test_figures_that_are_kept_are_the_same_again(tmp_path: Path) -> None:
    wanted = results()
    wanted.save(tmp_path / "load.json")
    assert ScaleResults.load(tmp_path / "load.json") == wanted


def test_less_than_nine_tenths_of_the_proportion_is_a_fault() -> None:
    found = results()
    assert found.disproportions() == []
    found.workers[2] = ScalePoint(4, 29.0, 14_300.0)
    assert found.disproportions() == ["4 workers have only 89% of 4 times one worker's throughput"]
    found.workers[2] = ScalePoint(4, 27.0, 14_400.0, "w4-1: 1 messages lost")
    assert found.disproportions() == ["4 workers: w4-1: 1 messages lost"]


def test_points_measured_again_replace_the_earlier_ones() -> None:
    found = results()
    found.add([CostPoint(100, "first", 30, 8.0, 6.0, 240.0, 3.0)])
    assert [(point.accounts, point.window, point.client) for point in found.costs] == [
        (100, "first", 8.0),
        (100, "last", 9.0),
        (50_000, "first", 9.0),
        (50_000, "last", 9.0),
    ]


def test_the_section_is_written_in_its_place_with_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Benchmarks\n\nbefore\n\n{HEADING}\n\nold figures\n\n## What follows\n\nafter\n", "utf-8")
    for _ in range(2):
        write_scale(results(), tmp_path)
    text = page.read_text("utf-8")
    assert text.startswith("# Benchmarks\n\nbefore\n\n")
    assert text.endswith("\n\n## What follows\n\nafter\n")
    assert text.count(HEADING) == 1
    assert "old figures" not in text
    assert "| connections at once, destination | 9 of 50 |" in text
    assert "| 4 | 27.0 | 14.1 | 9% | 90% | yes |" in text
    assert "| 50,000 | last | 30 | 9.0 | 6.5 | 250 | 3 |" in text
    for name, words in (("workers", {"1", "2", "4", "measured"}), ("accounts", {"100", "50,000", "worker, first"})):
        picture = ElementTree.parse(tmp_path / "pictures" / f"bench-{name}.svg")
        assert words <= {element.text for element in picture.iter(TEXT)}
