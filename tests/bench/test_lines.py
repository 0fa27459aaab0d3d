from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bench.curve_results import CurveResult, Point
from bench.curves import CURVES
from bench.lines import lines
from bench.results import Round

SVG = "{http://www.w3.org/2000/svg}"


def picture(name: str, values: tuple[int, ...]) -> ElementTree.Element:
    points = [Point(value, 10, 2**20, 0.0, Round(1.0 + value, 0.5, 0.2, 90 << 20)) for value in values]
    failed = Point(values[-1] + 1, 10, 2**20, 0.0, Round(failure="no"))
    return ElementTree.fromstring(lines(CurveResult(name, "today", [*points, failed])))


@pytest.mark.parametrize("name", [curve.name for curve in CURVES])
def test_every_curve_is_drawn_within_the_picture_without_what_failed(name: str) -> None:
    values = next(curve.values for curve in CURVES if curve.name == name)
    root = picture(name, values)
    drawn = root.findall(f"{SVG}polyline")
    assert [len(line.attrib["points"].split()) for line in drawn][-1] == len(values), "memory at every point that came through"
    for line in drawn:
        for place in line.attrib["points"].split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= 760
            assert 70 <= y <= 250


def test_one_point_alone_is_a_picture_too() -> None:
    assert len(picture("messages", (1000,)).findall(f"{SVG}circle")) >= 4


def test_the_memory_is_drawn_from_nothing_so_that_flat_looks_flat() -> None:
    texts = [element.text for element in picture("accounts", (1, 500)).iter(f"{SVG}text")]
    assert "0" in texts
    assert {"1", "500", "wall", "client", "database", "destination"} <= set(texts)
