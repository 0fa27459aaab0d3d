"""Bodies of any size against the real panel: refused at once, nothing in its memory, nothing on the disk."""

from __future__ import annotations

import http.client
import re
import socket
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from trasloco.testing.ready_cluster import ReadyCluster
from trasloco.testing.service import Service

GIB = 1024**3
MIB = 1024**2
SECONDS = 30.0
"""Until the answer is there; it comes in a moment, but the machine may be busy."""

PASSWORD = "a long password 1"


@dataclass
class Panel:
    """The panel's process, and what it writes to. cookie, code: of the operator who has begun a draft."""

    service: Service
    pid: int
    temporary: Path
    cookie: str = ""
    csrf: str = ""
    code: str = ""

    def memory(self) -> int:
        """The most that was ever resident, bytes."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found[1]) * 1024

    def files(self) -> list[str]:
        """What it holds open or left lying where temporary files go, unlinked ones too."""
        held = []
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                held.append(str(link.readlink()))
            except OSError:
                continue
        return [name for name in held if name.startswith(str(self.temporary))] + [str(path) for path in self.temporary.iterdir()]

    def head(self, path: str, length: str, content_type: str = "application/octet-stream") -> bytes:
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.service.port}",
            f"Cookie: {self.cookie}",
            f"X-CSRFToken: {self.csrf}",
            f"Content-Type: {content_type}",
            length,
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def send(self, path: str, length: str, piece: bytes, times: int) -> tuple[int, str, int]:
        """Status, page and the number of pieces that were sent before the answer came or the line was cut."""
        with socket.create_connection(("127.0.0.1", self.service.port), SECONDS) as line:
            line.sendall(self.head(path, length))
            answer, sent, cut, until = b"", 0, False, time.monotonic() + SECONDS
            while not answer and time.monotonic() < until:
                try:
                    if sent < times and not cut:
                        line.settimeout(SECONDS)
                        line.sendall(piece)
                        sent += 1
                except OSError:
                    cut = True
                line.settimeout(SECONDS if cut or sent == times else 0.001)
                try:
                    answer = line.recv(65536)
                except TimeoutError:
                    continue
                except OSError:
                    break
            line.settimeout(2.0)
            while b"</html>" not in answer:
                try:
                    more = line.recv(65536)
                except OSError:
                    break
                if not more:
                    break
                answer += more
        status = int(answer.split(b" ", 2)[1]) if answer else 0
        return status, answer.decode("utf-8", "replace"), sent


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory, ready_cluster: ReadyCluster) -> Iterator[Panel]:
    directory = tmp_path_factory.mktemp("service")
    ready_cluster.lay(directory / "state")
    temporary = directory / "temporary"
    temporary.mkdir()
    with Service(directory, {"TMPDIR": str(temporary)}) as service:
        assert service.process is not None
        found = Panel(service, _child(service.process.pid, "panel"), temporary)
        _sign_in(found)
        yield found


def _child(parent: int, word: str) -> int:
    """The id of the process that ``parent`` started with this word in its command line."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            words = (status.parent / "cmdline").read_bytes().split(b"\0")
            if f"PPid:\t{parent}\n" in status.read_text() and word.encode() in words:
                return int(status.parent.name)
        except OSError:
            continue
    raise LookupError(word)


def _sign_in(panel: Panel) -> None:
    """A superuser with a customer, and a draft of his, by the pages alone."""
    panel.service.run("superuser", "operator@example.net", "--password-file", "-", stdin=PASSWORD)
    jar: dict[str, str] = {}

    def ask(method: str, path: str, values: dict[str, str] | None = None) -> tuple[str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", panel.service.port, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()), "X-CSRFToken": jar.get("csrftoken", "")}
        body = urllib.parse.urlencode(values) if values else None
        connection.request(method, path, body, headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {}))
        answer = connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            jar[name] = value
        connection.close()
        return answer.headers.get("Location") or "", page

    ask("GET", "/account/login/")
    ask("POST", "/account/login/", {"login": "operator@example.net", "password": PASSWORD})
    ask("POST", "/customers/", {"name": "Alice", "language": "en", "time_zone": "UTC"})
    _where, page = ask("GET", "/migrations/new/")
    customer = re.search(r'<option value="(\d+)"', page)
    assert customer, page
    where, page = ask("POST", "/migrations/new/", {"source_type": "standard", "source_tls": "verify", "customer": customer[1]})
    assert "/csv/" in where, page
    panel.cookie, panel.csrf = "; ".join(f"{name}={value}" for name, value in jar.items()), jar["csrftoken"]
    panel.code = where.split("/")[3]


