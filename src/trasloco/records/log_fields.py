"""What a line of the log is about: migration, run, account, transfer, errand. Said once for a task, found by whoever writes the line.

They are ids and codes, never an address, a name or a secret: the fields are made to be searched for and counted elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_fields: ContextVar[Mapping[str, str | int]] = ContextVar("log_fields")


@contextmanager
def about(**fields: str | int) -> Iterator[None]:
    """Lines of this task, of the threads it waits for and of the tasks it starts are about this, too, as long as the block lasts."""
    token = _fields.set({**log_fields(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def task_is_about(**fields: str | int) -> None:
    """The same for the rest of this task, which is nobody else's."""
    _fields.set({**log_fields(), **fields})


def log_fields() -> Mapping[str, str | int]:
    """What holds here."""
    return _fields.get({})
