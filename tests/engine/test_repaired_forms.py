"""What the ladder may have sent is known, whatever the destination complained of first."""

from __future__ import annotations

from itertools import permutations

import pytest

from trasloco.engine.digest import Digester, Digests
from trasloco.engine.repair import Rung, repair
from trasloco.engine.repaired_forms import repaired_forms, repaired_messages

RUNGS = (Rung.LINE_ENDS, Rung.HEADERS, Rung.LONG_LINES)


def digests(message: bytes) -> Digests:
    digester = Digester()
    digester.update(message)
    return digester.result()


@pytest.mark.parametrize(
    "original",
    [
        b"Subject: x\r\n\r\n" + b"\r".join([b"a" * 300] * 8),
        b"Subject: x\r\n\r\n" + b"\r".join([b"a" * 300] * 8) + b"\0\r\n",
        b"Subject: x " + b"\r".join([b"a" * 300] * 8) + b"\r\n\r\nhi\r\n",
        b"Subject: gr\xfc\xdf " + b"e " * 800 + b"\r\n\r\nhi\r\n",
        b"Subject: a\nno field here " + b"z" * 1200 + b"\n\nbody\n",
        b"Subject: \xff" + b"x" * 2000 + b"\r\nno field \xff\r\nX: y\r\rZ: q\r\n\r\n" + b"\0" * 1000 + b"l" * 1500,
    ],
)
def test_every_order_of_the_rungs_is_known(original: bytes) -> None:
    known = set(repaired_forms(original))
    for count in range(1, len(RUNGS) + 1):
        for order in permutations(RUNGS, count):
            sent = original
            for rung in order:
                sent = repair(sent, rung)
            assert sent == original or digests(sent) in known, order


def test_each_form_comes_once_and_never_the_original() -> None:
    original = b"Subject: gr\xfc\xdf " + b"e " * 800 + b"\n\n\0hi\r"
    forms = [message for _, message in repaired_messages(original)]
    assert len(set(forms)) == len(forms) <= 15
    assert original not in forms


def test_each_form_says_which_rungs_lead_to_it() -> None:
    """The fewest: a rung that changes nothing is not named."""
    (one,) = repaired_messages(b"Subject: x\r\n\r\na\rb\r\n")
    assert one == ((Rung.LINE_ENDS,), b"Subject: x\r\n\r\na\r\nb\r\n")
    for rungs, message in repaired_messages(b"Subject: gr\xfc\xdf " + b"e " * 800 + b"\n\n\0hi\r"):
        sent = b"Subject: gr\xfc\xdf " + b"e " * 800 + b"\n\n\0hi\r"
        for rung in rungs:
            sent = repair(sent, rung)
        assert sent == message


def test_a_message_in_order_has_no_other_form() -> None:
    assert list(repaired_forms(b"Subject: plain\r\n\r\nbody\r\n")) == []
