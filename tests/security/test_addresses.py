"""A CSV in which somebody leads us inside: by every spelling, on the command line and in the panel. Nobody knocks at the door."""

from __future__ import annotations

import asyncio
import html
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.fix_wizard import WizardCast
from tests.security.conftest import Door
from tests.security.inside import NOWHERE, READABLE, UNREADABLE
from trasloco.imap.endpoint import Speech
from trasloco.plan.endpoints import parse_source
from trasloco.testing.scripted_server import ScriptedServer
from trasloco.testing.zone import Zone

COMMAND = Path(sys.executable).with_name("trasloco")
LINE = re.compile(r"^  line: (\d+) · (.*)$", re.MULTILINE)


def check(directory: Path, lines: Sequence[str], *options: str) -> dict[int, str]:
    """What ``trasloco check`` says of each line of a CSV."""
    file = directory / "accounts.csv"
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    surroundings = os.environ | {"TRASLOCO_STATE_DIR": str(directory / "state"), "NO_COLOR": "1"}
    done = subprocess.run(
        [str(COMMAND), "check", str(file), *options], env=surroundings, capture_output=True, text=True, timeout=240, check=False
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.returncode == 1, done.stdout
    found: dict[int, str] = {}
    for number, words in LINE.findall(done.stdout):
        if "gives the server by name" not in words:
            found[int(number)] = words
    return found


def line(number: int, server: str) -> str:
    return f'anna{number}@example.net;"{server}";anna{number};plum-lever-{number}'


def test_every_spelling_is_refused_with_its_line(tmp_path: Path, door: Door, zone: Callable[..., Zone]) -> None:
    zone()
    servers = [f"{host}:{door.port}" for host in (*UNREADABLE, *READABLE, *NOWHERE)]
    said = check(tmp_path, [line(number, server) for number, server in enumerate(servers, 1)])
    for number, server in enumerate(servers, 1):
        assert number in said, server
        if number <= len(UNREADABLE):
            assert "field: server" in said[number], server
        else:
            assert "side: source" in said[number], server
            words = "it was not contacted" if number <= len(UNREADABLE) + len(READABLE) else "is not known to the DNS"
            assert words in said[number], (server, said[number])
    assert len(said) == len(servers) > 100


def test_pop3_is_no_way_around(tmp_path: Path, door: Door, zone: Callable[..., Zone]) -> None:
    zone()
    servers = [f"pop3://{host}:{door.port}" for host in READABLE]
    assert {parse_source(server)[2] for server in servers} == {Speech.POP3}
    said = check(tmp_path, [line(number, server) for number, server in enumerate(servers, 1)])
    assert [number for number in range(1, len(servers) + 1) if "it was not contacted" not in said.get(number, "")] == []


def test_the_resolver_of_the_system_is_no_way_around(tmp_path: Path, door: Door) -> None:
    """It reads some numbers as addresses, and knows localhost."""
    servers = [f"{host}:{door.port}" for host in (*UNREADABLE, *READABLE) if ".example" not in host and "。example" not in host]
    said = check(tmp_path, [line(number, server) for number, server in enumerate(servers, 1)])
    assert sorted(said) == list(range(1, len(servers) + 1))


def test_private_addresses_that_are_allowed_are_not_those_of_a_cloud(tmp_path: Path, door: Door, zone: Callable[..., Zone]) -> None:
    zone()
    hosts = (
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "metadata.example",
        "wireserver.example",
        "this-host.example",
    )
    rows = [line(number, f"{host}:{door.port}") for number, host in enumerate((*hosts, "multicast.example"), 1)]
    said = check(tmp_path, rows, "--allow-private-addresses")
    assert [number for number in range(1, len(rows) + 1) if "it was not contacted" not in said.get(number, "")] == []


@pytest.mark.parametrize("port", [22, 25, 80, 443, 587, 5432, 6379, 8080, 11211])
def test_other_doors_are_not_tried_even_of_servers_that_are_allowed(tmp_path: Path, zone: Callable[..., Zone], port: int) -> None:
    zone()
    os.environ["TRASLOCO_ALLOW_PORTS"] = ""
    try:
        said = check(tmp_path, [line(1, f"127.0.0.1:{port}"), line(2, f"inside.example:{port}")], "--allow-private-addresses")
    finally:
        os.environ["TRASLOCO_ALLOW_PORTS"] = "1-65535"
    assert all(f"{port} is no usual port of IMAP or POP3" in said[number] and f"--allow-ports {port}" in said[number] for number in (1, 2))


def test_the_own_database_and_panel_are_closed_whatever_is_allowed(
    tmp_path: Path, door: Door, zone: Callable[..., Zone], monkeypatch: pytest.MonkeyPatch
) -> None:
    zone()
    rows = [
        line(number, f"{host}:{door.port}") for number, host in enumerate(("127.0.0.1", "inside.example", "[::1]", "mapped.example"), 1)
    ]
    options = ("--allow-private-addresses", "--allow-addresses", "0.0.0.0/0;::/0", "--allow-ports", "1-65535")
    for name, value, part in (
        ("DATABASE_URL", f"postgres://trasloco:secret@localhost:{door.port}/trasloco", "database"),
        ("DATABASE_URL", f"host=127.0.0.1 port={door.port} dbname=trasloco", "database"),
        ("TRASLOCO_PORT", str(door.port), "panel"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            said = check(tmp_path, rows, *options)
        assert all(f"is Trasloco's own {part}" in said[number] for number in (1, 2, 3, 4)), said


def test_a_range_lets_in_what_is_in_it_and_nothing_beside(tmp_path: Path, zone: Callable[..., Zone]) -> None:
    zone()

    async def play() -> dict[int, str]:
        async with ScriptedServer("S: * BYE come back later", host="127.0.0.2") as server:
            rows = [line(1, f"127.0.0.2:{server.port}"), line(2, f"127.0.0.3:{server.port}"), line(3, f"inside.example:{server.port}")]
            return await asyncio.to_thread(check, tmp_path, rows, "--tls", "off", "--allow-addresses", "127.0.0.2/32")

    said = asyncio.run(play())
    assert "come back later" in said[1]
    assert "it was not contacted" in said[2]
    assert "it was not contacted" in said[3]


REFERRALS = (
    """\
S: * BYE [REFERRAL imap://127.0.0.1:{port}/] I have moved
""",
    """\
S: * OK [REFERRAL imap://127.0.0.1:{port}/] hello
close
""",
    """\
S: * OK [CAPABILITY IMAP4rev1 LOGIN-REFERRALS] hello
C: t1 LOGIN anna1 plum-lever-1
S: t1 NO [REFERRAL imap://anna1@127.0.0.1:{port}/] Specified user is invalid on this server. Try there.
""",
    """\
S: * OK [CAPABILITY IMAP4rev1 LOGIN-REFERRALS] hello
C: t1 LOGIN anna1 plum-lever-1
S: t1 BAD [REFERRAL imap://anna1;AUTH=*@localhost:{port}/] Try there.
""",
    """\
S: * OK [CAPABILITY IMAP4rev1 MAILBOX-REFERRALS] hello
C: t1 LOGIN anna1 plum-lever-1
S: t1 OK [REFERRAL imap://anna1@127.0.0.1:{port}/] signed in, but your mail is there
close
""",
)


@pytest.mark.parametrize("answer", REFERRALS)
def test_a_referral_is_not_followed(tmp_path: Path, door: Door, answer: str) -> None:
    """RFC 2221, RFC 2193: not even where the policy would let us."""

    async def play() -> dict[int, str]:
        async with ScriptedServer(answer.format(port=door.port)) as server:
            rows = [line(1, f"127.0.0.1:{server.port}")]
            return await asyncio.to_thread(check, tmp_path, rows, "--tls", "off", "--allow-private-addresses")

    said = asyncio.run(play())
    assert "Source 127.0.0.1" in said[1]


# In the panel


@pytest.fixture
def strict(wizard: WizardCast) -> WizardCast:
    """An installation as it is after it was installed."""
    from trasloco.records.models import Installation

    Installation.objects.update(allow_private_addresses=False)
    return wizard


def test_the_panel_names_the_lines_it_cannot_read(strict: WizardCast, door: Door, zone: Callable[..., Zone]) -> None:
    zone()
    rows = [line(number, f"{host}:{door.port}") for number, host in enumerate(UNREADABLE, 1)]
    page = html.unescape(strict.give(strict.begin(), "\n".join(rows)).content.decode())
    named = [int(number) for number in re.findall(r'<td class="number" data-label="Line">(\d+)</td>', page)]
    assert named == list(range(1, len(rows) + 1))
    assert not strict.migration(strict.customer.migrations.get().code).accounts.exists()


def test_the_panels_check_refuses_every_spelling(strict: WizardCast, door: Door, zone: Callable[..., Zone]) -> None:
    zone()
    rows = [line(number, f"{host}:{door.port}") for number, host in enumerate(READABLE, 1)]
    code = strict.checked("\n".join(rows))
    accounts = strict.migration(code).accounts.select_related("check_result").order_by("line")
    found = {account.line: account.check_result.source for account in accounts}
    wrong = {READABLE[number - 1]: said for number, said in found.items() if said["code"] != "address-not-allowed"}
    assert wrong == {}
    assert all("it was not contacted" in said["words"] for said in found.values())
    assert len(found) == len(READABLE)
    page = html.unescape(strict.client.get(f"/migrations/new/{code}/check/").content.decode())
    assert "This address is not allowed" in page
