"""Schemathesis asks every operation of the API, as served, for what it documents and for what it must refuse.

Bounded: a few requests for each operation, half of them with ids that exist; with ``--long`` more of them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from tests.fix_api import token_of
from tests.fix_panel_server import PanelServer
from tests.fix_people import Cast
from tests.panel.addresses import Addresses
from trasloco.project.database import Database

EXAMPLES, MANY = 10, 40  # of what is right, and as many of what is wrong
LAST = {"get": 0, "post": 1, "put": 2, "patch": 2, "delete": 3}  # what is gone cannot be asked for
# What is well formed may still be refused, as a list of accounts with a mistake in a line.
NOT_ASKED = ["positive_data_acceptance"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_schemathesis_finds_no_fault(
    cast: Cast, panel_server: PanelServer, monkeypatch: pytest.MonkeyPatch, database: Database, pytestconfig: pytest.Config
) -> None:
    from trasloco.panel.views.live_figures import SHARED
    from trasloco.records import api_tokens

    monkeypatch.setattr(SHARED, "stream", partial(SHARED.stream, seconds=0.1))
    monkeypatch.setattr(api_tokens, "PER_MINUTE", 1_000_000)
    token = panel_server.do(token_of, cast.people["superuser"])
    names = Addresses(cast).names
    config = schemathesis.Config.from_dict({"generation": {"allow-x00": True}})
    schema = schemathesis.openapi.from_url(f"{panel_server.address}/api/v1/openapi.json", config=config, timeout=120)
    operations: list[Any] = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 60
    faults = []
    for operation in sorted(operations, key=lambda each: LAST[each.method]):
        for mode in GenerationMode:
            fault = _ask(operation, mode, names, token, MANY if pytestconfig.getoption("--long") else EXAMPLES)
            if fault:
                faults.append(f"{operation.method.upper()} {operation.path}, {mode.value}: {fault}")
    assert not faults, "\n\n".join(faults)


def _ask(operation: Any, mode: GenerationMode, names: dict[str, Any], token: str, examples: int) -> str:
    """What is wrong, "" for nothing."""
    excluded = [schemathesis.checks.CHECKS.get_one(name) for name in NOT_ASKED]

    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any, real: bool) -> None:
        if real and mode is GenerationMode.POSITIVE and case.path_parameters:
            case.path_parameters = {name: names[name] for name in case.path_parameters}
        case.call_and_validate(excluded_checks=excluded, headers={"Authorization": f"Bearer {token}"})

    try:
        ask()
    except Unsatisfiable:  # nothing is given to it, so nothing can be wrong with that
        assert mode is GenerationMode.NEGATIVE
    except BaseExceptionGroup as found:
        return "\n".join(str(error) for error in found.exceptions)
    return ""
