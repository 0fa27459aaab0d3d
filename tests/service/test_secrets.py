"""After a whole story no password is anywhere but where it belongs: not in dump, data, log, mails, processes, pages or downloads."""

from __future__ import annotations

import base64
import io
import json
import re
import ssl
import subprocess
import urllib.parse
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from tests.service.conftest import Records, processes, wait_until
from tests.service.traces import found_in
from tests.service.visitor import Visitor
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.records.postgres_binaries import PostgresBinaries
from trasloco.testing.certificates import Certificate
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mail_sink import MailSink
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.service import Service

SOURCE = "the source's password"
SECRETS = {
    "the superuser's password": 'Grünkohl & "Speck" <7%+ =\'x',
    "the source's password": 'Qüelle;"42" <&>%+ =\'\\ §end',
    "a wrong password": 'Wröng;"17" <&>%+ =\'\\ §no',
    "a password of a line that is refused": 'Bäd;line"99" <&>',
    "the master's password": 'Mäster "9" <&>%+ =\'\\ §key',
    "the password of the mail server": 'Smtp "3" <&>%+ =\'\\ §ümlaut',
    "a password that nobody has": 'Nöbody "5" <&>%+ =\'\\ §guess',
}


def quoted(name: str) -> str:
    """One of them as a field of the CSV."""
    return '"' + SECRETS[name].replace('"', '""') + '"'


@pytest.fixture
def source() -> Iterator[Dovecot]:
    with Dovecot(password=SECRETS["the source's password"]) as server:
        yield server


@pytest.fixture
def destination() -> Iterator[Dovecot]:
    with Dovecot(master=("migrator", SECRETS["the master's password"])) as server:
        yield server


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    """Wants TLS and a password."""
    (tmp_path / "certificate").mkdir()
    certificate = Certificate.make(tmp_path / "certificate", self_signed=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)

    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == SECRETS["the password of the mail server"].encode(), handled=False)

    with MailSink(authenticator=authenticator, auth_required=True, tls_context=context) as sink:
        yield sink


class Watch:
    """Everything that was seen of the service, by where it was seen."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.places: dict[str, bytes] = {}

    def look(self, when: str) -> None:
        """Processes (their words and environments), a dump of the database, all files of the state and of the cluster."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    self.places[f"command line of {entry.name} {when}"] = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
        for name, pid in processes(self.service).items():
            with suppress(PermissionError):  # closed to all but root by the service itself
                self.places[f"environment of the {name} {when}"] = Path(f"/proc/{pid}/environ").read_bytes()
        with EmbeddedPostgres(self.service.state).running() as conninfo:
            pg_dump = PostgresBinaries.find({}).directory / "pg_dump"
            dumped = subprocess.run([str(pg_dump), "--dbname", conninfo, "--inserts"], capture_output=True, check=True, timeout=120)
            self.places[f"dump {when}"] = dumped.stdout
        assert b"trasloco_migration" in dumped.stdout
        for root in (self.service.state, EmbeddedPostgres(self.service.state).home.path):
            self.places |= {f"{path} {when}": _read(path) for path in root.rglob("*") if path.is_file()}


def _read(path: Path) -> bytes:
    """Without its long stretches of zeros: most of a database's files are."""
    try:
        return re.sub(rb"\0{64,}", b"\0" * 64, path.read_bytes())
    except OSError:
        return b""  # gone meanwhile


def _unpacked(body: bytes) -> bytes:
    """A zip as what is in it."""
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


def test_every_shape_would_be_found() -> None:
    secret = SECRETS["the source's password"]
    raw = secret.encode()
    carried = [
        raw,
        base64.b64encode(b"\0anna\0" + raw),
        base64.b64encode(b"\0ann\0" + raw + b"x"),
        base64.urlsafe_b64encode(b"\0an\0" + raw),
        urllib.parse.quote(secret, safe="").encode(),
        urllib.parse.urlencode({"password": secret}).encode(),
        json.dumps({"password": secret}).encode(),
        b"\\x" + raw.hex().encode(),
        repr({"password": secret}).encode(),
        secret.encode("utf-16-le"),
    ]
    for data in carried:
        assert found_in({"here": b"before " + data + b" after"}, [("it", secret)]) == ["it in here"], data
    assert found_in({"here": b"nothing"}, [("it", secret)]) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_password_is_left_anywhere(tmp_path: Path, source: Dovecot, destination: Dovecot, sink: MailSink) -> None:
    for user in ("anna", "bruno"):
        with MailboxFiller(source.host, source.port, f"{user}@old.example", source.password) as filler:
            filler.fill(Letters(user), 8, (("INBOX",), ("Archive",)))
    with Service(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "certificate" / "ca.pem"), "TRASLOCO_DNS": "127.0.0.1:9"}) as service:
        watch, visitor = Watch(service), Visitor(service.address)
        records = Records(service)
        _set_up(visitor, service, destination, sink)
        code = _prepare(visitor, records, source)
        watch.look("while it is prepared")
        _migrate(visitor, records, code, watch)
        sink.wait(lambda mail: "has ended" in str(mail["Subject"]), 120)
        _look_around(visitor, code)
        visitor.send(f"/migrations/{code}/delete/")
        wait_until(lambda: records.ask("SELECT count(*) FROM trasloco_migration") == [(0,)], "the migration went")
        watch.look("in the end")
        service.stop()
        watch.look("after the stop")
        places = watch.places | {"the terminal": service.output.encode()}
        for number, mail in enumerate(sink.mails):
            parts = [part.get_payload(decode=True) for part in mail.walk()]
            places[f"mail {number}: {mail['Subject']}"] = mail.as_bytes() + b"".join(part for part in parts if isinstance(part, bytes))
        # The form of the CSV gives back to the person what he has typed and what was refused: that is where it belongs.
        answers = [answer for answer in visitor.answers if not re.search(r"/new/\w+/csv/$", answer.address)]
        places |= {
            f"answer {number} of {answer.address} ({answer.status})": _unpacked(answer.body) for number, answer in enumerate(answers)
        }
    assert len(sink.mails) >= 4
    assert {answer.status for answer in answers} >= {200, 403, 404}
    seen = " ".join(found_in(places, [("an address", "bruno@new.example")]))  # which is no secret: they were all looked at
    for place in ("dump while it is planned", "trasloco.log in the end", "answer ", "mail "):
        assert re.search(f"an address in [^ ]*{place}", seen), (place, seen)
    assert found_in(places, SECRETS.items()) == []


