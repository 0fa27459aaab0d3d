"""Ctrl-C and SIGTERM while a command works: the first asks it to stop cleanly, the second ends it at once."""

from __future__ import annotations

import asyncio
import os
import signal
from types import TracebackType

from trasloco.project.exit_codes import ExitCode
from trasloco.project.screen import complain, interactive, say

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """``async with Interruption(words) as stop:``; ``stop`` is an event that the first signal sets.

    words: said at the first signal: what happens now; "" says nothing. insist: a second signal ends the process; under
    ``serve`` it does not, which ends us itself when we take too long, and whose signal may come beside that of a
    service manager. Works on the main thread's running loop.
    """

    def __init__(self, words: str, *, insist: bool = True) -> None:
        self._words = words
        self._insist = insist
        self.requested = asyncio.Event()

    async def __aenter__(self) -> asyncio.Event:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._signalled)
        return self.requested

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    def _signalled(self) -> None:
        if self.requested.is_set():
            if not self._insist:
                return
            os._exit(ExitCode.INTERRUPTED)  # whoever asks twice does not want to wait; the ledger survives a kill
        self.requested.set()
        # A live picture stays whole only when what is said goes above it, through the console that draws it.
        if self._words:
            (say if interactive() else complain)(self._words)
