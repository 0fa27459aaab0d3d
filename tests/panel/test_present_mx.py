"""The present mail servers of domains, asked at once and remembered."""

from __future__ import annotations

import socket

import pytest

from trasloco.project.database import Database


def test_what_nobody_answers_is_not_remembered(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache

    from trasloco.panel.present_mx import present_mx

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TRASLOCO_DNS", f"127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setattr("trasloco.jobs.mx.LIFETIME", 0.2)
        assert present_mx(["a.example", "b.example"]) == [("a.example", None), ("b.example", None)]
    assert cache.get("mx:a.example") is None


def test_what_is_remembered_is_not_asked_again(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache

    from trasloco.panel.present_mx import present_mx

    monkeypatch.setenv("TRASLOCO_DNS", "127.0.0.1:9")
    cache.set("mx:a.example", ("mx.old.example",), 60)
    cache.set("mx:none.example", (), 60)
    assert present_mx(["none.example", "a.example"]) == [("none.example", ()), ("a.example", ("mx.old.example",))]
