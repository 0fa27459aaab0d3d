"""The demo from beginning to end: what is done, said and shown."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.rule import Rule
from rich.text import Text

from trasloco.documents.report_figures import now
from trasloco.documents.units import count_words, duration_words
from trasloco.project.demo.cast import CAST
from trasloco.project.demo.comparison import Comparison, compare
from trasloco.project.demo.mail import MAX_SIZE, News, fill, happen
from trasloco.project.demo.open_panel import OpenPanel
from trasloco.project.demo.servers import DemoServer, servers
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.screen import complain, say, screen
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.server import ServerFailed

_WIDTH = 92  # of a command as shown


class Demo:
    """One performance. ``directory``: holds the CSV, the state and the reports."""

    def __init__(self, directory: Path, source: DemoServer, destination: DemoServer) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.csv = directory / "accounts.csv"
        self.json = directory / "report.json"
        self.html = directory / "report.html"
        self._source, self._destination = source, destination
        self._options = [*destination.destination_options(directory), "--allow-private-addresses"]
        self._migrate = ["migrate", self.csv.name, *self._options, "--max-size", f"{MAX_SIZE >> 20}M", "--report", self.json.name]

    def play(self) -> bool:
        """All acts; True when everything is as it should be."""
        started = time.monotonic()
        self._write_csv()
        count = self._fill()
        _act("Every login is tried before anything is copied")
        self._command("check", self.csv.name, *self._options)
        _act("First run: everything is copied")
        self._command(*self._migrate)
        news = self._meanwhile()
        _act("Second run, the same command: only what is new")
        self._command(*self._migrate)
        report = json.loads(self.json.read_text("utf-8"))
        self._command("report", report["migration"], "--html", "--output", self.html.name, quiet=True)
        well = self._compare(report, news, count)
        say(f"The demo took {duration_words(time.monotonic() - started)}.", style="dim")
        return well

    def _write_csv(self) -> None:
        self.csv.touch(mode=0o600)
        quoted = [(person.address, self._source.where, person.login, person.password) for person in CAST]
        lines = [";".join('"' + field.replace('"', '""') + '"' for field in fields) for fields in quoted]
        self.csv.write_text("\n".join(lines) + "\n", "utf-8")

    def _fill(self) -> int:
        _act(f"Two mail servers on this machine: {self._source.version} and {self._destination.version}")
        with _waiting("Filling the old mailboxes"):
            count = fill(self._source, lambda login, messages: None)
        say(f"The old one holds {count_words(count, 'message')} in {len(CAST)} mailboxes, with folders in seven languages.")
        return count

    def _meanwhile(self) -> News:
        _act("Meanwhile people go on working")
        news = happen(self._source)
        arrived, labelled = count_words(news.arrived, "new message"), count_words(news.flagged, "message")
        say(f"{arrived} came in, {labelled} got a label, each mailbox got a new folder.")
        return news

    def _compare(self, report: dict[str, Any], news: News, count: int) -> bool:
        _act("Is all mail there? Both sides are read back and compared")
        with _waiting("Reading both sides"):
            found = compare(self._source, self._destination, report)
        wrong = found.wrong + _figures(report, news, count, found)
        for sentence in wrong:
            complain(sentence)
        if wrong or found.there != found.expected:
            say(f"Not every message is there: {found.there:,} of {found.expected:,}.", style="bold red")
            return False
        say(f"Every message is there, byte for byte: {found.there:,} of {found.expected:,}.", style="bold green")
        say("Flags, dates and folders are the same.")
        say(f"{found.left_out:,} messages in Trash and Junk, or too large, were left out, as the report says.")
        return True

    def _command(self, *words: str, quiet: bool = False) -> None:
        """Run the real command as a person would, showing it. Raises ``Halt`` when it does not end with 0."""
        if not quiet:
            say(_shown(words), style="cyan")
        sys.stdout.flush()
        done = subprocess.run(  # noqa: S603 - our own command with our own words
            [sys.executable, "-m", "trasloco", *words],
            env=self._environment(),
            cwd=self.directory,
            stdout=subprocess.DEVNULL if quiet else None,
        )
        if done.returncode == ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        if done.returncode != 0:
            raise Halt(f"The demo stops here: trasloco {words[0]} ended with {done.returncode}.", ExitCode.SOMETHING_FAILED)

    def _environment(self) -> dict[str, str]:
        """Ours, without what an operator may have set for his own Trasloco."""
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL" and not name.startswith("TRASLOCO_")}
        port = self._source.where.rpartition(":")[2]  # a free one, which is no usual one
        return kept | {"TRASLOCO_STATE_DIR": str(self.state), "TRASLOCO_ALLOW_PORTS": port}

    def panel(self) -> OpenPanel:
        """The panel on what was played."""
        return OpenPanel(self._environment(), self.directory, self._destination.system(), self._source.where, self._source.encryption)


def demo(keep: Path | None, panel_seconds: float | None) -> bool:
    """Play it; returns whether all was well. Raises ``Halt`` when it cannot be played to its end.

    panel_seconds: how long the panel stays open afterwards; None until Ctrl-C, 0 not at all.
    """
    with _directory(keep) as directory:
        try:
            with servers() as (source, destination), EmbeddedPostgres(directory / "state").running():
                performance = Demo(directory, source, destination)
                well = performance.play()
                _next(performance, kept=keep is not None)
                if panel_seconds != 0:
                    performance.panel().hold(panel_seconds)
        except ServerFailed as error:
            raise Halt(f"The demo needs two IMAP servers on this machine: {error}") from error
        except KeyboardInterrupt:
            raise Halt("The demo was stopped. Nothing of it goes on running.", ExitCode.INTERRUPTED) from None
        return well


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    """Where the demo lives. Without ``keep`` only the report outlives it, in a temporary directory."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise Halt(f"{keep} is not empty. Name a new directory for --keep.", ExitCode.USAGE)
        yield keep.resolve()
        return
    directory = Path(tempfile.mkdtemp(prefix="trasloco-demo-"))
    directory.chmod(0o711)  # root lends PostgreSQL another user, who has to pass through
    try:
        yield directory
    finally:
        shutil.rmtree(directory / "state", ignore_errors=True)
        for name in ("accounts.csv", "master.txt", "passwords.csv", "try-these.csv"):
            (directory / name).unlink(missing_ok=True)
        if not any(directory.iterdir()):
            directory.rmdir()


