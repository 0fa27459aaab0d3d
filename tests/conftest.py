"""What all tests share: the fixtures of ``tests/fix_*.py``, and a header that says what is under test."""

from __future__ import annotations

import os
from pathlib import Path

from trasloco.testing.packages import PackageTree

pytest_plugins = sorted(f"tests.{path.stem}" for path in Path(__file__).parent.glob("fix_*.py"))

os.environ["TRASLOCO_ALLOW_PORTS"] = "1-65535"  # the servers of the tests listen where a port is free

_SHOWN = {"dovecot": "dovecot-imapd", "cyrus": "cyrus-imapd", "courier": "courier-imap"}


def pytest_report_header() -> list[str]:
    """The servers in the cache; those not there yet are fetched by the first test that asks for them."""
    versions = {name: PackageTree.cached(name).get(package) for name, package in _SHOWN.items()}
    return ["servers: " + ", ".join(f"{name} {version or '(not fetched yet)'}" for name, version in versions.items())]
