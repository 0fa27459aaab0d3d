from __future__ import annotations

import asyncio

import pytest

from trasloco.engine.own_ports import own_part


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "TRASLOCO_HOST", "TRASLOCO_PORT"):
        monkeypatch.delenv(name, raising=False)


def part(address: str, port: int) -> str:
    return asyncio.run(own_part(address, port))


@pytest.mark.parametrize(
    "url",
    [
        "postgres://trasloco:secret@127.0.0.1/trasloco",
        "postgresql://127.0.0.1:5432/trasloco?sslmode=require",
        "postgres:///trasloco?host=127.0.0.1",
        "postgres:///trasloco?host=localhost&port=5432",
        "postgres://198.41.0.4:9999,127.0.0.1:5432/trasloco",
        "postgres://u:p%40ss@[::1]:5432/trasloco",
        "host=127.0.0.1 dbname=trasloco password='two words'",
        "hostaddr=127.0.0.1 host=db.example port=5432 dbname=trasloco",
    ],
)
def test_the_database_of_a_url_is_known_by_every_address_of_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        assert part(address, 5432) == "database"
    assert part("127.0.0.1", 993) == ""


def test_a_database_elsewhere_is_known_by_its_address_in_any_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://trasloco@198.41.0.4:6432/trasloco")
    assert part("198.41.0.4", 6432) == part("::ffff:198.41.0.4", 6432) == "database"
    assert part("198.41.0.5", 6432) == part("127.0.0.1", 6432) == ""


@pytest.mark.parametrize("url", ["", "postgres://%2Frun%2Fpostgresql/trasloco", "host=/run/postgresql dbname=trasloco"])
def test_a_socket_of_the_file_system_is_no_port(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert part("127.0.0.1", 5432) == ""


@pytest.mark.parametrize("host", ["", "127.0.0.1", "0.0.0.0", "::", "localhost"])
def test_the_panel_is_known_wherever_it_listens(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_HOST", host)
    assert part("127.0.0.1", 8080) == part("::1", 8080) == "panel"
    monkeypatch.setenv("TRASLOCO_PORT", "8443")
    assert part("127.0.0.1", 8443) == "panel"
    assert part("127.0.0.1", 8080) == ""
    assert part("198.41.0.4", 8443) == ""


def test_a_database_that_cannot_be_looked_up_now_is_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://no..such.name:6432/trasloco")
    assert part("198.41.0.4", 6432) == "database"
