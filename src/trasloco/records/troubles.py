"""What is wrong with the installation, by its standing, and what to do now: no worker alive, a queue that stands.

Pure: the standing is all it looks at, so that the page, the command and whoever else shows it say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from trasloco import __version__
from trasloco.records.queue_lines import QueueLine
from trasloco.records.queue_names import ERRANDS, QUEUES, TRANSFERS
from trasloco.records.standing import Standing
from trasloco.records.time_words import time_words
from trasloco.records.wait_lines import WaitReason
from trasloco.records.workers import WorkerLine, Workers, WorkerState
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

STANDS_SECONDS = 300.0
"""For which the first of a queue has waited before it is said to stand."""


class Gravity(StrEnum):
    """alarm: nothing goes on, or a part of it. warning: it goes on, and something is wrong. note: good to know, nothing is wrong."""

    ALARM = "alarm"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Trouble:
    """kind: a name for programs. title: what it is. remedy: what to do now."""

    kind: str
    gravity: Gravity
    title: Sentence
    remedy: Sentence


def troubles(found: Standing) -> list[Trouble]:
    """The gravest first; [] when all is well."""
    order = list(Gravity)
    told = [*_nobody(found.workers), *_queues(found), *_hands(found), *_workers(found.workers), *_versions(found.workers)]
    return sorted(told, key=lambda trouble: order.index(trouble.gravity))


def wrong(told: list[Trouble]) -> bool:
    """Is one of them more than good to know?"""
    return any(trouble.gravity is not Gravity.NOTE for trouble in told)


def _nobody(found: Workers) -> Iterator[Trouble]:
    """Queues that nobody takes from. Workers of a version that wrote no row may take from any."""
    if not found.anybody(QUEUES):
        remedy = _(
            "Nothing is moved, checked or mailed until one is. Start “trasloco worker”, or “trasloco serve”, which has one; "
            "its log says why the last one ended."
        )
        yield Trouble("no-worker", Gravity.ALARM, _("No worker is alive"), remedy)
        return
    if not found.anybody([TRANSFERS]):
        remedy = _("All accounts wait. Start a worker without “--queues”, or with “--queues transfers”.")
        yield Trouble("no-worker-for-transfers", Gravity.ALARM, _("No worker moves mail"), remedy)
    if not found.anybody([ERRANDS]):
        remedy = _("Checks, searches, mails and verifications wait. Start a worker without “--queues”, or with “--queues errands”.")
        yield Trouble("no-worker-for-errands", Gravity.ALARM, _("No worker does what the panel asks for"), remedy)


def _queues(found: Standing) -> Iterator[Trouble]:
    """Queues that stand although somebody takes from them."""
    for line in found.queues:
        if line.name in QUEUES and line.workers and line.longest >= STANDS_SECONDS:
            yield _full(line) if line.full else _stands(line)


def _full(line: QueueLine) -> Trouble:
    title = ngettext(
        "The queue %(queue)s has a job that has waited for %(time)s: all %(places)s places are taken",
        "The queue %(queue)s has %(n)s jobs, of which the first has waited for %(time)s: all %(places)s places are taken",
        line.waiting,
        queue=line.name,
        time=time_words(line.longest),
        places=line.places,
    )
    remedy = _("It goes on by itself. If that is too slow, start more workers.")
    return Trouble("queue-full", Gravity.WARNING, title, remedy)


def _stands(line: QueueLine) -> Trouble:
    title = ngettext(
        "The queue %(queue)s stands: a job has waited for %(time)s although workers have places",
        "The queue %(queue)s stands: of %(n)s jobs the first has waited for %(time)s although workers have places",
        line.waiting,
        queue=line.name,
        time=time_words(line.longest),
    )
    remedy = _("The log of the workers says what keeps them. If it says nothing, start them again one by one: nothing is lost by it.")
    return Trouble("queue-stands", Gravity.ALARM, title, remedy)


def _hands(found: Standing) -> Iterator[Trouble]:
    """Accounts that wait for nothing but a worker's hands."""
    waits = next((line for line in found.waits if line.reason is WaitReason.WORKER), None)
    taking = found.workers.taking(TRANSFERS)
    if waits is None or waits.longest is None or not taking:
        return
    if sum(line.free for line in taking) == 0 and waits.longest >= STANDS_SECONDS:
        title = ngettext(
            "An account has waited for %(time)s for a place: the workers have all they can do",
            "%(n)s accounts wait for a place, the first for %(time)s: the workers have all they can do",
            waits.accounts,
            time=time_words(waits.longest),
        )
        remedy = _("It goes on by itself. More workers, or a higher “--concurrency”, move more at once if machine and servers bear it.")
        yield Trouble("workers-full", Gravity.NOTE, title, remedy)


def _workers(found: Workers) -> Iterator[Trouble]:
    for line in found.lines:
        if line.state is WorkerState.FROZEN:
            title = _(
                "Worker process %(pid)s on %(machine)s has given no sign of life for %(time)s", **_who(line), time=time_words(line.silent)
            )
            remedy = _(
                "Its accounts go on in other workers, and it can do no harm when it wakes up. Is its machine suspended, overloaded or cut "
                "off? If not, end the process."
            )
            yield Trouble("worker-frozen", Gravity.WARNING, title, remedy)
        if line.state is WorkerState.LOST:
            title = _("Worker process %(pid)s on %(machine)s ended without a word %(time)s ago", **_who(line), time=time_words(line.silent))
            remedy = _(
                "Its accounts went on elsewhere, or will when a worker has a place. Its log and that of the system say why: was it killed, "
                "or is memory short?"
            )
            yield Trouble("worker-lost", Gravity.NOTE, title, remedy)


def _versions(found: Workers) -> Iterator[Trouble]:
    others = {line.version for line in found.lines if line.state in (WorkerState.WORKING, WorkerState.DRAINING)} - {__version__}
    if others:
        title = _("Workers of other versions than this one: %(versions)s", versions=", ".join(sorted(others)))
    elif found.unnamed:
        title = ngettext("A worker of an older version", "%(n)s workers of an older version", found.unnamed)
    else:
        return
    remedy = _("They may work together while an upgrade goes on; start them again with the new version to end it.")
    yield Trouble("versions-differ", Gravity.NOTE, title, remedy)


def _who(line: WorkerLine) -> dict[str, str]:
    return {"pid": str(line.pid), "machine": line.machine}
