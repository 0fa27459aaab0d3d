"""What a run is given and what it gives back: values only."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from trasloco.engine.failure import Failure, SideName
from trasloco.engine.fate import Tally
from trasloco.engine.master_user import MasterLogin
from trasloco.engine.token_source import TokenSource
from trasloco.imap.endpoint import Endpoint
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret

_SHARED = re.compile(r"([^/\\]+@[^/\\]+)[/\\]([^/\\]+)")


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a transfer: which one, where, as whom.

    master: ``credentials`` are only how a master user's login is expected to look; the opener asks the server.
    tokens: instead of the secret of ``credentials``, a token is asked for at every sign-in.
    doubt: what could not be proved of the mailbox that was opened, "" = nothing to say.
    """

    name: SideName
    endpoint: Endpoint
    credentials: Credentials
    master: MasterLogin | None = None
    tokens: TokenSource | None = None
    doubt: str = ""

    @classmethod
    def by_master(cls, name: SideName, endpoint: Endpoint, login: MasterLogin) -> Side:
        """A mailbox that a master user opens."""
        return cls(name, endpoint, login.expected, master=login)

    @classmethod
    def by_token(cls, name: SideName, endpoint: Endpoint, login: str, tokens: TokenSource) -> Side:
        """A mailbox that an OAuth token opens. ``user@tenant/shared``, which is how Exchange wanted to hear of a shared mailbox
        when it still took passwords, is the shared one, opened by the user's token."""
        shared = _SHARED.fullmatch(login)
        if shared is None:
            return cls(name, endpoint, Credentials(login, Secret("")), tokens=tokens)
        user, box = shared.groups()
        address = box if "@" in box else f"{box}@{user.partition('@')[2]}"
        return cls(name, endpoint, Credentials(user, Secret(""), address), tokens=tokens)

    def __str__(self) -> str:
        return f"{self.name} {self.endpoint} as {self.credentials.display}"


GMAIL_CHOICES = ("chats", "important", "starred", "categories")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator chose for a migration; JSON-able field by field.

    max_size: bytes; larger messages are skipped and listed.
    skip_roles: special-use roles left out with all their subfolders.
    skip_folders: display names (with "/" between levels) or patterns with * and ?, left out.
    skip_non_mail: leave out the folders of Exchange that hold no mail (Calendar, Contacts, ...).
    source_flags_win: make the destination's flags the source's in every run, whatever the user did there.
    unite_flags: add the source's flags to messages that were on the destination already.
    repair: try the repair ladder on a message the destination refuses; else it is parked as it is.
    batch_messages, batch_bytes: upper bounds of one batch.
    connections: the most that one mailbox has open at a time on each side.
    together: bring small new folders many in one go (see ``together``).
    gmail: what of Gmail is taken besides mail in folders, of GMAIL_CHOICES: the folders of chats, of important and of starred
    messages; the inbox's categories as keywords.
    newest_first: INBOX and Sent before all other folders, and in these two what came last before what came earlier, batch by batch: on
    the destination the messages of these folders then stand in another order than they came in.
    """

    max_size: int = 50 * 1024 * 1024
    skip_roles: tuple[str, ...] = ("trash", "junk")
    skip_folders: tuple[str, ...] = ()
    skip_non_mail: bool = False
    source_flags_win: bool = False
    unite_flags: bool = False
    repair: bool = True
    batch_messages: int = 500
    batch_bytes: int = 8 * 1024 * 1024
    connections: int = 3
    together: bool = True
    gmail: tuple[str, ...] = ()
    newest_first: bool = False


class RunStatus(enum.StrEnum):
    """How a transfer ended; the words of the JSON report."""

    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FolderResult:
    """One folder of the report. ``destination`` is "" for a folder left out; ``note`` says by which
    rule, or why the name was changed. Names are as displayed, "/" never translated."""

    source: str
    destination: str
    tally: Tally
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one account in one run."""

    status: RunStatus
    failure: Failure | None
    seconds: float
    size: int
    folders: tuple[FolderResult, ...]
    flags_changed: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def tally(self) -> Tally:
        total = Tally()
        for folder in self.folders:
            total.merge(folder.tally)
        return total
