"""Who copies: Trasloco, the floor beneath it, and what administrators use.

A mover turns accounts into commands. Whatever it keeps from one run to the next is in the directory it is
given, one for each mover and round. Peers are Debian's packages, unpacked and not installed.
"""

from __future__ import annotations

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ends import End, Ends
from bench.running import Command
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.packages import PackageTree


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be copied. run: from 1. directory: the mover's own. nothing_new: both sides are known to be equal.

    destination_server: for the one mover that writes into its store. state: of Trasloco's database.
    """

    accounts: Sequence[Ends]
    at_once: int
    run: int
    directory: Path
    destination_server: Dovecot
    state: Path
    nothing_new: bool = False

    @property
    def errors(self) -> Path:
        return self.directory / "errors"


class Mover(ABC):
    """name: for options and files. title: for people. slow: one round is enough where it takes long."""

    name: str
    title: str
    further_runs = True  # can it run again and bring only what is new?

    @abstractmethod
    def commands(self, task: Task) -> list[Command]: ...


class Program(Mover):
    """A program of ours, for all accounts at once."""

    module: str

    def commands(self, task: Task) -> list[Command]:
        words = {"accounts": [ends.as_json() for ends in task.accounts], "at_once": task.at_once, **self.options(task)}
        environment = os.environ | {"TRASLOCO_STATE_DIR": str(task.state), "TRASLOCO_MASTER_KEY_FILE": str(task.state / "master.key")}
        environment.pop("DATABASE_URL", None)
        # In a file: the accounts of a large migration are more than a command line holds.
        file = task.directory / f"task-{task.run}.json"
        file.write_text(json.dumps(words), "utf-8")
        command = (sys.executable, "-m", f"bench.programs.{self.module}", str(file))
        return [Command(command, task.errors, environment, waits=True)]

    def options(self, task: Task) -> dict[str, object]:
        return {}


class Trasloco(Program):
    """The engine in a worker that is up, ledger in PostgreSQL."""

    name, title, module = "trasloco", "Trasloco", "worker"
    ledger = "postgres"

    def options(self, task: Task) -> dict[str, object]:
        return {"run": task.run, "ledger": self.ledger}


class TraslocoInMemory(Trasloco):
    """The same with the ledger of ``trasloco copy``: what the database costs."""

    name, title = "trasloco-memory", "Trasloco, ledger in memory"
    ledger, further_runs = "memory", False


class TraslocoCopy(Mover):
    """The command, with its start-up: a process for each account."""

    name, title, further_runs = "copy", "trasloco copy (with start-up)", False

    def commands(self, task: Task) -> list[Command]:
        program = str(Path(sys.executable).with_name("trasloco"))
        found = []
        for ends in task.accounts:
            words = [program, "copy", "--tls", "pin" if ends.source.tls else "off"]
            for word, end in (("from", ends.source), ("to", ends.destination)):
                scheme = "imaps" if end.tls else "imap"
                words += [f"--{word}", f"{scheme}://{end.user}@localhost:{end.port}"]
            passwords = {"TRASLOCO_FROM_PASSWORD": ends.source.password, "TRASLOCO_TO_PASSWORD": ends.destination.password}
            found.append(Command(tuple(words), task.errors, os.environ | passwords))
        return found


class Floor(Program):
    """See ``programs.floor``."""

    module = "floor"

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self.name = f"floor-{connections}"
        self.title = f"floor, {connections} connection{'s' if connections > 1 else ''}"

    def options(self, task: Task) -> dict[str, object]:
        return {"connections": self._connections, "nothing_new": task.nothing_new}


class Lockstep(Program):
    """See ``programs.lockstep``."""

    name, title, module = "lockstep", "model of imapsync", "lockstep"


class Mbsync(Mover):
    """isync's mbsync, one process for each account."""

    name, title = "mbsync", "mbsync"

    def commands(self, task: Task) -> list[Command]:
        tree = PackageTree.obtain("isync", "isync")
        sync = "Channel all\nFar :source:\nNear :destination:\nPatterns *\nCreate Near\nSync Pull\nCopyArrivalDate yes"
        found = []
        for ends in task.accounts:
            directory = task.directory / ends.source.user
            directory.mkdir(exist_ok=True)
            config = directory / "mbsyncrc"
            stores = [_mbsync_store(word, end) for word, end in (("source", ends.source), ("destination", ends.destination))]
            config.write_text("\n".join([*stores, f"{sync}\nSyncState {directory}/state-\n"]), "utf-8")
            words = (str(tree.root / "usr/bin/mbsync"), "-q", "-c", str(config), "-a")
            found.append(Command(words, task.errors, tree.environment() | {"HOME": str(directory)}))
        return found


