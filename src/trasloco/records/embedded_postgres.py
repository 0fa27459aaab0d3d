"""PostgreSQL that needs no setting up: a server in the state directory, shared by our processes.

``with EmbeddedPostgres(state).running() as conninfo:`` - whoever comes first starts the server,
later processes attach, the last one out stops it. The conninfo holds no secret: the password is
in a 0600 file that it names.

How it stays whole (three lock files of the home, all ``flock``, so the kernel cleans up):
- ``start.lock``: one at a time looks, creates, starts.
- ``users.lock``: held shared by every user of the server.
- ``keeper.lock``: held by the keeper, the process that has the server as its child.

A user killed with SIGKILL drops his lock; the keeper stops the server when nobody is left. A killed
keeper takes the server with it, and the next of the users to notice (within a second) starts both
again; PostgreSQL recovers, and every committed row is there.

Errors: ``DatabaseUnavailable``, always with words for the operator.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from trasloco.records import postgres_keeper
from trasloco.records.cluster_home import SOCKET_NAME, ClusterHome
from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.postgres_binaries import PostgresBinaries

log = logging.getLogger(__name__)

NAME = "trasloco"  # of the database and of its owner
WATCH_SECONDS = 0.5
LOCK_SECONDS = 180.0
ANSWER_SECONDS = 10.0  # for a server whose keeper is there

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "checkpoint_completion_target": "0.9",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A worker frozen inside a transaction must not hold its row locks against the one that takes over.
    "idle_in_transaction_session_timeout": "60s",
    # A backup locks the partition of each migration, a restore their indexes, too.
    "max_locks_per_transaction": "256",
    "logging_collector": "off",
    "log_checkpoints": "off",
    # Statements carry addresses and folder names; they are not for the log.
    "log_min_error_statement": "panic",
}


class EmbeddedPostgres:
    """The server of one state directory, as one process uses it."""

    def __init__(self, state: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.state = state.absolute()
        self._environ = environ
        self._home: ClusterHome | None = None
        self._users: int | None = None
        self._starting: int | None = None
        self._watcher: threading.Thread | None = None
        self._leaving = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """The server's conninfo for as long as the block lasts. Raises ``DatabaseUnavailable``."""
        conninfo = self.attach()
        try:
            yield conninfo
        finally:
            self.leave()

    @property
    def home(self) -> ClusterHome:
        if self._home is None:
            self._home = ClusterHome.open(self.state)
        return self._home

    def attach(self) -> str:
        """Become a user of the server, starting it when it is not there; returns its conninfo."""
        try:
            with self._start_lock():
                self._users = os.open(self._path("users.lock"), os.O_RDWR | os.O_CREAT, 0o600)
                self._lock(self._users, fcntl.LOCK_SH)
                conninfo = self._ensure()
        except BaseException as error:
            self._drop_users()
            if isinstance(error, OSError):
                raise DatabaseUnavailable.from_os_error(error, self.state) from error
            raise
        self._leaving.clear()
        self._watcher = threading.Thread(target=self._watch, name="embedded-postgres", daemon=True)
        self._watcher.start()
        return conninfo

    def leave(self) -> None:
        """Stop using the server; the last one out stops it and waits until it is down."""
        self._leaving.set()
        if self._watcher:
            self._watcher.join()
            self._watcher = None
        if self._users is None:
            return
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # others still use it
        else:
            self._stop_keeper()
        finally:
            self._drop_users()

    def remove(self) -> None:
        """Delete the cluster with all its data. Nobody may be using it: raises ``DatabaseUnavailable``."""
        with self._start_lock():
            self._users = os.open(self._path("users.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop_keeper()
                self.home.remove()
                self._home = None
            except BlockingIOError as error:
                raise DatabaseUnavailable(f"The database of {self.state} is in use; stop what uses it first.") from error
            finally:
                self._drop_users()

    # -- starting -----------------------------------------------------------------------------

    def _ensure(self) -> str:
        """A server that answers; under the start lock. Starts one when no keeper is there."""
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            keeper = self._keeper() or self._launch()
            conninfo = self._conninfo(keeper["socket"], NAME)
            try:
                self._connect(conninfo).close()
            except psycopg.OperationalError as error:
                if 'database "trasloco" does not exist' in str(error):
                    with contextlib.closing(self._connect(self._conninfo(keeper["socket"], "postgres"))) as connection:
                        connection.execute(f"CREATE DATABASE {NAME}")
                elif time.monotonic() < until:
                    time.sleep(0.1)  # keeper or server may have been killed just now: the next look starts them again
                    continue
                else:
                    raise DatabaseUnavailable(
                        f"The embedded database runs but does not let us in: {str(error).strip()}. Its log is {self.home.server_log}."
                    ) from error
            return conninfo

    def _launch(self) -> dict[str, Any]:
        """Start a keeper with its server and wait until it is ready."""
        home = self.home
        binaries = PostgresBinaries.find(self._environ).reachable(home.user, home.path)
        self._clear_the_way()
        if not home.data.exists():
            self._create_cluster(binaries)
        made_by = (home.data / "PG_VERSION").read_text().strip()
        if made_by != str(binaries.major):
            raise DatabaseUnavailable(
                f"The database in {home.data} was made by PostgreSQL {made_by}, but {binaries.directory} is PostgreSQL "
                f"{binaries.major}. Set TRASLOCO_PG_BIN to the programs of PostgreSQL {made_by}, or upgrade it with pg_upgrade."
            )
        socket = home.socket_directory()
        settings = SERVER_SETTINGS | {"unix_socket_directories": str(socket)}
        if binaries.major >= 18:
            settings["io_method"] = "sync"  # no extra processes for reading ahead
        command = [str(binaries.directory / "postgres"), "-D", str(home.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        words = self._run_keeper(command, socket)
        if words != "ready":
            self._wait_for_keeper_to_go(5.0)
            raise DatabaseUnavailable(self._why(words.removeprefix("failed").strip()))
        keeper = self._keeper()
        if keeper is None:
            raise DatabaseUnavailable(f"The embedded database stopped at once. Its log is {home.server_log}.")
        return keeper

    def _run_keeper(self, command: list[str], socket: Path) -> str:
        """Hand the order to a keeper; returns its one line of status."""
        reading, writing = os.pipe()
        home = self.home
        order = {
            "command": command,
            "uid": home.user.uid if home.user.lent else None,
            "gid": home.user.gid if home.user.lent else None,
            "data": str(home.data),
            "socket": str(socket),
            "log": str(home.server_log),
            "users_lock": self._path("users.lock"),
            "keeper_lock": self._path("keeper.lock"),
            "status": writing,
        }
        script = str(Path(postgres_keeper.__file__).resolve())
        with os.fdopen(reading, "rb") as status:
            try:
                subprocess.run(  # noqa: S603 - our own interpreter and script
                    [sys.executable, "-I", "-S", script, json.dumps(order)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(writing,),
                    start_new_session=True,
                    cwd="/",
                    env=self._environment(),
                    check=True,
                )
            except subprocess.CalledProcessError as error:
                raise DatabaseUnavailable(f"The keeper of the embedded database could not be started ({error}).") from error
            finally:
                os.close(writing)
            return status.readline().decode("utf-8", "replace").strip()

    def _environment(self) -> dict[str, str]:
        """What the programs need and no more: ours may hold a password."""
        given = {name: self._environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in self._environ}
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"} | given

    def _create_cluster(self, binaries: PostgresBinaries) -> None:
        """initdb beside, then rename: a half-made cluster is never taken for a whole one."""
        home = self.home
        unfinished = home.path / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = home.path / "pwfile"
        password.touch(0o600)
        password.write_text(home.password() + "\n")
        home.user.own(password)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if binaries.major >= 17 else ["--locale=C"]
        command = [str(binaries.directory / "initdb"), "-D", str(unfinished), "-U", NAME, f"--pwfile={password}", "--auth=scram-sha-256"]
        command += ["--encoding=UTF8", "--data-checksums", "--no-instructions", *locale]
        lent: dict[str, Any] = {"user": home.user.uid, "group": home.user.gid, "extra_groups": []} if home.user.lent else {}
        assert self._starting is not None, "a cluster is made under the start lock"
        try:
            done = subprocess.run(  # noqa: S603 - our own command, no shell
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                cwd="/",
                env=self._environment(),
                # It holds the lock as well: killed, we leave it at work, and the next one must not begin beside it.
                pass_fds=(self._starting,),
                **lent,
            )
        finally:
            password.unlink(missing_ok=True)
        if done.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise DatabaseUnavailable(self._why(done.stderr.strip()[-1000:]))
        unfinished.rename(home.data)

    def _clear_the_way(self) -> None:
        """No keeper is there: wait for a server that still shuts down, end an orphan, drop what it left behind."""
        pid: int | None = None
        for patience, number in ((10.0, None), (30.0, signal.SIGINT), (5.0, signal.SIGQUIT)):
            end = time.monotonic() + patience
            pid = self._server_pid()
            if pid is not None and number is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            while pid is not None and time.monotonic() < end:
                time.sleep(0.02)
                pid = self._server_pid()
            if pid is None:
                break
        if pid is not None and _command(pid):
            raise DatabaseUnavailable(f"An old PostgreSQL still works in {self.home.data} and does not stop. End it, then start again.")
        if pid is not None:  # killed, and nobody on this machine looks after such processes: it will never go
            (self.home.data / "postmaster.pid").unlink(missing_ok=True)
        # It names the old server's process, whose number may be another's by now: no new server would start beside it.
        (self.home.socket_directory() / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _server_pid(self) -> int | None:
        """The server's process if it lives, or was killed and is still listed: PostgreSQL takes that for alive, too.

        Removes a pid file that another process's number made look alive.
        """
        file = self.home.data / "postmaster.pid"
        try:
            pid = int(file.read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        command = _command(pid)
        if command and os.fsencode(self.home.data) not in command:
            file.unlink(missing_ok=True)
            return None
        return pid

    # -- attending ----------------------------------------------------------------------------

    def _watch(self) -> None:
        """Start the server again when its keeper was killed while we use it."""
        while not self._leaving.wait(WATCH_SECONDS):
            try:
                if self._keeper() is None:
                    with self._start_lock():
                        self._ensure()
                    log.warning("the embedded database had stopped and was started again")
            except (DatabaseUnavailable, OSError, psycopg.Error) as error:
                log.warning("the embedded database has stopped and cannot be started again: %s", error)
                self._leaving.wait(5.0)

    def _keeper(self) -> dict[str, Any] | None:
        """What the living keeper says of itself, None when there is none."""
        handle = os.open(self._path("keeper.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(ValueError):
                found: dict[str, Any] = json.loads(os.pread(handle, 4096, 0))
                return found
            return None
        else:
            return None
        finally:
            os.close(handle)

    def _stop_keeper(self) -> None:
        keeper = self._keeper()
        if keeper is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(keeper["pid"], signal.SIGTERM)
        self._wait_for_keeper_to_go(LOCK_SECONDS)

    def _wait_for_keeper_to_go(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._keeper() is not None and time.monotonic() < end:
            time.sleep(0.01)

    # -- small parts --------------------------------------------------------------------------

    def _path(self, name: str) -> str:
        return str(self.home.path / name)

    def _conninfo(self, socket: str, database: str) -> str:
        passfile = str(self.home.password_file)
        return make_conninfo(host=socket, port=5432, user=NAME, dbname=database, passfile=passfile, sslmode="disable")

    def _connect(self, conninfo: str) -> psycopg.Connection[Any]:
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=30)

    @contextlib.contextmanager
    def _start_lock(self) -> Iterator[None]:
        handle = os.open(self._path("start.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._lock(handle, fcntl.LOCK_EX)
            self._starting = handle
            yield
        finally:
            self._starting = None
            os.close(handle)

    def _lock(self, handle: int, kind: int) -> None:
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > end:
                    raise DatabaseUnavailable(
                        f"Another process has been starting or stopping the database of {self.state} for {LOCK_SECONDS:.0f} seconds. "
                        "End it, then start again."
                    ) from None
                time.sleep(0.02)

    def _drop_users(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _why(self, words: str) -> str:
        """A failed start in the operator's terms."""
        remedy = f"Its log is {self.home.server_log}."
        if "No space left on device" in words:
            remedy = f"The disk that holds {self.home.path} is full: make room there, then start again; nothing is lost."
        elif "Permission denied" in words:
            remedy = f"{self.home.path} must belong to the user {self.home.user.name or 'who runs Trasloco'}."
        elif "shared memory" in words:
            remedy = "The machine has no shared memory left: free some, or set DATABASE_URL to a server of your own."
        return f"The embedded database did not start. {remedy} PostgreSQL said: {words or 'nothing'}"


def _command(pid: int) -> bytes:
    """Of a process: its words; b"" of one that has ended or was killed, and where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
