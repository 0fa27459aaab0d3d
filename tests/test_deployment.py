"""Containerfile, compose file, Kubernetes example, systemd units and SBOM are held against the code: read by parsers, not run."""

from __future__ import annotations

import configparser
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from packaging.requirements import Requirement

from trasloco.project.cli import trasloco

ROOT = Path(__file__).parents[1]
CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    return found


def kubernetes() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text("utf-8")))


def pods() -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in kubernetes() if each["kind"] == "Deployment"}


def command_lines() -> list[list[str]]:
    """All that are started anywhere, behind the entry point."""
    found = [json.loads(re.findall(r"^CMD (.*)$", CONTAINERFILE, re.MULTILINE)[-1])]
    found += [service["command"] for service in compose()["services"].values() if "command" in service]
    found += [unit(path)["Service"]["ExecStart"].split()[1:] for path in sorted((ROOT / "deploy").glob("*.service"))]
    return found + [container["args"] for pod in pods().values() for container in pod["containers"]]


def unit(path: Path) -> configparser.RawConfigParser:
    """A unit of systemd; of settings that may be repeated only the last."""
    found = configparser.RawConfigParser(strict=False)
    found.optionxform = str  # type: ignore[assignment, method-assign] # names of settings have capitals
    found.read_string(path.read_text("utf-8"))
    return found


def documented_variables() -> set[str]:
    page = (ROOT / "docs" / "service.md").read_text("utf-8")
    return set(re.findall(r"`(TRASLOCO_[A-Z_]+|DATABASE_URL)`", page))


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_each_command_line_is_one_our_commands_take(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())  # options hand themselves on to processes by it
    name, *rest = words
    context = click.Context(trasloco)
    command = trasloco.get_command(context, name)
    assert command is not None
    command.make_context(name, [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in rest])


def test_each_variable_that_is_given_is_documented() -> None:
    of_image = set(re.findall(r"(TRASLOCO_[A-Z_]+)=", CONTAINERFILE))
    of_compose = set(compose()["services"]["worker"]["environment"])
    maps = [set(each["data"]) for each in kubernetes() if each["kind"] == "ConfigMap"]
    units = "".join(path.read_text("utf-8") for path in (ROOT / "deploy").glob("*.service"))
    of_units = set(re.findall(r"^Environment=(\w+)=", units, re.MULTILINE))
    given = of_image | of_compose | of_units | set().union(*maps)
    assert {"TRASLOCO_STATE_DIR", "DATABASE_URL", "TRASLOCO_MASTER_KEY_FILE"} <= given
    assert given - documented_variables() == set()


