"""Where Prometheus asks, and what else somebody may try there."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable, Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from trasloco.project import metrics_listener
from trasloco.project.listening import listen
from trasloco.project.metrics_listener import listening


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("letters", "Letters.", registry=registry).inc(3)
    return registry


@pytest.fixture
def port(registry: CollectorRegistry) -> Iterator[int]:
    opened = listen("127.0.0.1", 0)
    with listening(opened, registry):
        yield opened.getsockname()[1]


def asked(port: int, path: str, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


def test_prometheus_gets_what_it_can_read(port: int) -> None:
    status, kind, text = asked(port, "/metrics")
    assert (status, kind.split(";")[0]) == (200, "text/plain")
    assert {family.name: family.samples[0].value for family in text_string_to_metric_families(text)}["letters"] == 3


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/metrics/../etc/passwd", "/metricsx"])
def test_nothing_else_is_there(port: int, path: str) -> None:
    assert asked(port, path)[0] == 404


def test_nobody_writes_there(port: int) -> None:
    assert asked(port, "/metrics", "POST")[0] == 501


def test_the_answer_does_not_say_which_python_runs(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        line.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        head = b"".join(iter(lambda: line.recv(65536), b"")).partition(b"\r\n\r\n")[0]
    assert b"Server: Trasloco" in head
    assert b"Python" not in head


def test_who_connects_and_says_nothing_is_let_go(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_listener._Handler, "timeout", 0.2)
    opened = listen("127.0.0.1", 0)
    with listening(opened, registry):
        port = opened.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), 30):
            assert asked(port, "/metrics")[0] == 200


def test_a_fault_in_a_figure_ends_neither_the_listener_nor_the_screen(
    registry: CollectorRegistry, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Collector):
        broken = True

        def describe(self) -> Iterable[Metric]:
            return []

        def collect(self) -> Iterable[Metric]:
            if self.broken:
                raise RuntimeError("of ours")
            return []

    broken = Broken()
    registry.register(broken)
    opened = listen("127.0.0.1", 0)
    with listening(opened, registry):
        port = opened.getsockname()[1]
        with pytest.raises(http.client.HTTPException):
            asked(port, "/metrics")
        broken.broken = False
        assert asked(port, "/metrics")[0] == 200
    assert capfd.readouterr().err == ""
    assert "a question for metrics was not answered" in caplog.text


def test_the_port_is_free_again_when_it_is_over(registry: CollectorRegistry) -> None:
    opened = listen("127.0.0.1", 0)
    port = opened.getsockname()[1]
    with listening(opened, registry):
        asked(port, "/metrics")
    with listen("127.0.0.1", port):
        pass
