"""Where a worker is asked how it is: ``/healthz`` and ``/readyz`` on an address of their own, answered by the loop that works.

So an answer says that the loop turns. Of several processes under one supervisor, which share the socket, whichever is free answers.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from trasloco.project.health_pages import HealthPages
from trasloco.project.readiness import Readiness

log = logging.getLogger(__name__)

MOST = 32  # questions at once: more are refused, so that nobody who gets there can make it cost more


@asynccontextmanager
async def health_listener(opened: socket.socket | None, conninfo: str) -> AsyncIterator[None]:
    """Answer on this socket as long as the block lasts; None: nobody asks. Django has to be set up."""
    if opened is None:
        yield
        return
    config = uvicorn.Config(
        HealthPages(Readiness(conninfo, of_worker=True)),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )
    server = _Beside(config)
    answering = asyncio.create_task(server.serve(sockets=[opened]), name="health")
    log.info("how this worker is can be asked on %s", opened.getsockname()[:2])
    try:
        yield
    finally:
        server.should_exit = True
        await answering


class _Beside(uvicorn.Server):
    """Signals are the worker's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
