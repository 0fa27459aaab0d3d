"""What stands in the mailboxes of the chaos runs: letters, and mail out of a corpus, in a few folders."""

from __future__ import annotations

import pathlib
import random

from trasloco.testing.corpus import CorpusMessage
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.mailbox_tree import Path

FOLDERS: tuple[Path, ...] = (("INBOX",), ("Archive",), ("Büro",), ("Büro", "Verträge"))
_FLAGS = ((), ("\\Seen",), ("\\Seen", "\\Answered"), ("\\Flagged", "$Forwarded"))
_TAKEN = 300


class ChaosMail:
    """corpus: a directory of mail files, None for letters alone; some hundreds of its small messages are taken."""

    def __init__(self, corpus: pathlib.Path | None, rng: random.Random) -> None:
        found = [] if corpus is None else [message.crlf for message in CorpusMessage.all_of(corpus)]
        found = [content for content in found if content.endswith(b"\r\n") and b"\0" not in content and len(content) < 60_000]
        self._corpus = rng.sample(found, k=min(len(found), _TAKEN))

    def narrow(self, filler: MailboxFiller) -> None:
        """Leave out what this server refuses: a refusal by the destination is no fault."""
        with filler:
            answers = filler.append_each(("INBOX",), [Mail(content) for content in self._corpus])
        self._corpus = [content for content, refused in zip(self._corpus, answers, strict=True) if refused is None]

    def fill(self, filler: MailboxFiller, rng: random.Random, *, large: bool = False) -> int:
        """A dozen messages, or some hundreds; returns their bytes."""
        letters = list(Letters(str(rng.random())).take(300 if large else 8))
        contents = [(letter.content, letter.date) for letter in letters]
        contents += [
            (content, rng.choice(letters).date) for content in rng.sample(self._corpus, k=min(len(self._corpus), 40 if large else 6))
        ]
        contents += rng.sample(contents, k=2)  # true twins
        with filler:
            shares: dict[Path, list[Mail]] = {}
            for path in FOLDERS:
                filler.create(path)
                shares[path] = []
            for content, date in contents:
                shares[rng.choice(FOLDERS)].append(Mail(content, rng.choice(_FLAGS), date))
            for path, mails in shares.items():
                filler.append(path, mails)
        return sum(len(content) for content, _ in contents)
