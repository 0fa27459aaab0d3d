"""A curve is measured between two real Dovecots; picture and table are made of what was measured."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.curve_page import write_curves
from bench.curve_results import CurveResults
from bench.curves import CURVES
from bench.growth import Growth
from bench.page import CURVES_HEADING

TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.mark.timeout(180)
def test_a_curve_is_measured_and_its_picture_and_table_are_made_of_the_figures(tmp_path: Path) -> None:
    folders = next(curve for curve in CURVES if curve.name == "folders")
    results, said = CurveResults("a machine"), list[str]()
    file = tmp_path / "curves.json"
    with Growth(said.append, lambda: results.save(file)) as growth:
        growth.measure(folders, (1, 10), results.of("folders"))
    kept = CurveResults.load(file)
    assert kept == results
    points = kept.of("folders").points
    assert [(point.value, point.messages) for point in points] == [(1, 1), (10, 10)]
    for point in points:
        assert (point.measured.failure, point.measured.difference) == ("", "")
        assert point.measured.client > 0
        assert point.measured.memory > 20 << 20
    assert sum("exact" in line for line in said) == 2

    (tmp_path / "pictures").mkdir()
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Benchmarks\n\n{CURVES_HEADING}\n\nold figures\n", "utf-8")
    write_curves(kept, tmp_path)
    text = page.read_text("utf-8")
    assert text.startswith("# Benchmarks\n")
    assert text.count(CURVES_HEADING) == 1
    assert "old figures" not in text
    assert "| 10 | 10 |" in text
    picture = ElementTree.parse(tmp_path / "pictures" / "curve-folders.svg")
    assert {"1", "10", "milliseconds for one folder"} <= {element.text for element in picture.iter(TEXT)}
