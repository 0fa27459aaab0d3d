"""``make film``: docs/pictures/demo.webp, and demo.png for whoever wants no motion. Takes two minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tools.film.performance import performed
from tools.film.reel import BAR, BODY, WIDTH, Reel
from tools.film.terminal import screens
from tools.film.tour import Bar, Tour
from trasloco.testing.chromium import Chromium

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
FILM, STILL = PICTURES / "demo.webp", PICTURES / "demo.png"
MOST_BYTES = 1_500_000
TERMINAL_SECONDS = 11.0  # what the demo takes is made so short
_LONGEST = 0.5  # seconds of silence that are kept of a longer one
_TICK = 0.1  # seconds; what changes faster is seen as one change
_KEY = 90  # milliseconds
_SMALLER = 0.875  # of the panel's pages, so that their tables fit
_STAGE = f"""<!doctype html><meta charset="utf-8"><style>
  * {{ margin: 0; box-sizing: border-box }}
  body {{ width: {WIDTH}px; background: #12161c; font-family: "DejaVu Sans", sans-serif }}
  #bar {{ height: {BAR}px; background: #2a323e; color: #c9d1dc; font-size: 14px; line-height: {BAR}px; text-align: center }}
  #bar {{ position: relative }}
  #bar i {{ position: absolute; top: 11px; width: 12px; height: 12px; border-radius: 6px; background: #566273 }}
  #screen {{ height: {BODY}px; padding: 9px 28px; color: #d5dbe4; white-space: pre; overflow: hidden }}
  #screen {{ font: 15px/20px "DejaVu Sans Mono", monospace }}
</style>
<div id="bar"><i style="left:14px"></i><i style="left:34px"></i><i style="left:54px"></i><span id="title"></span></div>
<div id="screen"></div>"""


def main() -> None:
    reel = Reel()
    found = Chromium.obtain()
    with performed() as played, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.program, args=list(found.arguments), env={**found.environment})
        stage = browser.new_page(viewport={"width": WIDTH, "height": BAR + BODY})
        stage.set_content(_STAGE)
        bar = Bar(stage)
        _type(stage, bar, reel, "$ make demo")
        for html, seconds in _paced(list(screens(played.written))):
            _show(stage, html.replace(played.password, "•" * len(played.password)))
            reel.add(bar.draw("make demo"), _screen(stage), seconds * 1000)
        reel.durations[-1] += 2000
        still = len(reel.frames) - 1
        seen = {"width": round(WIDTH / _SMALLER), "height": round(BODY / _SMALLER)}
        context = browser.new_context(viewport=seen, device_scale_factor=_SMALLER, locale="en-GB", color_scheme="light")
        Tour(context.new_page(), played, reel, bar).walk()
        browser.close()
    reel.write(FILM)
    reel.write_still(STILL, still)
    size = FILM.stat().st_size
    print(f"{os.path.relpath(FILM)}: {reel.seconds:.0f} seconds, {len(reel.frames)} pictures, {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"the film is larger than {MOST_BYTES:,} bytes")


def _type(stage: Page, bar: Bar, reel: Reel, words: str) -> None:
    for count in range(2, len(words) + 1):
        _show(stage, words[:count] + "▏")
        reel.add(bar.draw("make demo"), _screen(stage), _KEY)
    reel.durations[-1] += 500


def _paced(shown: list[tuple[float, str]]) -> Iterator[tuple[str, float]]:
    """Contents and how long each stays: silences cut, then all of it brought to its length."""
    ticks: list[tuple[float, str]] = []
    for at, html in shown:
        if ticks and at - ticks[-1][0] < _TICK:
            ticks[-1] = (ticks[-1][0], html)
        elif not ticks or html != ticks[-1][1]:
            ticks.append((at, html))
    stays = [min(_LONGEST, after[0] - before[0]) for before, after in zip(ticks, [*ticks[1:], (ticks[-1][0] + _LONGEST, "")], strict=True)]
    scale = min(1.0, TERMINAL_SECONDS / sum(stays))
    yield from ((html, stay * scale) for (_at, html), stay in zip(ticks, stays, strict=True))


def _show(stage: Page, html: str) -> None:
    stage.evaluate("html => { document.getElementById('screen').innerHTML = html; }", html)


def _screen(stage: Page) -> bytes:
    return stage.locator("#screen").screenshot()


if __name__ == "__main__":
    main()