def _set_up(visitor: Visitor, service: Service, destination: Dovecot, sink: MailSink) -> None:
    """Superuser, mail server, destination system, customer, domain; and what goes wrong on the way."""
    superuser = SECRETS["the superuser's password"]
    visitor.send(service.first_link, email="op@operator.example", password=superuser)
    stranger = Visitor(service.address)
    stranger.send("/account/login/", login="op@operator.example", password=SECRETS["a password that nobody has"])
    stranger.post("/account/login/", {"login": "op@operator.example", "password": superuser})  # without the token: 403
    visitor.answers += stranger.answers
    mail = {"smtp_host": sink.host, "smtp_port": str(sink.port), "smtp_security": "starttls", "smtp_user": "trasloco"}
    wrong = {**mail, "smtp_password": SECRETS["the password of the mail server"], "mail_from": "no address"}
    visitor.send("/installation/", **wrong)
    right = {**wrong, "mail_from": "Trasloco <op@operator.example>", "public_url": service.address}
    visitor.send("/installation/", **right, allow_private_addresses="on")
    system = {"name": "Ours", "host": destination.host, "port": str(destination.port), "security": "plain", "trust": "verify"}
    master = {"form": "master", "user": "migrator", "separator": "*", "password": SECRETS["the master's password"]}
    visitor.send("/destinations/new/", **{**system, **master, "host": "no host!"})
    visitor.send("/destinations/new/", **system, **master)
    visitor.send("/customers/", name="Example Ltd")
    visitor.send("/customers/1/", having=["destination_system"], name="new.example")


def _prepare(visitor: Visitor, records: Records, source: Dovecot) -> str:
    """CSV with lines that are refused, then one with a wrong password, the check, its correction; planned. Returns the code."""
    answer = visitor.send("/migrations/new/", source_type="standard", source_tls="off")
    code = answer.address.split("/")[-3]
    where = f"{source.host}:{source.port}"
    anna = f"anna@new.example;{where};anna@old.example;{quoted(SOURCE)}"
    bruno = f"bruno@new.example;{where};bruno@old.example;{quoted('a wrong password')}"
    refused = f"carla@elsewhere.example;{where};carla;{quoted('a password of a line that is refused')}"
    csv, check = f"/migrations/new/{code}/csv/", f"/migrations/new/{code}/check/"
    visitor.send(csv, text="\n".join([anna, refused, f"x;{SECRETS['a password of a line that is refused']}"]))
    answer = visitor.send(csv, text="\n".join([anna, bruno]))
    assert answer.address.endswith(check), answer.text
    states = "SELECT state FROM trasloco_login_check ORDER BY account_id"
    wait_until(lambda: records.ask(states) == [("ok",), ("failed",)], f"the wrong password was found: {records.ask(states)}")
    visitor.get(check)
    account = records.ask("SELECT account_id FROM trasloco_login_check WHERE state = 'failed'")[0][0]
    visitor.send(f"{check}{account}/", having=["login"], password=SECRETS["the source's password"])
    wait_until(lambda: records.ask(states) == [("ok",), ("ok",)], "the correction was found right")
    visitor.send(f"/migrations/new/{code}/when/", start="now", second="360", verification="all")
    return code


def _migrate(visitor: Visitor, records: Records, code: str, watch: Watch) -> None:
    """Both runs, the second an hour earlier than planned."""
    visitor.send(f"/migrations/new/{code}/review/")
    watch.look("while it is planned")
    wait_until(lambda: records.states(code) == ["completed", "planned"], f"the first run ended {records.states(code)}")
    watch.look("after the first run")
    records.ask("UPDATE trasloco_run SET due_at = now() WHERE status = 'planned'")
    wait_until(lambda: records.states(code) == ["completed", "completed"], f"the second run ended {records.states(code)}")


def _look_around(visitor: Visitor, code: str) -> None:
    """Every page there is a link to, logs and proofs too, up to a bound; and some there are not."""
    waiting, seen = [visitor.address + "/", f"{visitor.address}/migrations/{code}/", f"{visitor.address}/history/"], set[str]()
    while waiting and len(seen) < 80:
        address = waiting.pop(0)
        if address in seen or not address.startswith(visitor.address) or "/logout" in address or "/static/" in address:
            continue
        seen.add(address)
        waiting += visitor.get(address).links
    assert any("/log/" in address for address in seen), seen
    visitor.get(f"/migrations/{code}/accounts/999999/")
    visitor.get("/nowhere/")
