"""The log as JSON: each line one object, with what it is about as fields, and nothing that nobody has asked for."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from trasloco.project.json_lines import JsonLines
from trasloco.records.log_fields import about, log_fields, task_is_about
from trasloco.secret import Secret


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the logger "json-test" writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("worker"))
    log = logging.getLogger("json-test")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    yield stream
    log.removeHandler(handler)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_one_object_with_its_parts_named(written: io.StringIO) -> None:
    logging.getLogger("json-test").info("%s: %s, über\nzwei Zeilen", "run 1", "begun")
    (line,) = lines(written)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line.pop("process") > 0
    assert line == {"level": "INFO", "logger": "json-test", "part": "worker", "message": "run 1: begun, über\nzwei Zeilen"}


def test_what_a_line_is_about_are_fields_and_end_with_the_block(written: io.StringIO) -> None:
    log = logging.getLogger("json-test")
    with about(migration="k7m2q9xd", run=2):
        with about(account_id=5):
            log.info("inside")
        log.info("between")
    log.info("outside")
    inside, between, outside = lines(written)
    assert (inside["migration"], inside["run"], inside["account_id"]) == ("k7m2q9xd", 2, 5)
    assert (between["migration"], between["run"]) == ("k7m2q9xd", 2)
    assert "account_id" not in between
    assert "migration" not in outside


async def test_tasks_side_by_side_do_not_take_each_others_fields(written: io.StringIO) -> None:
    async def one(number: int) -> None:
        task_is_about(errand="trasloco.check", migration_id=number)
        await asyncio.sleep(0.01)
        await asyncio.to_thread(logging.getLogger("json-test").info, "number %s", number)  # threads know it, too

    await asyncio.gather(*(one(number) for number in range(20)))
    assert sorted((line["message"], line["migration_id"]) for line in lines(written)) == sorted((f"number {n}", n) for n in range(20))
    assert dict(log_fields()) == {}


def test_an_exception_is_a_field_of_its_line(written: io.StringIO) -> None:
    try:
        raise ValueError("of ours")
    except ValueError:
        logging.getLogger("json-test").exception("a mistake")
    (line,) = lines(written)
    assert line["message"] == "a mistake"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: of ours")


def test_what_libraries_hang_on_a_line_and_secrets_are_not_written(written: io.StringIO) -> None:
    extra = {"job": {"args": {"address": "anna@example.org"}}, "token": Secret("kept-from-json")}
    logging.getLogger("json-test").warning("%s failed with %s", "login", Secret("kept-from-json"), extra=extra)
    logging.getLogger("json-test").warning({"key": "value of no secret"})
    first, second = lines(written)
    assert first["message"] == "login failed with Secret(…)"
    assert set(first) == set(second) == {"time", "level", "logger", "part", "process", "message"}
    assert "anna" not in written.getvalue()
