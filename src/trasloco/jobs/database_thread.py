"""Django's side of the database from the event loop: one thread, one connection, given back after each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a verb or query of ``records`` (synchronous, Django's ORM) without holding up the event loop.

    A connection that broke in an earlier call is dropped before, ours goes back to the pool after.
    """

    def call() -> T:
        close_old_connections()
        try:
            return verb(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(call)()
