"""The Grafana dashboard, deploy/grafana-dashboard.json: written by ``python -m tools.dashboard``, and a test compares.

By Grafana's own kit, so that it is what Grafana's schema says (version 36, that of Grafana 10.1; newer ones convert it by themselves).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueGraphMode, LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption, VariableRefresh

PLACE = Path(__file__).parents[1] / "deploy" / "grafana-dashboard.json"
_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_OF = 'job=~"$job"'


@dataclass(frozen=True, slots=True)
class Chart:
    """queries: expression and legend. unit: as Grafana calls it."""

    title: str
    words: str
    unit: str
    queries: Sequence[tuple[str, str]]


def _now(name: str, labels: str = "") -> str:
    """Of the whole installation, which each panel tells alike."""
    return f"max(trasloco_{name}{{{_OF}{labels}}})"


def _each(name: str, label: str) -> str:
    return f"max by ({label}) (trasloco_{name}{{{_OF}}})"


def _per_second(name: str, label: str) -> str:
    return f"sum by ({label}) (rate(trasloco_{name}{{{_OF}}}[$__rate_interval]))"


def _slowest(name: str, share: float, label: str = "") -> str:
    labels = f"le, {label}" if label else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate(trasloco_{name}_bucket{{{_OF}}}[$__rate_interval])))"


NUMBERS = (
    Chart("Workers", "Processes that work.", "none", [(_now("workers", ',state="working"'), "")]),
    Chart("Runs", "Begun and not ended.", "none", [(_now("runs_under_way"), "")]),
    Chart("Accounts under way", "In a worker's hands.", "none", [(_now("transfers", ',state="busy"'), "")]),
    Chart("Accounts waiting", "Of runs that have begun.", "none", [(_now("transfers", ',state="waiting"'), "")]),
    Chart("Messages", "Whose fate was written down.", "ops", [(f"sum(rate(trasloco_messages_total{{{_OF}}}[$__rate_interval]))", "")]),
    Chart("Copied", "Bytes of messages.", "Bps", [(f"sum(rate(trasloco_copied_bytes_total{{{_OF}}}[$__rate_interval]))", "")]),
    Chart(
        "Letters", "Mails and messages to webhooks, not brought away yet.", "none", [(f"sum({_each('letters_outstanding', 'kind')})", "")]
    ),
    Chart("Database", "1: it answers.", "none", [(f"min(trasloco_database_up{{{_OF}}})", "")]),
)

ROWS: tuple[tuple[str, Sequence[Chart]], ...] = (
    (
        "Mail",
        (
            Chart("Messages, by fate", "Per second.", "ops", [(_per_second("messages_total", "fate"), "{{fate}}")]),
            Chart("Bytes copied", "Per second, by machine.", "Bps", [(_per_second("copied_bytes_total", "instance"), "{{instance}}")]),
            Chart(
                "Accounts, by how an attempt ended",
                "In an hour. later: it is tried again by itself; put_down: a worker stopped.",
                "none",
                [(f"sum by (outcome) (increase(trasloco_transfer_attempts_total{{{_OF}}}[1h]))", "{{outcome}}")],
            ),
            Chart(
                "Failures, by code",
                "In an hour. What each code means: docs/errors.md.",
                "none",
                [(f"sum by (code, side) (increase(trasloco_failures_total{{{_OF}}}[1h])) > 0", "{{code}} ({{side}})")],
            ),
            Chart(
                "How long an account takes",
                "An attempt, from its begin to its end.",
                "s",
                [(_slowest("transfer_attempt_seconds", 0.5), "half of them"), (_slowest("transfer_attempt_seconds", 0.95), "19 of 20")],
            ),
            Chart("Accounts in hand, by machine", "Worked on now.", "none", [(_each("transfers_in_hand", "instance"), "{{instance}}")]),
        ),
    ),
    (
        "Waiting",
        (
            Chart("Accounts, by what they wait for", "", "none", [(_each("waiting_transfers", "reason"), "{{reason}}")]),
            Chart(
                "Longest wait of an account", "But for what it waits for.", "s", [(_each("longest_wait_seconds", "reason"), "{{reason}}")]
            ),
            Chart(
                "Jobs in the queues",
                "",
                "none",
                [
                    (_each("queue_jobs", "queue, state"), "{{queue}}, {{state}}"),
                    (_each("queue_places", "queue"), "{{queue}}, places"),
                ],
            ),
            Chart("Longest wait in a queue", "For a worker.", "s", [(_each("queue_longest_wait_seconds", "queue"), "{{queue}}")]),
            Chart("Workers", "", "none", [(_each("workers", "state"), "{{state}}")]),
            Chart("Oldest letter", "That is not brought away.", "s", [(_each("letters_oldest_seconds", "kind"), "{{kind}}")]),
        ),
    ),
    (
        "Mail servers",
        (
            Chart(
                "Connections and accounts",
                "At sources connections, at destinations accounts.",
                "none",
                [(_each("connections", "side"), "{{side}}")],
            ),
            Chart(
                "Servers that are full, or spared",
                "All is in use that may be; or they have said that it was too much.",
                "none",
                [(_each("hosts_full", "side"), "{{side}}, full"), (_each("hosts_slowed", "side"), "{{side}}, spared")],
            ),
            Chart(
                "Throttlings",
                "In an hour: how often a server said that it was too much.",
                "none",
                [(f"sum by (side) (increase(trasloco_throttlings_total{{{_OF}}}[1h]))", "{{side}}")],
            ),
        ),
    ),
    (
        "Inside",
        (
            Chart(
                "Statements of the ledger",
                "With the wait for a connection.",
                "s",
                [(_slowest("ledger_statement_seconds", 0.5), "half of them"), (_slowest("ledger_statement_seconds", 0.99), "99 of 100")],
            ),
            Chart(
                "Slowest statements",
                "19 of 20 are quicker.",
                "s",
                [(f"topk(5, {_slowest('ledger_statement_seconds', 0.95, 'statement')})", "{{statement}}")],
            ),
            Chart(
                "Event loop",
                "How late it comes back, 99 of 100. More than 0.1 s: too many accounts for one process.",
                "s",
                [(_slowest("event_loop_lag_seconds", 0.99, "instance"), "{{instance}}")],
            ),
            Chart("Panel", "Until an answer begins, 19 of 20.", "s", [(_slowest("panel_request_seconds", 0.95, "method"), "{{method}}")]),
            Chart(
                "Panel, by status",
                "Requests per second.",
                "reqps",
                [(_per_second("panel_request_seconds_count", "status"), "{{status}}")],
            ),
            Chart("Versions", "", "none", [(f"count by (version) (trasloco_build_info{{{_OF}}})", "{{version}}")]),
        ),
    ),
)


def dashboard() -> str:
    """deploy/grafana-dashboard.json."""
    built = Dashboard("Trasloco").uid("trasloco").tags(["trasloco"]).refresh("30s").time("now-6h", "now").readonly()
    built = built.with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    jobs = QueryVariable("job").label("Job").datasource(_SOURCE).query('label_values({__name__=~"trasloco_.+"}, job)')
    jobs = jobs.multi(True).include_all(True).all_value(".*").refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    built = built.with_variable(jobs.current(VariableOption(True, "All", "$__all")))
    numbers = count(1)
    for chart in NUMBERS:
        built = built.with_panel(_number(chart).id(next(numbers)))
    for title, charts in ROWS:
        built = built.with_row(Row(title).id(next(numbers)))
        for chart in charts:
            built = built.with_panel(_curves(chart).id(next(numbers)))
    return JSONEncoder(sort_keys=True, indent=1).encode(built.build()) + "\n"


def _number(chart: Chart) -> stat.Panel:
    panel = stat.Panel().title(chart.title).description(chart.words).unit(chart.unit).datasource(_SOURCE).height(4).span(3)
    panel = panel.graph_mode(BigValueGraphMode.AREA)
    return panel.with_target(_query(0, *chart.queries[0]))


def _curves(chart: Chart) -> timeseries.Panel:
    panel = timeseries.Panel().title(chart.title).description(chart.words).unit(chart.unit).datasource(_SOURCE).height(8).span(8)
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True)
    panel = panel.legend(legend).min(0).fill_opacity(10)
    for place, query in enumerate(chart.queries):
        panel = panel.with_target(_query(place, *query))
    return panel


def _query(place: int, expression: str, legend: str) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expression).ref_id("ABC"[place]).datasource(_SOURCE)
    return query.legend_format(legend) if legend else query


if __name__ == "__main__":
    PLACE.write_text(dashboard(), "utf-8")
