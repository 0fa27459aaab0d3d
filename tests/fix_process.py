"""No test leaves the process otherwise than it found it: whoever does fails, and what he changed is given back to the others.

Else a test would pass or fail by what ran before it in its process, and that is another thing in each run with several processes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.process_state import ProcessState, changed, module_names


@pytest.fixture(autouse=True)
def process_as_it_was() -> Iterator[None]:
    """Begins before all other fixtures of a test, so it ends after them."""
    before = ProcessState.now()
    yield
    _fresh_language()
    if found := before.changes():
        before.give_back()
        pytest.fail(f"left otherwise than it was: {', '.join(found)}", pytrace=False)


@pytest.fixture(scope="module", autouse=True)
def modules_as_they_were() -> Iterator[None]:
    """The same for the names of our modules, over all tests of a file."""
    before = module_names()
    yield
    if found := changed(before, module_names()):
        pytest.fail(f"a test of this file has left another thing under {', '.join(found)}", pytrace=False)


def _fresh_language() -> None:
    """The panel speaks the language of who asked last, and in his time zone, until the next one asks."""
    registry = sys.modules.get("django.apps")
    if registry is not None and registry.apps.ready:
        from django.utils import timezone, translation

        translation.deactivate()
        timezone.deactivate()
