"""Dashboard and alerts are held against the metrics there are, and against the programs that read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import CollectorRegistry, generate_latest

from tests.fix_prometheus import Promtool
from tools.dashboard import PLACE, dashboard

ROOT = Path(__file__).parents[1]
RULES = ROOT / "deploy" / "prometheus-rules.yaml"
NAME = re.compile(r"\btrasloco_[a-z_]+\b")
_SERIES = re.compile(r"\b(trasloco_[a-z_]+)\{([^}]*)\}")
_OF_PROMETHEUS = {"job", "instance", "le"}


@pytest.fixture
def registry(clean_database: object) -> CollectorRegistry:
    """All metrics of a service that has done nothing yet."""
    from trasloco.jobs.prometheus_figures import PrometheusFigures
    from trasloco.project.measured_requests import MeasuredRequests
    from trasloco.project.standing_metrics import StandingMetrics

    registry = CollectorRegistry()
    PrometheusFigures(registry)
    MeasuredRequests(None, registry)  # type: ignore[arg-type] # nobody asks it for a page
    registry.register(StandingMetrics())
    return registry


@pytest.fixture
def series(registry: CollectorRegistry) -> dict[str, set[str]]:
    """The labels of each series by its name, also of those that come with the first event."""
    found: dict[str, set[str]] = {}
    for family in registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found | {"trasloco_failures_total": {"code", "side"}}


def alerts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text("utf-8"))["groups"][0]["rules"]
    return found


def dashboard_queries() -> list[str]:
    panels = json.loads(PLACE.read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def expressions() -> list[str]:
    return [*dashboard_queries(), *(alert["expr"] for alert in alerts())]


def labels_asked_for(expression: str) -> Iterator[tuple[str, str]]:
    """Series and label: of selectors, and of what a sum is kept apart by."""
    names = set(NAME.findall(expression))
    for name, selector in _SERIES.findall(expression):
        yield from ((name, label) for label in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', selector))
    for group in re.findall(r"\bby \(([^)]*)\)", expression):
        yield from ((name, label.strip()) for name in names for label in group.split(","))


def test_each_metric_that_is_asked_for_exists_with_its_labels(series: dict[str, set[str]]) -> None:
    assert len(expressions()) > 40
    for expression in expressions():
        assert NAME.findall(expression), expression
        for name in NAME.findall(expression):
            assert name in series, expression
        for name, label in labels_asked_for(expression):
            assert label in series[name] | _OF_PROMETHEUS, expression


def test_each_value_of_a_label_that_is_asked_for_exists(registry: CollectorRegistry) -> None:
    from trasloco.records.diagnosis import known_codes

    there = {(sample.name, *pair) for family in registry.collect() for sample in family.samples for pair in sample.labels.items()}
    there |= {("trasloco_failures_total", "code", code) for code in known_codes()}
    asked = set()
    for expression in expressions():
        for name, selector in _SERIES.findall(expression):
            for label, values in re.findall(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"', selector):
                asked |= {(name, label, value) for value in values.split("|") if label != "job"}
    assert len(asked) > 8
    assert asked - there == set()


def test_every_metric_is_on_the_dashboard(series: dict[str, set[str]]) -> None:
    shown = " ".join(dashboard_queries())
    names = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in series}
    names = {name for name in names if f"{name}_bucket" not in shown and name not in shown}
    assert names == set()


def test_every_metric_has_its_line_in_the_documents(series: dict[str, set[str]]) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(trasloco_[a-z_]+)`", page, re.MULTILINE))
    assert documented == {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in series if not name.endswith("_created")}


def test_the_dashboard_is_what_its_table_says_and_what_grafanas_schema_knows() -> None:
    text = PLACE.read_text("utf-8")
    assert text == dashboard(), "write it anew: python -m tools.dashboard"
    found = json.loads(text)
    assert found["schemaVersion"] == 36
    # A field that the schema does not know would be lost on this way.
    assert json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(found))) == found
    numbers = [panel["id"] for panel in found["panels"]]
    assert len(set(numbers)) == len(numbers)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in found["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in found["panels"])
    assert all(target["datasource"]["uid"] == "${datasource}" for panel in found["panels"] for target in panel.get("targets", []))


def test_prometheus_understands_each_query_of_the_dashboard(promtool: Promtool, tmp_path: Path) -> None:
    plain = [query.replace("$__rate_interval", "5m").replace("$job", ".*") for query in dashboard_queries()]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(plain)]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(plain)} rules found" in done.stdout


def test_prometheus_takes_rules_and_example_and_finds_no_fault_in_the_metrics(promtool: Promtool, registry: CollectorRegistry) -> None:
    done = promtool("check", "rules", "--lint-fatal", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("check", "config", ROOT / "deploy" / "prometheus.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("check", "metrics", text=generate_latest(registry).decode())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_each_alert_says_what_it_is_and_what_to_do() -> None:
    for alert in alerts():
        assert alert["labels"]["severity"] in ("critical", "warning"), alert["alert"]
        assert alert["annotations"]["summary"].endswith("."), alert["alert"]
        assert len(alert["annotations"]["description"]) > 60, alert["alert"]


# What has to be so, for how many minutes, so that the alert is raised: series and their values, minute by minute.
RAISED: dict[str, dict[str, str]] = {
    "TraslocoDoesNotAnswer": {},
    "TraslocoDatabaseAway": {"trasloco_database_up": "0x200"},
    "TraslocoNoWorker": {'trasloco_workers{state="working"}': "0x200"},
    "TraslocoWorkerFrozen": {'trasloco_workers{state="frozen"}': "1x200"},
    "TraslocoWorkersLost": {'trasloco_workers{state="lost"}': "3x200"},
    "TraslocoQueueStands": {'trasloco_queue_longest_wait_seconds{queue="errands"}': "301+60x200"},
    "TraslocoAccountsWaitForWorkers": {'trasloco_longest_wait_seconds{reason="worker"}': "14401+60x200"},
    "TraslocoNothingMoves": {
        'trasloco_transfers{state="busy"}': "4x200",
        'trasloco_messages_total{fate="copied"}': "100x200",
        'trasloco_transfer_attempts_total{outcome="completed"}': "7x200",
    },
    "TraslocoManyFailures": {
        'trasloco_transfer_attempts_total{outcome="failed"}': "0+1x200",
        'trasloco_transfer_attempts_total{outcome="completed"}': "0+3x200",
    },
    "TraslocoMistakeOfItsOwn": {'trasloco_failures_total{code="internal-error",side="trasloco"}': "1+0x20 2x180"},
    "TraslocoThrottled": {'trasloco_throttlings_total{side="source"}': "0+1x200"},
    "TraslocoLettersStand": {'trasloco_letters_oldest_seconds{kind="mail"}': "3601+60x200"},
    "TraslocoLedgerSlow": {
        'trasloco_ledger_statement_seconds_bucket{statement="settle",le="0.5"}': "0+1x200",
        'trasloco_ledger_statement_seconds_bucket{statement="settle",le="1"}': "0+10x200",
        'trasloco_ledger_statement_seconds_bucket{statement="settle",le="+Inf"}': "0+10x200",
    },
    "TraslocoWorkerOverloaded": {
        'trasloco_event_loop_lag_seconds_bucket{le="0.5",instance="w1"}': "0+1x200",
        'trasloco_event_loop_lag_seconds_bucket{le="1",instance="w1"}': "0+10x200",
        'trasloco_event_loop_lag_seconds_bucket{le="+Inf",instance="w1"}': "0+10x200",
    },
    "TraslocoPanelFails": {'trasloco_panel_request_seconds_count{method="GET",status="5xx"}': "0+2x200"},
}

# A service that works: nothing is raised.
WELL = {
    "trasloco_database_up": "1x200",
    'trasloco_workers{state="working"}': "4x200",
    'trasloco_workers{state="frozen"}': "0x200",
    'trasloco_workers{state="lost"}': "1x200",
    'trasloco_queue_longest_wait_seconds{queue="errands"}': "2x200",
    'trasloco_longest_wait_seconds{reason="worker"}': "600x200",
    'trasloco_transfers{state="busy"}': "40x200",
    'trasloco_messages_total{fate="copied"}': "0+1000x200",
    'trasloco_transfer_attempts_total{outcome="completed"}': "0+5x200",
    'trasloco_transfer_attempts_total{outcome="failed"}': "0+1x200",
    'trasloco_failures_total{code="login-refused",side="source"}': "0+1x200",
    'trasloco_throttlings_total{side="source"}': "0x100 1x100",
    'trasloco_letters_oldest_seconds{kind="mail"}': "30x200",
    'trasloco_ledger_statement_seconds_bucket{statement="settle",le="0.5"}': "0+10x200",
    'trasloco_ledger_statement_seconds_bucket{statement="settle",le="+Inf"}': "0+10x200",
    'trasloco_event_loop_lag_seconds_bucket{le="0.5",instance="w1"}': "0+10x200",
    'trasloco_event_loop_lag_seconds_bucket{le="+Inf",instance="w1"}': "0+10x200",
    'trasloco_panel_request_seconds_count{method="GET",status="5xx"}': "0x200",
}


def _outcome(promtool: Promtool, directory: Path, values: dict[str, str], alert: str, minute: str) -> str:
    """What the rule says then: "raised", "quiet", or what promtool complains of."""
    told = []
    for name, samples in (("raised", [{"labels": "{}", "value": 1}]), ("quiet", [])):
        firing = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
        unit = {
            "interval": "1m",
            "input_series": [{"series": series, "values": value} for series, value in values.items()],
            "promql_expr_test": [{"expr": firing, "eval_time": minute, "exp_samples": samples}],
        }
        path = directory / "test.yaml"
        path.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [unit]}))
        done = promtool("test", "rules", path)
        if done.returncode == 0:
            return name
        told.append(done.stdout + done.stderr)
    return "\n".join(told)


@pytest.mark.parametrize("alert", [alert["alert"] for alert in alerts()])
def test_an_alert_is_raised_when_it_should_be_and_not_when_all_is_well(promtool: Promtool, tmp_path: Path, alert: str) -> None:
    assert _outcome(promtool, tmp_path, RAISED[alert], alert, "75m") == "raised"
    assert _outcome(promtool, tmp_path, WELL, alert, "75m") == "quiet"
