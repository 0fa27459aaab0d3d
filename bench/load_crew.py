"""Workers of which one is killed or drained all the time, and another one comes in its place.

Whichever it is, one that has not begun to work yet as well; but one that works always stays: on a slow machine nothing
else would ever be done.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from trasloco.testing.fleet import Fleet, Worker

_WORKING = "working, up to"


class Crew:
    """``keep`` it going; it disturbs itself, by a seed. pause: seconds between two disturbances, on average.

    kills, drains: how many there were. gone: workers that ended by themselves, in words.
    """

    def __init__(self, fleet: Fleet, workers: int, hands: int, pause: float, seed: int) -> None:
        self._fleet, self._hands, self._pause = fleet, hands, pause
        self._random = random.Random(f"{seed} crew")
        self._workers: list[Worker] = []
        self._up: set[int] = set()
        self._many = workers
        self._pool = ThreadPoolExecutor(workers)
        self._draining: list[Future[tuple[int, float]]] = []
        self._next = 0.0
        self.kills = self.drains = 0
        self.gone: list[str] = []

    def __enter__(self) -> Self:
        self._workers = [self._start() for _ in range(self._many)]
        self._wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._draining += [self._pool.submit(worker.drain) for worker in self._workers]
        self._pool.shutdown()

    def keep(self) -> None:
        """Replace who has gone; and if it is time, let one go."""
        for place, worker in enumerate(self._workers):
            if (status := worker.process.poll()) is not None:
                self.gone.append(f"a worker ended by itself with status {status}: {worker.log[-300:]}")
                self._workers[place] = self._start()
        if time.monotonic() >= self._next:
            self._disturb()

    def drained(self) -> list[tuple[int, float]]:
        """Status and seconds of those that were drained, after the end."""
        return [future.result() for future in self._draining]

    def _disturb(self) -> None:
        place = self._random.randrange(len(self._workers))
        if not any(self._works(worker) for number, worker in enumerate(self._workers) if number != place):
            return
        self._wait()
        worker = self._workers[place]
        if self._random.random() < 0.5:
            worker.kill()
            self.kills += 1
        else:
            self._draining.append(self._pool.submit(worker.drain))
            self.drains += 1
        self._workers[place] = self._start()

    def _works(self, worker: Worker) -> bool:
        """Whether it is up; it stays so as long as it is among the workers."""
        if worker.process.pid not in self._up and _WORKING in worker.log:
            self._up.add(worker.process.pid)
        return worker.process.pid in self._up

    def _wait(self) -> None:
        self._next = time.monotonic() + self._pause * self._random.uniform(0.5, 1.5)

    def _start(self) -> Worker:
        return self._fleet.start("--concurrency", str(self._hands), "--quiet")
