"""Letters out of their numbers: the same number gives the same letter, and no two are alike."""

from __future__ import annotations

import random
from base64 import encodebytes
from collections.abc import Callable


def numbered_letters(size: int) -> Callable[[int], bytes]:
    """Messages of so many bytes once their lines end in CRLF, about; no two alike, no two runs different."""
    text = encodebytes(random.Random(size).randbytes(size * 3 // 4))

    def letter(number: int) -> bytes:
        head = (
            f"Message-ID: <{number}@curves.example>\nFrom: somebody@example.org\nTo: large@example.net\n"
            f"Subject: message {number}\nDate: Thu, 13 Mar 2014 16:53:20 +0000\n\n"
        ).encode()
        return head + text[: size * 77 // 78 - len(head) - 6]

    return letter
