from __future__ import annotations

import pytest

from trasloco.plan.masking import masked


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a@example.net;192.0.2.1;anna;secret", "a@example.net;192.0.2.1;anna;•••"),
        ("a@example.net;192.0.2.1;anna;secret;master", "a@example.net;192.0.2.1;anna;•••;•••"),
        ('a@example.net;192.0.2.1;anna;"sec;ret"', "a@example.net;192.0.2.1;anna;•••"),
        ("a@example.net;192.0.2.1;anna;sec;ret;more", "a@example.net;192.0.2.1;anna;•••;•••;•••"),
        ("a@example.net;192.0.2.1;secret", "a@example.net;192.0.2.1;•••"),
        ("secret", "•••"),
        ("", "•••"),
        ("a@example.net,192.0.2.1,anna,secret", "a@example.net,192.0.2.1,anna,•••"),
        ("a@example.net\t192.0.2.1\tanna\tsecret", "a@example.net\t192.0.2.1\tanna\t•••"),
        ('a@example.net;192.0.2.1;"anna;secret', "a@example.net;192.0.2.1;•••"),
        ("a@example.net;192.0.2.1;anna;sec\0ret", "•••"),
        ("a;" + "x" * 20_000, "•••"),
        ("a" * 300 + ";h;l;secret", "a" * 160 + "…;h;l;•••"),
    ],
)
def test_what_may_be_a_password_is_not_shown(line: str, shown: str) -> None:
    assert masked(line) == shown
