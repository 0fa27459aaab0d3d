from __future__ import annotations

from fuzz.figures import Figures

OUTPUT = """INFO: Running with entropic power schedule (0xFF, 100).
#210	INITED cov: 804 ft: 1911 corp: 120/9Kb exec/s: 0 rss: 50Mb
#1890	NEW    cov: 860 ft: 2177 corp: 171/11311b lim: 571 exec/s: 630 rss: 53Mb L: 139/562 MS: 1 CopyPart-
#65536	pulse  cov: 861 ft: 2182 corp: 173/11567b lim: 600 exec/s: 641 rss: 52Mb
"""


def test_the_lines_of_a_run_become_figures() -> None:
    figures = Figures()
    for line in OUTPUT.splitlines():
        figures.take(line)
    assert figures == Figures(65536, 804, 861, 2182, 173, 641, 53)
    assert str(figures) == (
        "65,536 executions (641 a second), 861 branches (804 at first), 2182 features, 173 inputs kept, 53 MiB at the most"
    )


def test_trouble_is_named_by_its_first_line() -> None:
    figures = Figures()
    for line in (" === Uncaught Python exception: ===", "==17== ERROR: libFuzzer: fuzz target exited"):
        figures.take(line)
    assert figures.trouble == "an exception"
    figures = Figures()
    figures.take("==17== ERROR: libFuzzer: out-of-memory (used: 513Mb; limit: 512Mb)")
    assert figures.trouble == "out-of-memory (used: 513Mb; limit: 512Mb)"
