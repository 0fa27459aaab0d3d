"""The double of an operator's terminal, tried on the real command."""

from __future__ import annotations

import urllib.request

from trasloco.testing.service import Service


def test_it_answers_says_the_first_link_and_ends_when_asked(service: Service) -> None:
    with urllib.request.urlopen(service.first_link) as answer:
        assert answer.status == 200
    assert service.stop() == 0
    assert "Stopping" in service.output