def test_two_gigabytes_that_say_so_are_refused_before_they_come(panel: Panel) -> None:
    before = panel.memory()
    status, page, sent = panel.send(f"/migrations/new/{panel.code}/csv/", f"Content-Length: {2 * GIB}", b"x" * MIB, 2048)
    assert status == 413
    assert "What was sent is larger than 2 MB, which no list of accounts is." in page
    assert sent < 64
    assert panel.memory() - before < 48 * MIB
    assert panel.files() == []


def test_a_stream_without_a_length_is_refused_when_it_gets_too_large(panel: Panel) -> None:
    before = panel.memory()
    piece = b"%x\r\n" % MIB + b"x" * MIB + b"\r\n"
    status, page, sent = panel.send(f"/migrations/new/{panel.code}/csv/", "Transfer-Encoding: chunked", piece, 2048)
    assert status in (413, 0)  # 0: the line was cut before the answer could be read
    assert status == 0 or "What was sent is larger than 2 MB" in page
    assert sent < 64
    assert panel.memory() - before < 48 * MIB
    assert panel.files() == []


def test_ten_megabytes_of_a_browser_are_let_in_thrown_away_and_explained_on_the_page(panel: Panel) -> None:
    before = panel.memory()
    body = b"x" * (10 * MIB)
    connection = http.client.HTTPConnection("127.0.0.1", panel.service.port, timeout=60)
    headers = {"Cookie": panel.cookie, "X-CSRFToken": panel.csrf, "Content-Type": "multipart/form-data; boundary=b"}
    connection.request("POST", f"/migrations/new/{panel.code}/csv/", body, headers)
    answer = connection.getresponse()
    assert answer.status == 413
    assert "What was sent is larger than 2 MB" in answer.read().decode()
    connection.request("GET", f"/migrations/new/{panel.code}/csv/", headers={"Cookie": panel.cookie})
    assert connection.getresponse().status == 200  # the same line serves on
    connection.close()
    assert panel.memory() - before < 48 * MIB
    assert panel.files() == []


def test_a_page_that_takes_no_uploads_says_so_in_general(panel: Panel) -> None:
    status, page, _sent = panel.send("/profile/", f"Content-Length: {GIB}", b"x" * MIB, 1024)
    assert status == 413
    assert "That is too large" in page


def test_who_is_not_signed_in_is_sent_to_the_sign_in_without_being_read(panel: Panel) -> None:
    stranger = Panel(panel.service, panel.pid, panel.temporary)
    status, _page, sent = stranger.send(f"/migrations/new/{panel.code}/csv/", f"Content-Length: {2 * GIB}", b"x" * MIB, 2048)
    assert status == 302
    assert sent < 64


def test_a_file_of_two_megabytes_is_never_on_the_disk(panel: Panel) -> None:
    piece = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + b"a;b;c\n" * 300_000 + b"\r\n--b--\r\n"
    before = Path(f"/proc/{panel.pid}/io").read_text()
    with socket.create_connection(("127.0.0.1", panel.service.port), SECONDS) as line:
        half = len(piece) // 2
        path = f"/migrations/new/{panel.code}/csv/"
        line.sendall(panel.head(path, f"Content-Length: {len(piece)}", "multipart/form-data; boundary=b") + piece[:half])
        time.sleep(0.5)
        assert panel.files() == []
        line.sendall(piece[half:])
        answer = line.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        assert panel.files() == []
    assert _written(panel) - int(re.findall(r"(?m)^write_bytes: (\d+)", before)[0]) < MIB


def test_a_small_stream_without_a_length_is_read(panel: Panel) -> None:
    body = urllib.parse.urlencode({"text": "a@elsewhere.example;192.0.2.1;a;secret"}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", panel.service.port, timeout=60)
    headers = {"Cookie": panel.cookie, "X-CSRFToken": panel.csrf, "Content-Type": "application/x-www-form-urlencoded"}
    pieces = (body[start : start + 7] for start in range(0, len(body), 7))
    connection.request("POST", f"/migrations/new/{panel.code}/csv/", pieces, headers, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 200
    assert "elsewhere.example" in answer.read().decode()
    connection.close()


def _written(panel: Panel) -> int:
    return int(re.findall(r"(?m)^write_bytes: (\d+)", Path(f"/proc/{panel.pid}/io").read_text())[0])
