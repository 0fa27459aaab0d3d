"""The embedded server for real: first start, sharing, kills, moves, and the words when it cannot be had."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from trasloco.project import paths
from trasloco.project.database import Database, opened
from trasloco.records import cluster_home
from trasloco.records.cluster_home import ClusterHome
from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.records.postgres_binaries import PostgresBinaries
from trasloco.records.server_user import ServerUser

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
ROOT = os.geteuid() == 0


@pytest.fixture
def state() -> Iterator[Path]:
    """A state directory directly below /tmp, where the server's user may pass."""
    directory = Path(tempfile.mkdtemp(prefix="trasloco-pg-"))
    yield directory
    with_cluster = (directory / "postgres").exists() or (directory / "postgres.json").exists()
    if with_cluster:
        EmbeddedPostgres(directory).remove()
    shutil.rmtree(directory)


def ask(conninfo: str, question: str) -> object:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def keeper_pid(postgres: EmbeddedPostgres) -> int:
    keeper = postgres._keeper()
    assert keeper is not None
    return int(keeper["pid"])


USER = """
import sys
from pathlib import Path
from trasloco.records.embedded_postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])).running() as conninfo:
    print(conninfo, flush=True)
    sys.stdin.read()
"""


def other_process(state: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", USER, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def attached(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()


class TestEmbedded:
    def test_it_starts_remembers_and_stops(self, state: Path) -> None:
        postgres = EmbeddedPostgres(state)
        with postgres.running() as conninfo:
            ask(conninfo, "CREATE TABLE kept AS SELECT 42 AS answer")
            assert ask(conninfo, "SHOW fsync") == "on"
            assert ask(conninfo, "SHOW data_checksums") == "on"
            assert ask(conninfo, "SHOW listen_addresses") == ""
            assert ask(conninfo, "SELECT lower('ÄÖ')") in ("äö", "ÄÖ")
        assert postgres._keeper() is None
        assert postgres._server_pid() is None
        with postgres.running() as conninfo:
            assert ask(conninfo, "SELECT answer FROM kept") == 42

    def test_nobody_gets_in_without_the_password(self, state: Path) -> None:
        with EmbeddedPostgres(state).running() as conninfo:
            parts = psycopg.conninfo.conninfo_to_dict(conninfo)
            passfile = Path(str(parts.pop("passfile")))
            socket = Path(str(parts["host"]))
            assert "password" not in parts
            assert stat.S_IMODE(passfile.stat().st_mode) == 0o600
            assert stat.S_IMODE(socket.stat().st_mode) == 0o700
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(psycopg.conninfo.make_conninfo("", **parts, passfile="/nonexistent"))
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(psycopg.conninfo.make_conninfo("", **parts, password="wrong"))

    def test_the_first_of_two_may_leave_first(self, state: Path) -> None:
        first = other_process(state)
        conninfo = attached(first)
        second = EmbeddedPostgres(state)
        with second.running() as again:
            assert again == conninfo
            pid = keeper_pid(second)
            end(first)
            time.sleep(1.5)
            assert keeper_pid(second) == pid
            assert ask(again, "SELECT 1") == 1
        assert second._keeper() is None

    def test_many_may_come_at_once(self, state: Path) -> None:
        processes = [other_process(state) for _ in range(4)]
        assert len({attached(process) for process in processes}) == 1
        for process in processes:
            end(process)
        assert EmbeddedPostgres(state)._keeper() is None

    def test_a_killed_user_leaves_no_orphan(self, state: Path) -> None:
        process = other_process(state)
        attached(process)
        postgres = EmbeddedPostgres(state)
        process.kill()
        process.communicate()
        assert within(10, lambda: postgres._keeper() is None)
        assert within(10, lambda: postgres._server_pid() is None)

    @pytest.mark.parametrize("written", ["PG_VERSION", "postgresql.conf", "base/1/PG_VERSION"])
    def test_killed_while_the_cluster_is_made_it_makes_it_anew(self, state: Path, written: str) -> None:
        process = other_process(state)
        made = [path / "data.new" / written for path in (EmbeddedPostgres(state).home.path, state / "postgres")]
        assert within(30, lambda: any(path.exists() for path in made))
        process.kill()
        with EmbeddedPostgres(state).running() as conninfo:
            assert ask(conninfo, "SELECT 1") == 1
        process.communicate()

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the server follows its keeper on Linux only")
    def test_a_killed_keeper_takes_the_server_along_and_both_come_back(self, state: Path) -> None:
        postgres = EmbeddedPostgres(state)
        with postgres.running() as conninfo:
            ask(conninfo, "CREATE TABLE kept AS SELECT 42 AS answer")
            pid = keeper_pid(postgres)
            os.kill(pid, signal.SIGKILL)

            def back() -> bool:
                keeper = postgres._keeper()
                return keeper is not None and keeper["pid"] != pid

            assert within(15, back)
            assert within(5, lambda: answers(conninfo))
            assert ask(conninfo, "SELECT answer FROM kept") == 42
        assert postgres._keeper() is None

    def test_a_killed_server_is_started_again(self, state: Path) -> None:
        postgres = EmbeddedPostgres(state)
        with postgres.running() as conninfo:
            ask(conninfo, "CREATE TABLE kept AS SELECT 42 AS answer")
            server = postgres._server_pid()
            assert server is not None
            os.kill(server, signal.SIGKILL)
            assert within(20, lambda: postgres._server_pid() not in (None, server) and answers(conninfo))
            assert ask(conninfo, "SELECT answer FROM kept") == 42

    def test_a_stale_pid_file_of_a_stranger_is_no_obstacle(self, state: Path) -> None:
        postgres = EmbeddedPostgres(state)
        with postgres.running():
            content = (postgres.home.data / "postmaster.pid").read_text().splitlines()
        stranger = subprocess.Popen(["sleep", "60"])
        try:
            (postgres.home.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *content[1:]]) + "\n")
            with postgres.running() as conninfo:
                assert answers(conninfo)
        finally:
            stranger.kill()
            stranger.wait()

    def test_a_long_path_gets_a_short_socket(self, state: Path) -> None:
        long = state / ("a" * 100)
        long.mkdir(mode=0o755)
        state.chmod(0o755)
        postgres = EmbeddedPostgres(long)
        with postgres.running() as conninfo:
            assert answers(conninfo)
            assert str(psycopg.conninfo.conninfo_to_dict(conninfo)["host"]).startswith("/tmp/trasloco-")
        shutil.rmtree(postgres.home.socket_directory())
        postgres.remove()

    def test_no_descriptor_is_left_open(self, state: Path) -> None:
        before = open_descriptors()
        for _ in range(3):
            with EmbeddedPostgres(state).running():
                pass
        assert open_descriptors() <= before + 1


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir()) if sys.platform.startswith("linux") else 0


