"""What libFuzzer says of a run, as numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS = re.compile(r"#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+) corp: (\d+)/\S+.*?exec/s: (\d+) rss: (\d+)Mb")
_EXCEPTION = re.compile(r"(?:=== Uncaught Python exception: ===|==\d+== ?ERROR: libFuzzer: (.*))")


@dataclass(slots=True)
class Figures:
    """executions: so far. first_covered, covered: branches at the beginning and now. features: finer than branches; both grow
    while there is something new. inputs: kept in the corpus. a_second: executions. memory: the most so far, MiB. trouble: what
    was found, "" if nothing."""

    executions: int = 0
    first_covered: int = 0
    covered: int = 0
    features: int = 0
    inputs: int = 0
    a_second: int = 0
    memory: int = 0
    trouble: str = ""

    def take(self, line: str) -> None:
        """One line of the output; what is no status line changes nothing."""
        if (match := _STATUS.match(line)) is not None:
            self.executions, self.covered, self.features = int(match[1]), int(match[3]), int(match[4])
            self.inputs, self.a_second = int(match[5]), int(match[6])
            self.memory = max(self.memory, int(match[7]))
            if match[2] == "INITED":
                self.first_covered = self.covered
        elif (found := _EXCEPTION.search(line)) is not None:
            self.trouble = self.trouble or (found[1] or "an exception")

    def __str__(self) -> str:
        return (
            f"{self.executions:,} executions ({self.a_second:,} a second), {self.covered} branches ({self.first_covered} at first), "
            f"{self.features} features, {self.inputs} inputs kept, {self.memory} MiB at the most"
        )
