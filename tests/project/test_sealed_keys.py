"""Keys sealed by a passphrase: it opens them, nothing else does, and a changed file does not."""

from __future__ import annotations

import json

import pytest

from trasloco.project.sealed_keys import WrongPassphrase, open_keys, seal_keys
from trasloco.secret import Secret

FILES = {"master.key": "# of the operator\n0a1b2c3d c2VjcmV0\n", "session.key": "x"}
PASSPHRASE = Secret("a passphrase of some length")


def test_what_is_sealed_opens_with_its_passphrase_only() -> None:
    sealed = seal_keys(FILES, PASSPHRASE)
    assert open_keys(sealed, PASSPHRASE) == FILES
    assert b"0a1b2c3d" not in sealed
    with pytest.raises(WrongPassphrase):
        open_keys(sealed, Secret("a passphrase of some lengths"))


def test_two_seals_of_the_same_are_different() -> None:
    assert seal_keys(FILES, PASSPHRASE) != seal_keys(FILES, PASSPHRASE)


@pytest.mark.parametrize("change", [{"sealed": "gAAAAA"}, {"format": 2}, {"salt": "?"}, {"n": 2**30}, {"n": 3}])
def test_a_file_that_was_changed_is_refused(change: dict[str, object]) -> None:
    found = json.loads(seal_keys(FILES, PASSPHRASE))
    with pytest.raises(WrongPassphrase):
        open_keys(json.dumps(found | change).encode(), PASSPHRASE)
    with pytest.raises(WrongPassphrase):
        open_keys(b"not JSON", PASSPHRASE)