def _mbsync_store(name: str, end: End) -> str:
    quoted = end.password.replace("\\", "\\\\").replace('"', '\\"')
    tls = f"SSLType IMAPS\nCertificateFile {end.ca_file}" if end.tls else "SSLType None"
    host = "localhost" if end.tls else end.host
    account = f'IMAPAccount {name}\nHost {host}\nPort {end.port}\nUser "{end.user}"\nPass "{quoted}"\n{tls}\nAuthMechs LOGIN\nTimeout 600'
    return f"{account}\n\nIMAPStore {name}\nAccount {name}\n"


class Doveadm(Mover):
    """``doveadm backup`` on the destination's machine: no IMAP there, it writes into the store."""

    name, title = "doveadm", "doveadm backup"

    def commands(self, task: Task) -> list[Command]:
        tree = PackageTree.obtain("dovecot", "dovecot-core", "dovecot-imapd")
        config = task.destination_server.directory / "dovecot.conf"
        found = []
        for ends in task.accounts:
            end = ends.source
            options = {"imapc_host": end.host, "imapc_port": end.port, "imapc_user": end.user, "imapc_password": end.password}
            options |= {"imapc_ssl": "imaps" if end.tls else "no", "imapc_ssl_verify": "no", "mail_prefetch_count": 20}
            options |= {"imapc_features": "rfc822.size fetch-headers fetch-bodystructure"}
            # What doveadm itself would run first, but by the fixed path /usr/bin/doveconf.
            words = [str(tree.root / "usr/bin/doveconf"), "-f", "service=doveadm", "-c", str(config), "-m", "doveadm", "-e"]
            words.append(str(tree.root / "usr/bin/doveadm"))
            words += [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
            words += ["backup", "-R", "-u", ends.destination.user, "imapc:"]
            found.append(Command(tuple(words), task.errors, tree.environment(), directory=task.destination_server.directory / "run"))
        return found


class OfflineImap(Mover):
    """offlineimap3 between two IMAP servers, one process for each account."""

    name, title = "offlineimap", "offlineimap3"

    def commands(self, task: Task) -> list[Command]:
        tree = PackageTree.obtain("offlineimap", "offlineimap3", "python3-imaplib2", "python3-rfc6555", "python3-distro", "python3-six")
        found = []
        for ends in task.accounts:
            directory = task.directory / ends.source.user
            directory.mkdir(exist_ok=True)
            sections = ["[general]\naccounts = one\nui = quiet\nmaxsyncaccounts = 1\n" + f"metadata = {directory}/metadata\n"]
            sections.append("[Account one]\nlocalrepository = destination\nremoterepository = source\n")
            sections += [_offlineimap_repository(word, end) for word, end in (("source", ends.source), ("destination", ends.destination))]
            config = directory / "offlineimaprc"
            config.write_text("\n".join(sections), "utf-8")
            words = ("/usr/bin/python3", str(tree.root / "usr/bin/offlineimap"), "-c", str(config), "-o", "-1", "-u", "quiet")
            environment = {"HOME": str(directory), "PYTHONPATH": f"{tree.root}/usr/lib/python3/dist-packages", "LANG": "C.UTF-8"}
            found.append(Command(words, task.errors, environment))
        return found


def _offlineimap_repository(name: str, end: End) -> str:
    secret = end.password.replace("%", "%%")
    tls = f"ssl = yes\nsslcacertfile = {end.ca_file}\n" if end.tls else "ssl = no\nstarttls = no\n"
    readonly = "readonly = True\n" if name == "source" else ""
    head = f"[Repository {name}]\ntype = IMAP\nremotehost = localhost\nremoteport = {end.port}\nauth_mechanisms = PLAIN, LOGIN\n"
    return head + f"remoteuser = {end.user}\nremotepass = {secret}\nmaxconnections = 1\n{tls}{readonly}"


MOVERS: tuple[Mover, ...] = (
    Floor(1),
    Floor(4),
    Trasloco(),
    TraslocoInMemory(),
    TraslocoCopy(),
    Mbsync(),
    Doveadm(),
    OfflineImap(),
    Lockstep(),
)
