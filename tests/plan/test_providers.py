from __future__ import annotations

from typing import Any

import pytest

from trasloco.plan.providers import provider, providers

FACTS = {"title": "A", "connections_per_mailbox": 1, "connections_per_host": 2, "skip_non_mail": False}


def test_the_four_types_are_there_in_their_order() -> None:
    assert list(providers()) == ["standard", "gmail", "exchange", "office365"]
    assert all(item.name == name for name, item in providers().items())


def test_exchange_hides_folders_without_mail_and_gmail_has_its_host() -> None:
    assert [name for name, item in providers().items() if item.skip_non_mail] == ["exchange", "office365"]
    assert (providers()["gmail"].host, providers()["gmail"].port) == ("imap.gmail.com", 993)
    assert providers()["standard"].host == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": 1}, "the key colour is not known"),
        ({"connections_per_host": "2"}, "connections_per_host must be of type int"),
        ({"connections_per_host": True}, "connections_per_host must be of type int"),
        ({"connections_per_mailbox": 0}, "at least 1"),
        ({"host": "x", "port": 0}, "does not exist"),
        ({"host": "x"}, "come together"),
        ({"title": None}, "title must be"),
    ],
)
def test_a_wrong_file_names_the_provider_and_the_key(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=f"provider mine: .*{words}"):
        provider("mine", FACTS | change)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ValueError, match=r"provider mine: .*title"):
        provider("mine", {key: value for key, value in FACTS.items() if key != "title"})
