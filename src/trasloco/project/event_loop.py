"""One way to run asynchronous work from a command: on uvloop where it exists."""

from __future__ import annotations

import asyncio
import gc
import importlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


_COLLECT_AFTER = (20_000, 20, 20)
"""Objects made and not let go before the youngest are looked through for cycles, and how often a generation is before the next older
one. By default it is 700: rows of a batch live until its answer, so most of them would be looked at for nothing, again and again."""


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run ``work`` to its end on a new event loop and return its result.

    What the start has made (modules, Django, settings) stays for good: the garbage collector does not look at it again.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    except ImportError:  # Windows has none
        return asyncio.new_event_loop
    return factory
