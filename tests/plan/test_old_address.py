"""The old address of a mailbox, from its line."""

from __future__ import annotations

import pytest

from trasloco.plan.old_address import old_address


@pytest.mark.parametrize(
    ("login", "found"),
    [
        ("anna@old.example", "anna@old.example"),
        (" anna@old.example ", "anna@old.example"),
        ("anna@b@old.example", "anna@b@old.example"),
        ("anna", "anna@new.example"),
        ("OLD\\admin\\anna", "anna@new.example"),
        ("admin@old.example\\anna", "anna@new.example"),
        ("anna@localhost", "anna@new.example"),
        ("@old.example", "anna@new.example"),
        ("anna@.", "anna@new.example"),
        ("anna@old.example*master", "anna@new.example"),
        ("", "anna@new.example"),
    ],
)
def test_a_login_that_is_an_address_is_the_old_address_else_the_destination_is(login: str, found: str) -> None:
    assert old_address(login, "anna@new.example") == found
