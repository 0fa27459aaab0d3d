"""A command ends here, with words for a person and an exit status."""

from __future__ import annotations

from trasloco.project.exit_codes import ExitCode


class Halt(Exception):
    """Raised by a command that cannot go on; ``main`` prints ``words`` on standard error and ends with ``code``."""

    def __init__(self, words: str, code: ExitCode = ExitCode.BROKEN) -> None:
        super().__init__(words)
        self.words = words
        self.code = code
