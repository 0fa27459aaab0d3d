from __future__ import annotations

import pytest

from trasloco.plan.table import Row
from trasloco.project.type_hints import type_hints
from trasloco.secret import Secret


def row(host: str, password: str = "p") -> Row:
    return Row(1, "a@b.example", host, None, "a", Secret(password))


def test_a_known_server_names_its_type_once() -> None:
    hints = type_hints([row("imap.gmail.com"), row("IMAP.gmail.com"), row("192.0.2.1")], "standard", by_token=False)
    assert hints == [
        "imap.gmail.com is Gmail and Google Workspace: with --type gmail its limits are kept, and folders that hold no mail left out."
    ]


@pytest.mark.parametrize("source_type", ["office365", "outlook"])
def test_types_that_share_a_server_are_both_right(source_type: str) -> None:
    assert type_hints([row("outlook.office365.com", "")], source_type, by_token=True) == []


@pytest.mark.parametrize(
    ("host", "source_type", "password", "by_token", "told"),
    [
        ("outlook.office365.com", "office365", "p", False, True),
        ("192.0.2.1", "office365", "p", False, True),
        ("outlook.office365.com", "office365", "", True, False),
        ("imap.gmail.com", "gmail", "p", False, False),
    ],
)
def test_passwords_where_none_are_taken(host: str, source_type: str, password: str, by_token: bool, told: bool) -> None:
    hints = type_hints([row(host, password)], source_type, by_token=by_token)
    assert any("Microsoft 365 takes no passwords by IMAP" in hint for hint in hints) is told


def test_nothing_to_say() -> None:
    assert type_hints([row("192.0.2.1"), row("mail.old.example")], "standard", by_token=False) == []
