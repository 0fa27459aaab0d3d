"""The OpenAPI document: served, and kept as docs/openapi.json. Anew: ``python -m tests.api.test_document``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fix_api import Program

COPY = Path(__file__).parents[2] / "docs/openapi.json"


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def test_the_document_that_is_served_is_the_one_in_docs(program: Callable[..., Program]) -> None:
    served = program(None).get("openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert _text(served) == COPY.read_text("utf-8"), "run `python -m tests.api.test_document` and commit what it changes"


def test_every_operation_says_what_it_does_and_what_it_refuses(program: Callable[..., Program]) -> None:
    served = program(None).get("openapi.json").json()
    operations = [operation for path in served["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert operation["security"]
        assert {"401", "403", "404", "422"} <= set(operation["responses"])


def test_no_answer_has_a_field_for_a_password(program: Callable[..., Program]) -> None:
    served = program(None).get("openapi.json").json()
    shown = [name for name, schema in served["components"]["schemas"].items() if _secrets(schema)]
    given = {"NewMigration", "Settings", "OnceMore", "GivenAccount", "Correction"}
    assert set(shown) <= given


def _secrets(schema: dict[str, Any]) -> set[str]:
    return {name for name in schema.get("properties", {}) if "password" in name and name != "has_passwords"}


if __name__ == "__main__":
    import os
    import tempfile

    os.environ["TRASLOCO_STATE_DIR"] = tempfile.mkdtemp(prefix="trasloco-document-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "trasloco.project.settings"
    import django

    django.setup()
    from trasloco.api.v1 import api

    COPY.write_text(_text(json.loads(json.dumps(api.get_openapi_schema()))), "utf-8")