def _figures(report: dict[str, Any], news: News, count: int, found: Comparison) -> list[str]:
    """Does the report say what really happened?"""
    wrong = []
    second = [run for account in report["accounts"] for run in account["runs"] if run["number"] == 2]
    copied = sum(run["messages"]["copied"] for run in second)
    flagged = sum(run.get("flags_changed", 0) for run in second)
    if copied != news.arrived:
        wrong.append(f"The second run copied {copied} messages; {news.arrived} had come in.")
    if flagged != news.flagged:
        wrong.append(f"The second run changed the flags of {flagged} messages; {news.flagged} had changed.")
    messages = now(report)
    if messages["source"] != count + news.arrived:
        wrong.append(f"The report accounts for {messages['source']} messages; the source holds {count + news.arrived}.")
    if messages["skipped"] != found.left_out:
        wrong.append(f"The report says {messages['skipped']} were left out; it is {found.left_out}.")
    return wrong


def _shown(words: Sequence[str]) -> str:
    """The command for reading: broken before options, so that it can be copied."""
    lines, line = [], "$ trasloco"
    for index, word in enumerate(words):
        value = words[index + 1] if index + 1 < len(words) and word.startswith("--") else ""
        if word.startswith("--") and len(line) + len(word) + len(value) > _WIDTH:
            lines.append(line)
            line = "     "
        line += f" {shlex.quote(word)}"
    return " \\\n".join([*lines, line])


def _act(title: str) -> None:
    say()
    if screen().is_terminal:
        screen().print(Rule(Text(title, style="bold"), align="left"))
    else:
        say(f"== {title}")


@contextmanager
def _waiting(words: str) -> Iterator[None]:
    if screen().is_terminal:
        with screen().status(words):
            yield
    else:
        yield


def _next(performance: Demo, *, kept: bool) -> None:
    """What to look at and try now."""
    _act("What to look at, what to try")
    say(f"  The report as a page:   {performance.html}")
    say(f"  The same for programs:  {performance.json}")
    if kept:
        say(f"  Ask for it again:       TRASLOCO_STATE_DIR={shlex.quote(str(performance.state))} trasloco report")
    else:
        say("  Keep the database too:  trasloco demo --keep demo")
    say("  Try your own accounts:  trasloco check accounts.csv")
    say("                          (a line for each: new address;old server;old login;password)")
    say("  Then move them:         trasloco migrate --help")
