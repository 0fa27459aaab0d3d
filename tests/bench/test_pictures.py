from __future__ import annotations

from xml.etree import ElementTree

from bench.pictures import bars
from bench.results import CellResult, MoverResult, Round


def test_a_picture_has_a_bar_for_each_who_came_through_and_names_in_plain_text() -> None:
    movers = [
        MoverResult("trasloco", "Trasloco", [Round(1.0), Round(2.0)]),
        MoverResult("mbsync", "mbsync & <friends>", [Round(4.0)]),
        MoverResult("doveadm", "doveadm backup", [Round(failure="no")]),
    ]
    root = ElementTree.fromstring(bars(CellResult("small", "small messages", "first run", 10, 2**20, 2, movers)))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "mbsync & <friends>" in texts
    assert "1.50 s" in texts
    assert not any("doveadm" in (text or "") for text in texts)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}line"))) == 2
