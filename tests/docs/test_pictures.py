"""The pictures of the documents: those that pages name are there, the tests take them, and they are small."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from tools.pictures import PICTURES, named, shrink, taken

FILM = {"demo.webp", "demo.png"}
MOST_BYTES = 2_000_000


def test_every_picture_that_a_page_names_is_there_and_no_other() -> None:
    assert {path.name for path in PICTURES.iterdir()} == named()


def test_every_picture_is_taken_by_the_journey_drawn_by_the_benchmarks_or_of_the_film() -> None:
    drawn = {name for name in named() if re.fullmatch(r"bench-[\w-]+\.svg", name)}
    assert drawn
    assert named() - drawn - FILM <= taken()


def test_all_pictures_together_are_small() -> None:
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < MOST_BYTES


def test_the_film_moves_for_less_than_half_a_minute_and_stops() -> None:
    with Image.open(PICTURES / "demo.webp") as film:
        frames = getattr(film, "n_frames", 1)
        seconds = 0.0
        for number in range(frames):
            film.seek(number)
            film.load()
            seconds += film.info["duration"] / 1000
        assert film.info["loop"] == 2
        assert film.size[0] <= 1000
    assert frames > 50
    assert 15 <= seconds <= 30


def test_a_picture_made_small_shows_the_same(tmp_path: Path) -> None:
    large = Image.new("RGB", (300, 200), "#f6f7f9")
    large.paste("#146c43", (10, 10, 120, 60))
    large.save(tmp_path / "large.png")
    shrink(tmp_path / "large.png", tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small:
        assert small.size == large.size
        assert small.convert("RGB").getpixel((50, 30)) == large.getpixel((50, 30))
