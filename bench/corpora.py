"""Mailboxes out of a seed: the same seed and scale give the same mail, on every machine.

small: short letters, a median of 3 KiB. typical: what a lived-in mailbox holds (median 5 KiB, mean some 40,
now and then some MiB). large: 5 to 20 MiB each. Folders are nested and not all ASCII; flags, keywords
and dates of years come with them. Filling streams: nothing but one batch is in memory.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log

from trasloco.testing.letters import Letter, Letters
from trasloco.testing.mailbox_filler import FOLDERS, Mail, MailboxFiller, some_flags

FolderPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """messages: of each account at full scale, ``least`` of them at any scale; accounts: how many mailboxes.

    folders: the first takes half of the messages. letter: makes the next one.
    """

    name: str
    messages: int
    letter: Callable[[Letters, random.Random], Letter]
    folders: tuple[FolderPath, ...] = FOLDERS
    accounts: int = 1
    least: int = 20

    def count(self, scale: float) -> int:
        return max(self.least, round(self.messages * scale))

    def users(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(1, self.accounts + 1)]

    def fill(self, filler: MailboxFiller, user: str, scale: float) -> None:
        """Write one account's mail, folder by folder."""
        rng = random.Random(f"{self.name} {user}")
        letters = Letters(f"{self.name} {user}")
        for path, count in self._shares(rng, self.count(scale)).items():
            filler.create(path, subscribe=path == ("INBOX",) or rng.random() < 0.8)
            filler.append(path, self._mails(letters, rng, count))

    def add(self, filler: MailboxFiller, user: str, scale: float, number: int) -> None:
        """What happens between two runs: one message in a hundred is new, two have other flags."""
        rng = random.Random(f"{self.name} {user} {number}")
        letters = Letters(f"{self.name} {user} later {number}", domain=f"later{number}.example.org")
        total = self.count(scale)
        for path, count in self._shares(rng, max(1, total // 100)).items():
            if count:
                filler.append(path, self._mails(letters, rng, count))
        held = self._shares(random.Random(f"{self.name} {user}"), total)
        for path in self.folders[:5]:
            changed = rng.sample(range(1, held[path] + 1), min(held[path], max(1, total // 50 // 5)))
            filler.store(path, sorted(changed), "+FLAGS", f"$Round{number}")

    def _shares(self, rng: random.Random, total: int) -> dict[FolderPath, int]:
        shares = dict.fromkeys(self.folders, 0)
        for _ in range(total):
            shares[self.folders[0] if rng.random() < 0.5 else rng.choice(self.folders)] += 1
        return shares

    def _mails(self, letters: Letters, rng: random.Random, count: int) -> Iterator[Mail]:
        for _ in range(count):
            letter = self.letter(letters, rng)
            yield Mail(letter.content, some_flags(rng), letter.date)


def _short(letters: Letters, rng: random.Random) -> Letter:
    return letters.letter(int(min(rng.lognormvariate(log(3000), 0.5), 20_000)))


def _lived_in(letters: Letters, rng: random.Random) -> Letter:
    return letters.letter()


def _heavy(letters: Letters, rng: random.Random) -> Letter:
    return letters.letter(rng.randint(5 << 20, 20 << 20))


TWENTY = (*FOLDERS, *((f"Kunde {number}",) for number in range(1, 21 - len(FOLDERS))))

SMALL = Corpus("small", 20_000, _short)
FEW = Corpus("few", 600, _short, least=200)
TYPICAL = Corpus("typical", 2_000, _lived_in, accounts=10)
LARGE = Corpus("large", 200, _heavy, folders=FOLDERS[:4], least=10)
TWENTY_FOLDERS = Corpus("twenty", 20_000, _short, folders=TWENTY)
FIFTY = Corpus("fifty", 400, _short, folders=FOLDERS[:6], accounts=50)
