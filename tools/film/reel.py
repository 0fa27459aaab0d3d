"""The film strip: pictures with how long each stays, written as an animated WebP that ends where it ends."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

WIDTH, BODY, BAR = 960, 616, 34  # pixels; a picture is a bar with a title, and a body below
LEAST = 40  # milliseconds; browsers show shorter ones as long ones


@dataclass
class Reel:
    """frames: pictures of one size. durations: of each, in milliseconds."""

    frames: list[Image.Image] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)

    def add(self, bar: bytes, body: bytes, milliseconds: float) -> None:
        """bar, body: as PNG. A picture that is the same as the one before makes that stay longer."""
        frame = Image.new("RGB", (WIDTH, BAR + BODY))
        frame.paste(Image.open(io.BytesIO(bar)), (0, 0))
        frame.paste(Image.open(io.BytesIO(body)), (0, BAR))
        if self.frames and frame.tobytes() == self.frames[-1].tobytes():
            self.durations[-1] += round(milliseconds)
        else:
            self.frames.append(frame)
            self.durations.append(max(LEAST, round(milliseconds)))

    @property
    def seconds(self) -> float:
        return sum(self.durations) / 1000

    def write(self, path: Path) -> None:
        """It plays twice and stops: what moves for ever beside a text keeps people from reading it."""
        first, *others = self.frames
        options = {"quality": 80, "method": 6, "minimize_size": True, "allow_mixed": True}
        first.save(path, "WEBP", save_all=True, append_images=others, duration=self.durations, loop=2, **options)

    def write_still(self, path: Path, index: int) -> None:
        """One picture of it, with few colours."""
        self.frames[index].quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
