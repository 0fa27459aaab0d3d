"""docs/benchmarks.md and its pictures, out of results. What it says about them in general stands in ``_BEFORE``."""

from __future__ import annotations

from pathlib import Path

from bench.pictures import bars
from bench.results import CellResult, MoverResult, Results

DOCS = Path(__file__).parents[1] / "docs"

CURVES_HEADING = "## How the cost grows"
LEDGER_HEADING = "## The ledger at scale"
_MEASURED = "## Measured"
"""The last one of the page."""
"""From here on the page is ``curve_page``'s; writing the cells anew leaves it."""

_BEFORE = """# Benchmarks

This page is written by `make bench BENCH="--page"`; change `bench/page.py`, not this.

Ratios within one row are what counts: all movers of a cell ran in the same minutes, in turns, against the same two
servers. Absolute seconds are those of one machine on one day.

## Repeat it

```
make bench                                   # the quick form: a tenth of the corpora, three rounds
make bench BENCH="--all --scale 1 --rounds 5"  # the full form: an hour, some 60 GB in TMPDIR
make bench BENCH="--only small small-50ms"   # some cells; --help lists them
make bench BENCH="--results figures.json"    # keep the figures; with --page added: write this page from them
```

Everything is made from a seed, runs on loopback and is removed at the end; the peers are Debian's packages, unpacked
into the cache of the tests. `TMPDIR=/dev/shm` keeps the mail in memory: the disk is then no part of what is measured.

## How

- **Servers**: two real Dovecots, maildir on both, `mail_fsync = never`; cells called “flushed” have the server's default.
- **Mail**: *small*: letters around 3 KiB in one mailbox of 17 nested folders; *typical*: ten mailboxes of what people have, from
  empty messages to attachments of some MiB; *large*: 5 to 20 MiB each. Names of folders are not all ASCII, messages have
  flags, keywords and old dates.
- **Distance**: a proxy before each server holds every byte back for half of the round trip. Bandwidth is not limited. TCP's own
  handshake is not delayed. The proxies run in processes of their own.
- **Turns** are the round trips counted at the two proxies: how often a client sent something after it had heard something.
- **Rounds** are interleaved and begin with another mover each time. Each copy goes into fresh mailboxes. After it the mailbox is
  read again and compared with the source: every byte, flag and date. On a disk nothing is removed before the end, as a file system that has
  just deleted many files creates new ones far more slowly; but a copy that was compared leaves the memory (from the page cache too), for
  pages that a virtual machine has never used cost the destination twice the processor time, and nobody begins before all is on the disk.
- **A long first round is the only one**: who needs more than 20 seconds is measured once.
- **Trasloco** is the engine in a worker that is up, with its ledger in PostgreSQL on the same machine. The same with the ledger in memory,
  and the command `trasloco copy` with its start-up, have rows of their own.
- **The floor** (`bench/programs/floor.py`) is the fastest relay we could write that still lists a folder before it asks for its messages
  and makes a folder before it writes into it: no ledger, no checks, MULTIAPPEND, LITERAL+, answers read at the end, over one and over four
  connections. The better of the two is the floor of a cell.
- **The model of imapsync** (`bench/programs/lockstep.py`) works as imapsync's documentation says: message after message, each step awaited.
- **doveadm backup** has no IMAP on the destination's side: it writes into the store, and what that costs is counted as the
  client's.
- **Client** and **destination** are seconds of processor time; memory is that of the largest process.
"""


def write_page(results: Results) -> None:
    """Write the page and one picture a cell."""
    pictures = DOCS / "pictures"
    parts = [
        _BEFORE,
        f"{_MEASURED}\n\n{results.date}, {results.machine}. {results.rounds} rounds. {results.note}\n",
    ]
    for cell in results.cells:
        if not any(mover.good for mover in cell.movers):
            continue
        (pictures / f"bench-{cell.name}.svg").write_text(bars(cell), "utf-8")
        parts.append(_section(cell))
    page = DOCS / "benchmarks.md"
    _, found, others = page.read_text("utf-8").partition(_MEASURED)[2].partition("\n## ")
    page.write_text("\n".join(parts) + (f"\n## {others}" if found else ""), "utf-8")


def with_section(page: str, heading: str, section: str) -> str:
    """The page with this section under its heading: in the place of the one it has, or at the end."""
    before, found, after = page.partition(f"{heading}\n")
    rest = after.partition("\n## ") if found else ("", "", "")
    follows = f"\n## {rest[2]}" if rest[1] else ""
    return f"{before.rstrip()}\n\n{heading}\n\n{section.rstrip()}\n{follows}"


def _section(cell: CellResult) -> str:
    title = cell.title[:1].upper() + cell.title[1:]
    words = f"{cell.messages:,} messages in {cell.folders} folders, {cell.size / 2**20:,.0f} MiB; {cell.kind}."
    head = "| | seconds | spread | x floor | client | destination | client / destination | memory | turns | exact |\n"
    head += "|---|---|---|---|---|---|---|---|---|---|"
    rows = "\n".join(_row(mover, cell.floor) for mover in cell.movers)
    return f"### {title}\n\n{words}\n\n![{title}](pictures/bench-{cell.name}.svg)\n\n{head}\n{rows}\n"


def _row(mover: MoverResult, floor: float | None) -> str:
    if not mover.good:
        return f"| {mover.title} | failed | | | | | | | | |"
    (low, high), median = mover.spread, mover.median("seconds")
    client, destination = mover.median("client"), mover.median("destination")
    spread = f"{low:.2f} to {high:.2f}" if len(mover.good) > 1 else "one round"
    turns = [each.turns for each in mover.good if each.turns]
    cells = [
        mover.title,
        f"{median:.2f}",
        spread,
        f"{median / floor:.2f}" if floor else "",
        f"{client:.2f}",
        f"{destination:.2f}",
        f"{client / destination:.2f}" if destination else "",
        f"{mover.median('memory') / 2**20:.0f} MiB",
        f"{turns[0][0]} + {turns[0][1]}" if turns else "",
        mover.difference or "yes",
    ]
    return f"| {' | '.join(cells)} |"