def test_what_the_containerfile_copies_is_there_and_not_ignored() -> None:
    let_in = {line[1:] for line in (ROOT / ".containerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.*)$", CONTAINERFILE, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert name in let_in, name
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {needed["readme"], *needed["license-files"]} <= let_in  # without them no wheel is made


def test_panel_and_workers_share_database_and_keys() -> None:
    services = compose()["services"]
    for name in ("environment", "volumes", "image"):
        assert services["panel"][name] == services["worker"][name]
    panel, worker = (pods()[name] for name in ("panel", "worker"))
    assert panel["volumes"] == worker["volumes"]
    for name in ("envFrom", "volumeMounts", "image", "securityContext"):
        assert panel["containers"][0][name] == worker["containers"][0][name]


def test_logs_of_containers_go_where_containers_have_theirs_and_prometheus_finds_the_port() -> None:
    settings = next(each["data"] for each in kubernetes() if each["kind"] == "ConfigMap")
    assert compose()["services"]["worker"]["environment"]["TRASLOCO_LOG_TO"] == settings["TRASLOCO_LOG_TO"] == "stderr"
    port = settings["TRASLOCO_METRICS"].rpartition(":")[2]
    for each in kubernetes():
        if each["kind"] == "Deployment":
            pod = each["spec"]["template"]
            assert pod["metadata"]["annotations"]["prometheus.io/port"] == port
            assert {"name": "metrics", "containerPort": int(port)} in pod["spec"]["containers"][0]["ports"]


def test_nobody_is_root_and_whoever_stops_has_time_to_put_down_his_work() -> None:
    assert re.findall(r"^USER (.*)$", CONTAINERFILE, re.MULTILINE) == ["10001"]
    for pod in pods().values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["terminationGracePeriodSeconds"] >= 60  # a supervisor waits 45 s for its processes
    assert compose()["services"]["worker"]["stop_grace_period"] == "90s"


def test_each_timer_has_its_service_and_a_worker_is_stopped_by_its_supervisor() -> None:
    for path in (ROOT / "deploy").glob("*.timer"):
        assert path.with_suffix(".service").exists()
    worker = unit(ROOT / "deploy" / "trasloco-worker.service")["Service"]
    assert worker["KillMode"] == "mixed"
    assert int(worker["TimeoutStopSec"]) >= 60


def test_selectors_services_and_volumes_fit_together() -> None:
    labels = {}
    for each in kubernetes():
        if each["kind"] == "Deployment":
            labels[each["metadata"]["name"]] = each["spec"]["template"]["metadata"]["labels"]
            assert each["spec"]["selector"]["matchLabels"] == labels[each["metadata"]["name"]]
    service = next(each for each in kubernetes() if each["kind"] == "Service")
    assert service["spec"]["selector"] == labels[service["metadata"]["name"]]
    for pod in pods().values():
        assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    named = {volume.partition(":")[0] for each in compose()["services"].values() for volume in each["volumes"]}
    assert named == set(compose()["volumes"])


def test_the_sbom_names_all_pins_with_their_licences() -> None:
    found = json.loads((ROOT / "requirements" / "sbom.cdx.json").read_text("utf-8"))
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    parts = {(_plain(part["name"]), part["version"]) for part in found["components"]}
    pins = re.findall(r"^([a-z][^\\\n]*?) *\\$", (ROOT / "requirements" / "run.txt").read_text("utf-8"), re.MULTILINE)
    wanted = [Requirement(pin) for pin in pins]
    here = [each for each in wanted if each.marker is None or each.marker.evaluate({"sys_platform": "linux"})]
    assert len(here) > 30
    assert parts == {(_plain(each.name), str(each.specifier).removeprefix("==")) for each in here}, "run make sbom"
    assert [part["name"] for part in found["components"] if not part.get("licenses")] == []


def _plain(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def probes() -> list[tuple[str, str, str]]:
    """Of each container, what asks, where, and the part (panel or worker) that answers there."""
    found = []
    for name, pod in pods().items():
        (container,) = pod["containers"]
        ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            get = container[kind]["httpGet"]
            assert set(get) == {"path", "port"}
            found.append((f"{name} {kind}", f":{ports[get['port']]}{get['path']}", " ".join(container["args"])))
    for name in ("panel", "worker"):
        service = compose()["services"][name]
        found.append((f"compose {name}", " ".join(service["healthcheck"]["test"]), " ".join(service["command"])))
    return found


@pytest.mark.parametrize(("who", "where", "command"), probes(), ids=[who for who, _, _ in probes()])
def test_probes_ask_an_address_that_is_there(who: str, where: str, command: str) -> None:
    match = re.search(r":(\d+)(/(?:healthz|readyz)(?:\?exclude=worker)?)(?:$|')", where)
    assert match is not None, where
    port, path = match.groups()
    listens = re.search(r"--health \S+:(\d+)" if command.startswith("worker") else r"--port (\d+)", command)
    assert listens is not None
    assert listens[1] == port
    # What is started again must not depend on the database, and a panel without a worker has pages to show.
    assert path == ("/healthz" if "startup" in who or "liveness" in who else "/readyz" + ("?exclude=worker" if "panel" in who else ""))