def answers(conninfo: str) -> bool:
    try:
        return ask(conninfo, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


class TestWhereItLives:
    def test_it_lives_in_the_state_directory_when_its_user_may_pass(self, state: Path) -> None:
        assert ClusterHome.open(state).path == state / "postgres"

    @pytest.mark.skipif(not ROOT, reason="only root has to lend PostgreSQL another user")
    def test_below_a_closed_directory_it_lives_elsewhere_and_a_note_says_so(self, state: Path, tmp_path: Path) -> None:
        closed = tmp_path / "state"
        postgres = EmbeddedPostgres(closed)
        try:
            with postgres.running() as conninfo:
                ask(conninfo, "CREATE TABLE kept AS SELECT 42 AS answer")
            assert postgres.home.path.is_relative_to(cluster_home.ELSEWHERE)
            assert (closed / "postgres.json").exists()
            with EmbeddedPostgres(closed).running() as conninfo:
                assert ask(conninfo, "SELECT answer FROM kept") == 42
        finally:
            postgres.remove()

    @pytest.mark.skipif(not ROOT, reason="only root has to lend PostgreSQL another user")
    def test_an_emptied_state_directory_does_not_get_the_old_data_back(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        closed = tmp_path / "state"
        old = ClusterHome.open(closed)
        shutil.rmtree(closed)
        new = ClusterHome.open(closed)
        assert new.path != old.path
        assert str(old.path) in caplog.text
        for home in (old, new):
            home.remove()

    @pytest.mark.skipif(not ROOT, reason="only root has to lend PostgreSQL another user")
    def test_a_lost_cluster_is_said_and_not_replaced(self, tmp_path: Path) -> None:
        home = ClusterHome.open(tmp_path / "state")
        shutil.rmtree(home.path)
        with pytest.raises(DatabaseUnavailable, match="is not there"):
            ClusterHome.open(tmp_path / "state")

    @pytest.mark.skipif(not ROOT, reason="only root has to lend PostgreSQL another user")
    def test_programs_its_user_cannot_reach_are_copied(self, state: Path, tmp_path: Path) -> None:
        found = PostgresBinaries.find({})
        package = found.directory.parent.parent
        closed = tmp_path / package.name / found.directory.parent.name
        shutil.copytree(found.directory.parent, closed, symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), tmp_path / f"{package.name}.libs")
        for _ in range(2):
            with EmbeddedPostgres(state, {"TRASLOCO_PG_BIN": str(closed / "bin")}).running() as conninfo:
                assert answers(conninfo)
        assert list((state / "postgres" / f"postgresql-{found.major}").glob("*/*/bin/postgres"))


class TestWords:
    def test_a_file_in_the_place_of_the_state_directory(self, state: Path) -> None:
        (state / "file").touch()
        with pytest.raises(DatabaseUnavailable, match="is a file"):
            paths.state_directory({"TRASLOCO_STATE_DIR": str(state / "file")})

    def test_programs_that_are_not_there(self, state: Path) -> None:
        with (
            pytest.raises(DatabaseUnavailable, match="TRASLOCO_PG_BIN must name"),
            EmbeddedPostgres(state, {"TRASLOCO_PG_BIN": "/nonexistent"}).running(),
        ):
            pass

    def test_a_server_that_refuses_its_files_says_why(self, state: Path) -> None:
        postgres = EmbeddedPostgres(state)
        with postgres.running():
            pass
        control = postgres.home.data / "global" / "pg_control"
        kept = control.read_bytes()
        control.write_bytes(b"broken")
        with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL said: .*control"), postgres.running():
            pass
        assert postgres._keeper() is None
        control.write_bytes(kept)

    def test_a_cluster_of_another_version(self, state: Path) -> None:
        postgres = EmbeddedPostgres(state)
        with postgres.running():
            pass
        version = postgres.home.data / "PG_VERSION"
        kept = version.read_text()
        version.write_text("12\n")
        with pytest.raises(DatabaseUnavailable, match="made by PostgreSQL 12"), postgres.running():
            pass
        version.write_text(kept)

    @pytest.mark.skipif(not ROOT, reason="only root can mount a small file system")
    def test_a_full_disk(self, state: Path) -> None:
        state.chmod(0o755)
        small = state / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", str(small)], capture_output=True).returncode:
            pytest.skip("a small file system cannot be mounted here")
        try:
            with pytest.raises(DatabaseUnavailable, match="is full"), EmbeddedPostgres(small / "state").running():
                pass
        finally:
            subprocess.run(["umount", str(small)], check=True)

    def test_a_url_that_is_none(self) -> None:
        with (
            pytest.raises(DatabaseUnavailable, match="DATABASE_URL is not understood"),
            opened({"DATABASE_URL": "postgres://host:port:1/x%"}),
        ):
            pass


@pytest.mark.skipif(not DEBIAN, reason="no PostgreSQL from Debian here")
def test_debians_programs_serve_as_well(state: Path) -> None:
    with EmbeddedPostgres(state, {"TRASLOCO_PG_BIN": str(DEBIAN[-1].parent)}).running() as conninfo:
        assert str(ask(conninfo, "SHOW server_version")).startswith(DEBIAN[-1].parent.parent.name)


def test_the_log_is_kept_short(state: Path) -> None:
    (state / "postgres.log").write_bytes(b"an old line\n" * 500_000)
    with EmbeddedPostgres(state).running():
        assert (state / "postgres.log").stat().st_size < 2 << 20


def test_a_database_url_is_taken_as_it_is() -> None:
    with opened({"DATABASE_URL": "postgres://me:pass%40word@db.example:6432/mail?sslmode=require"}) as database:
        assert database == Database("postgres://me:pass%40word@db.example:6432/mail?sslmode=require", embedded=False)
        django = database.django()
        assert (django["HOST"], django["PORT"], django["USER"], django["PASSWORD"], django["NAME"]) == (
            "db.example",
            "6432",
            "me",
            "pass@word",
            "mail",
        )
        assert django["OPTIONS"]["sslmode"] == "require"
        assert "pass" not in repr(database)


def test_the_state_directory_comes_from_the_environment(tmp_path: Path) -> None:
    assert paths.state_directory({"TRASLOCO_STATE_DIR": str(tmp_path / "a" / "b")}) == tmp_path / "a" / "b"
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert paths.state_directory({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "trasloco"
    assert paths.state_directory({"HOME": str(tmp_path)}) == tmp_path / ".local/state/trasloco"
    assert paths.state_directory({"HOME": str(tmp_path), "XDG_STATE_HOME": "relative"}) == tmp_path / ".local/state/trasloco"


def test_a_user_who_is_not_root_runs_it_himself() -> None:
    mine = ServerUser("", os.geteuid(), os.getegid(), lent=False)
    assert mine.can_enter(Path("/tmp"))
