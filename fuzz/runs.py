"""One run of one target: the process, its log, its figures, what it found."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from fuzz.figures import Figures
from fuzz.targets import TARGETS

_ROOT = Path(__file__).parents[1]


class Run:
    """``start``, then ``look`` until ``over``. directory: holds the corpus (kept from run to run), the log, what was found."""

    def __init__(self, name: str, directory: Path, *, seconds: int, memory: int, timeout: int) -> None:
        self.name = name
        self.figures = Figures()
        self.directory = directory / name
        self.log = self.directory / "log.txt"
        self._found = self.directory / "found"
        self._found.mkdir(parents=True, exist_ok=True)
        self._before = set(self._found.iterdir())
        self._options = [
            f"-max_total_time={seconds}",
            f"-rss_limit_mb={memory}",
            f"-timeout={timeout}",
            f"-artifact_prefix={self._found}/",
            "-print_final_stats=1",
        ]
        self._began = 0.0
        self._read = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """In the background; its output goes to the log."""
        command = [sys.executable, "-m", "fuzz.one", self.name, *self._options, str(self.directory / "corpus")]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._began = time.monotonic()

    def look(self) -> None:
        """Take what the log says since the last time."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            self.figures.take(line)

    @property
    def over(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    def stop(self) -> None:
        """End the process, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    @property
    def found(self) -> list[Path]:
        """Inputs of this run that break the target, hang it or make it grow."""
        return sorted(set(self._found.iterdir()) - self._before)

    @property
    def well(self) -> bool:
        """Whether it came to its end and found nothing."""
        assert self._process is not None
        return self._process.poll() == 0 and not self.found

    def __str__(self) -> str:
        minutes = (time.monotonic() - self._began) / 60
        return f"{self.name}: {minutes:.0f} min, {self.figures}"

    def end(self) -> str:
        """How it ended, for people."""
        if self.well:
            return f"{self.name}: nothing found in {self.figures}"
        what = self.figures.trouble or "no end that was meant"
        inputs = ", ".join(map(str, self.found)) or "no input was kept"
        return f"{self.name} ({TARGETS[self.name].words}): FOUND {what}; {inputs}; the log is {self.log}"
