"""An account with an odd server on one side or on both, played from a script, and a real Dovecot on the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent

from tests.engine.conftest import ListSink
from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import SideName
from trasloco.engine.ledger import Ledger, MessageRow
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.scripted_server import ScriptedServer
from trasloco.testing.snapshot import Snapshot

QUICK = Deadlines(logout=0.2)


INBOX = 'S: * LIST () "/" INBOX'


def opening(exists: int, *, uidvalidity: int = 1, modseq: int | None = None, listed: str = INBOX, select: str = "", more: str = "") -> str:
    """A source's conversation up to the listing of INBOX's messages (``LISTING``, t5).

    exists: messages in INBOX. listed: lines of LIST, INBOX the only one that can be opened. modseq: with CONDSTORE.
    select: further answers to EXAMINE. more: further answers to STATUS and to LIST.
    """
    items, told = ("", "") if modseq is None else (" HIGHESTMODSEQ", f" HIGHESTMODSEQ {modseq}")
    return f"""
S: * PREAUTH [CAPABILITY IMAP4rev1{" CONDSTORE" if modseq is not None else ""}] ready
C: t1 LIST "" "*"
C: t2 LSUB "" "*"
{listed}
S: t1 OK
S: t2 OK
C: t3 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY{items})
S: * STATUS INBOX (MESSAGES {exists} UIDNEXT {exists + 1} UIDVALIDITY {uidvalidity}{told})
{more}
S: t3 OK
C: t4 EXAMINE INBOX
S: * {exists} EXISTS
S: * OK [UIDVALIDITY {uidvalidity}] valid
S: * OK [UIDNEXT {exists + 1}] next
{select}
S: t4 OK [READ-ONLY] done
"""


LISTING = "C: t5 UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)"


def one_message(flags: str = "", body: str = "A: 1<0D><0A><0D><0A>", size: int = 8) -> str:
    """A source with one message in INBOX, which it sends once; then it closes."""
    return script(
        opening(1),
        LISTING,
        f"""
        S: * 1 FETCH (UID 1 FLAGS ({flags}) INTERNALDATE "01-Feb-2024 10:00:00 +0100" RFC822.SIZE {size})
        S: t5 OK
        C: t6 UID FETCH 1 (UID BODY.PEEK[])
        S: * 1 FETCH (UID 1 BODY[] {{{size}}}
        S: {body})
        S: t6 OK
        """,
    )


def emptiness(capabilities: str = " LITERAL+ UIDPLUS", *, permanent: str = "\\Seen \\*", uidnext: int = 1, shift: int = 0) -> str:
    """A destination's conversation up to its INBOX, selected and empty; APPEND is t5.

    shift: commands that come before."""
    one, two, three, four = (f"t{number + shift}" for number in range(1, 5))
    return f"""
S: * PREAUTH [CAPABILITY IMAP4rev1{capabilities}] ready
C: {one} LIST "" "*"
C: {two} LSUB "" "*"
{INBOX}
S: {one} OK
S: {two} OK
C: {three} STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY)
S: * STATUS INBOX (MESSAGES 0 UIDNEXT {uidnext} UIDVALIDITY 7)
S: {three} OK
C: {four} SELECT INBOX
S: * 0 EXISTS
S: * FLAGS (\\Seen \\Answered)
S: * OK [PERMANENTFLAGS ({permanent})] kept
S: * OK [UIDVALIDITY 7] valid
S: * OK [UIDNEXT {uidnext}] next
S: {four} OK [READ-WRITE] done
"""


def script(*parts: str) -> str:
    """One conversation out of parts, whatever their indentation."""
    return "\n".join(dedent(part) for part in parts)


TAKEN = script(
    """
    C: t5 APPEND INBOX " 1-Feb-2024 10:00:00 +0100" {8+}
    C: A: 1
    C:
    C:
    S: t5 OK [APPENDUID 7 1] done
    close
    """
)


@dataclass
class OddSource:
    """``await OddSource(dovecot, user).run(script)``: what is on ``dovecot`` afterwards is in ``arrived``."""

    dovecot: Dovecot
    user: str
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    settings: Settings = field(default_factory=Settings)
    sink: ListSink = field(default_factory=ListSink)
    pauses: list[float] = field(default_factory=list)

    async def run(self, *scripts: str, number: int = 1) -> Outcome:
        async with ScriptedServer(*scripts) as server:
            return await account_between(server, self.dovecot, self, number)

    def arrived(self) -> Snapshot:
        return Snapshot.read(self.dovecot.host, self.dovecot.port, self.user, self.dovecot.password)

    def said(self, action: str) -> list[str]:
        return [entry.words for entry in self.sink.entries if entry.action == action]

    async def rows(self) -> dict[int, MessageRow]:
        """Of the first folder."""
        return await rows_of(self.ledger)


async def rows_of(ledger: Ledger) -> dict[int, MessageRow]:
    found = {}
    async for rows in ledger.rows((await ledger.folders())[0].id):
        found.update({row.source_uid: row for row in rows})
    return found


@dataclass
class OddDestination:
    """``await OddDestination(user).run(source script, destination script)``: both sides are played."""

    user: str
    password: str = "secret"
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    settings: Settings = field(default_factory=Settings)
    sink: ListSink = field(default_factory=ListSink)
    pauses: list[float] = field(default_factory=list)

    async def run(self, source: str, *destination: str, number: int = 1) -> Outcome:
        async with ScriptedServer(source) as ours, ScriptedServer(*destination) as theirs:
            return await account_between(ours, theirs, self, number)

    async def rows(self) -> dict[int, MessageRow]:
        return await rows_of(self.ledger)


async def account_between(
    source: ScriptedServer | Dovecot, destination: ScriptedServer | Dovecot, account: OddSource | OddDestination, number: int = 1
) -> Outcome:
    """Run the account between these two."""

    async def pause(seconds: float) -> None:
        account.pauses.append(seconds)

    password = account.dovecot.password if isinstance(account, OddSource) else account.password
    credentials = Credentials(account.user, Secret(password))

    def side(name: SideName, server: ScriptedServer | Dovecot) -> Side:
        return Side(name, Endpoint("localhost", server.port, Security.PLAIN, address=server.host), credentials)

    here, there = side(SideName.SOURCE, source), side(SideName.DESTINATION, destination)
    ledger, settings, sink = account.ledger, account.settings, account.sink
    return await run_account(here, there, ledger, settings, number, sink, sleep=pause, deadlines=QUICK)
