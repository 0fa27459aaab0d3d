"""Prometheus itself asks a service of several processes, of which some are killed."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.jobs.otlp_receiver import OtlpReceiver
from tests.leak_hunt import LeakHunt
from tests.service.conftest import command_of, kill, wait_until
from tests.service.test_killed import filled, order
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.fleet import Fleet
from trasloco.testing.free_ports import free_ports
from trasloco.testing.packages import PackageTree
from trasloco.testing.service import Service

ROOT = Path(__file__).parents[2]


def samples(port: int) -> dict[tuple[str, ...], float]:
    """By name and values of labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


@contextmanager
def prometheus(tree: PackageTree, directory: Path, target: int) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """One that asks every second; gives what answers a query."""
    configuration = yaml.safe_load((ROOT / "deploy" / "prometheus.yaml").read_text("utf-8"))
    configuration["rule_files"] = [str(ROOT / "deploy" / "prometheus-rules.yaml")]
    configuration["global"] = {"evaluation_interval": "1s"}
    (job,) = configuration["scrape_configs"]
    job |= {"scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
    (directory / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    port = free_ports(1)[0]
    words = [
        f"--config.file={directory}/prometheus.yaml",
        f"--storage.tsdb.path={directory}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (directory / "prometheus.out").open("wb") as said:
        command = [str(tree.root / "usr" / "bin" / "prometheus"), *words]
        process = subprocess.Popen(command, env=tree.environment(), stdout=said, stderr=subprocess.STDOUT, cwd=directory)

    def ask(path: str) -> list[dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=30) as answer:
                data = json.loads(answer.read())["data"]
        except OSError:
            return []
        found: list[dict[str, Any]] = data.get("result", data.get("alerts", []))
        return found

    try:
        yield ask
    finally:
        process.terminate()
        process.wait(60)


def workers_of(service: Service) -> list[int]:
    """Process numbers of the workers below this ``serve``."""
    assert service.process is not None
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
    return [pid for pid in map(int, children) if "worker" in command_of(pid)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_prometheus_gets_the_figures_of_all_processes_and_raises_an_alert(tmp_path: Path, prometheus_tree: PackageTree) -> None:
    port = free_ports(1)[0]
    service = Service(tmp_path)
    try:
        service.start("--metrics", str(port), "--processes", "2", "--log-format", "json")
        with prometheus(prometheus_tree, tmp_path, port) as ask:
            working = "query?query=trasloco_workers%7Bstate=%22working%22%7D"
            wait_until(lambda: [row["value"][1] for row in ask(working)] == ["2"], "Prometheus knows of two workers")
            assert [row["value"][1] for row in ask("query?query=up")] == ["1"]
            assert [row["value"][1] for row in ask("query?query=sum(trasloco_build_info)")] == ["1"]
            lag = ("trasloco_event_loop_lag_seconds_count",)
            before = samples(port)[lag]
            for pid in workers_of(service):
                kill(pid)
            after = samples(port)
            assert after[lag] >= before  # the dead have counted, too
            wait_until(lambda: [row["value"][1] for row in ask(working)] == ["2"], "others work in their place")
            wait_until(lambda: samples(port)[lag] > after[lag], "they go on counting")
            lost = "query?query=trasloco_workers%7Bstate=%22lost%22%7D"
            wait_until(lambda: [row["value"][1] for row in ask(lost)] == ["2"], "the two that were killed are told of")
            service.kill()
            wait_until(lambda: "TraslocoDoesNotAnswer" in {row["labels"]["alertname"] for row in ask("alerts")}, "an alert is pending")
    finally:
        service.remove()
    lines = [json.loads(line) for line in service.log.splitlines()] if service.log else []
    assert all(line["message"] for line in lines)


@pytest.mark.slow
def test_a_worker_of_several_processes_answers_for_all_of_them_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    with Fleet(tmp_path) as fleet:
        worker = fleet.start("--processes", "2", "--metrics", f"127.0.0.1:{port}")
        in_hand = ("trasloco_transfers_in_hand",)
        wait_until(lambda: _answers(port) and in_hand in samples(port), "the supervisor answers")
        found = samples(port)
        assert found[in_hand] == 0
        assert ("trasloco_workers", "working") not in found  # of the whole installation: the panel's
        assert len(list((worker.state / "metrics").iterdir())) == 2  # a lock, and what is held
        assert worker.drain()[0] == 0
        assert [path.name for path in (worker.state / "metrics").iterdir()] == ["lock"]


@pytest.mark.slow
def test_one_worker_answers_for_itself_and_logs_where_it_is_told_to(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    with Fleet(tmp_path) as fleet:
        worker = fleet.start("--metrics", str(port), "--log-to", "stderr")
        lag = ("trasloco_event_loop_lag_seconds_count",)
        wait_until(lambda: _answers(port) and samples(port)[lag] > 0, "it answers, and works")
        assert samples(port)["trasloco_transfers_in_hand",] == 0
        assert worker.drain()[0] == 0
        assert not (worker.state / "metrics").exists()
        assert worker.log == ""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_mail_between_real_servers_is_counted_traced_and_logged_to_the_last_message(
    tmp_path: Path, dovecot_source: Dovecot, dovecot_destination: Dovecot, leak_hunt: LeakHunt
) -> None:
    logins, port = filled(dovecot_source, "seen", 30), free_ports(1)[0]
    with OtlpReceiver() as receiver, Fleet(tmp_path) as fleet:
        where = (dovecot_source.host, dovecot_source.port)
        code = fleet.plan(order(logins, where, dovecot_destination, dovecot_source.password, second_minutes=None))
        worker = fleet.start("--metrics", str(port), "--traces", receiver.address, "--log-format", "json")
        wait_until(lambda: fleet.ask("SELECT status FROM trasloco_run") == [("completed",)], f"the run ended\n{worker.log}", 240)
        found = samples(port)
        assert worker.drain()[0] == 0
        folders = fleet.ask("SELECT count(*) FROM trasloco_ledger_folder")[0][0]
        ((messages, size),) = fleet.ask("SELECT count(*), sum(size)::bigint FROM trasloco_ledger_message")
    assert messages == 90
    assert found["trasloco_messages_total", "copied"] == messages
    assert found["trasloco_copied_bytes_total",] == size
    assert found["trasloco_transfer_attempts_total", "completed"] == 3
    assert found["trasloco_ledger_statement_seconds_count", "settle"] > 0
    (run,) = receiver.named("run")
    assert run.attributes["trasloco.migration"] == code
    assert {span.links for span in receiver.named("account")} == {(f"{run.trace} {run.id}",)}
    assert len(receiver.named("account")) == 3
    with_mail = {span.parent for span in receiver.named("batch")}
    assert with_mail <= {span.id for span in receiver.named("folder")}
    assert len(receiver.named("folder")) <= folders
    assert sum(span.attributes["trasloco.copied"] for span in receiver.named("batch")) == messages
    assert sum(span.attributes["trasloco.bytes"] for span in receiver.named("batch")) == size
    assert not any("trasloco.interrupted" in span.attributes for span in receiver.spans)
    lines = [json.loads(line) for line in worker.log.splitlines()]
    traced = {line["trace_id"]: line["account_id"] for line in lines if line.get("migration") == code}
    assert traced == {span.trace: span.attributes["trasloco.account_id"] for span in receiver.named("account")}
    leak_hunt.keep("metrics", str(found))
    for raw in receiver.raw:
        assert b"example" not in raw
        leak_hunt.keep("spans", raw)


def _answers(port: int) -> bool:
    try:
        samples(port)
    except OSError:
        time.sleep(0.2)
        return False
    return True
