"""What is measured: a corpus, a distance, plain or TLS, how the destination flushes, which run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bench.corpora import FEW, FIFTY, LARGE, SMALL, TWENTY_FOLDERS, TYPICAL, Corpus
from bench.servers import Fsync


class Kind(Enum):
    FIRST = "first run"
    NOTHING_NEW = "nothing new"
    CHANGES = "1 % new, 2 % other flags"


@dataclass(frozen=True, slots=True)
class Cell:
    """movers: all but the ``without`` take part. quick: part of the quick form."""

    name: str
    title: str
    corpus: Corpus
    kind: Kind = Kind.FIRST
    milliseconds: int = 0
    tls: bool = False
    fsync: Fsync = "never"
    at_once: int = 1
    without: tuple[str, ...] = ()
    quick: bool = False


_SLOW = ("offlineimap",)

CELLS = (
    Cell("small", "small messages", SMALL, without=_SLOW, quick=True),
    Cell("small-tls", "small messages, TLS", SMALL, tls=True, without=(*_SLOW, "lockstep", "doveadm")),
    Cell("small-fsync", "small messages, flushed as the server does by default", SMALL, fsync="optimized", without=(*_SLOW, "lockstep")),
    Cell("typical", "10 accounts of typical mail, 4 at once", TYPICAL, at_once=4, without=_SLOW, quick=True),
    Cell(
        "typical-tls", "10 accounts of typical mail, 4 at once, TLS", TYPICAL, at_once=4, tls=True, without=(*_SLOW, "lockstep", "doveadm")
    ),
    Cell("large", "messages of 5 to 20 MiB", LARGE, without=_SLOW, quick=True),
    Cell("large-tls", "messages of 5 to 20 MiB, TLS", LARGE, tls=True, without=(*_SLOW, "lockstep", "doveadm")),
    Cell("few", "few small messages, with offlineimap", FEW),
    Cell("small-20ms", "few small messages, 20 ms", FEW, milliseconds=20, without=_SLOW),
    Cell("small-50ms", "few small messages, 50 ms", FEW, milliseconds=50, without=_SLOW, quick=True),
    Cell("small-150ms", "few small messages, 150 ms", FEW, milliseconds=150, without=(*_SLOW, "lockstep")),
    Cell("fifty", "50 accounts at once", FIFTY, at_once=50, without=(*_SLOW, "lockstep", "floor-4", "copy")),
    Cell("again", "20 folders, nothing new", TWENTY_FOLDERS, Kind.NOTHING_NEW, without=_SLOW, quick=True),
    Cell("again-50ms", "20 folders, nothing new, 50 ms", TWENTY_FOLDERS, Kind.NOTHING_NEW, milliseconds=50, without=_SLOW),
    Cell("changes", "20 folders, 1 % new and 2 % other flags", TWENTY_FOLDERS, Kind.CHANGES, without=_SLOW, quick=True),
    Cell("changes-50ms", "20 folders, 1 % new and 2 % other flags, 50 ms", TWENTY_FOLDERS, Kind.CHANGES, milliseconds=50, without=_SLOW),
)
