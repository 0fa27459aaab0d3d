"""The mail of the demo: what is in the old mailboxes, and what happens there between the two runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from trasloco.project.demo.cast import CAST, Person
from trasloco.project.demo.servers import DemoServer
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail

MAX_SIZE = 5 << 20  # the demo's --max-size; one message is larger, to show what becomes of it
_THREADS = 3
_LEFT_BEHIND = 6  # messages in each Trash and Junk
_LABEL = "$Label5"  # set on no message by the filler: each one that gets it is a change


@dataclass(frozen=True, slots=True)
class News:
    """What happened between the runs."""

    arrived: int
    flagged: int


def fill(server: DemoServer, told: Callable[[str, int], None]) -> int:
    """Fill all mailboxes; ``told(login, messages)`` as each is done. Returns how many messages there are."""

    def one(person: Person) -> int:
        with server.filler(person) as filler:
            letters = Letters(person.name)
            # The generator's own giants are few; whatever is above the limit is skipped and reported like the one below.
            filler.fill(letters, person.messages, person.folders)
            for path in person.left_out:
                filler.create(path)
                filler.append(path, [Mail(letter.content, (), letter.date) for letter in letters.take(_LEFT_BEHIND)])
            count = person.messages + _LEFT_BEHIND * len(person.left_out)
            if person is CAST[0]:
                giant = letters.letter(MAX_SIZE + (1 << 20))
                count += filler.append(("INBOX",), [Mail(giant.content, ("\\Seen",), giant.date)])
        told(person.login, count)
        return count

    return _each(one)


def happen(server: DemoServer) -> News:
    """New mail comes in, a new folder appears, people set labels."""

    def one(person: Person) -> News:
        with server.filler(person) as filler:
            letters = Letters(f"{person.name} later")
            flagged = 0
            if server.keywords:
                flagged = 7
                filler.store(("INBOX",), range(1, flagged + 1), "+FLAGS", _LABEL)
            arrived = filler.append(("INBOX",), _small(letters, 4, ()))
            filler.create(("New project",))
            arrived += filler.append(("New project",), _small(letters, 2, ("\\Seen",)))
        return News(arrived, flagged)

    with ThreadPoolExecutor(_THREADS) as pool:
        all_news = list(pool.map(one, CAST))
    return News(sum(news.arrived for news in all_news), sum(news.flagged for news in all_news))


def _small(letters: Letters, count: int, flags: tuple[str, ...]) -> list[Mail]:
    return [Mail(letter.content, flags, letter.date) for letter in (letters.letter(4000) for _ in range(count))]


def _each(work: Callable[[Person], int]) -> int:
    with ThreadPoolExecutor(_THREADS) as pool:
        return sum(pool.map(work, CAST))
