"""The messages of a directory of mail files (``../shared/corpus``), each as one message.

A file that starts with ``From `` is an mbox: it is cut at its From_ lines, which are no part of a
message (RFC 4155). Everything else, readable as mail or not, is one message as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# A separator stands at the start, or after an empty line and then names a time: prose may begin with "From " too.
_FROM_LINE = re.compile(rb"(?:\AFrom [^\r\n]*|(?:(?<=\n\n)|(?<=\n\r\n))From \S+ [^\r\n]*\d\d:\d\d[^\r\n]*)\r?\n")
_NOT_MAIL = {"README.md"}


@dataclass(frozen=True, slots=True)
class CorpusMessage:
    """name: file, with ``#n`` for the n-th message of an mbox. content: as it is in the file."""

    name: str
    content: bytes

    @property
    def crlf(self) -> bytes:
        """The same with every line end (LF, CR, CRLF) as CRLF."""
        return re.sub(rb"\r\n|\r|\n", b"\r\n", self.content)

    @classmethod
    def all_of(cls, directory: Path) -> Iterator[CorpusMessage]:
        """All messages under ``directory``, in the order of their names."""
        for path in sorted(directory.rglob("*")):
            if path.is_file() and path.name not in _NOT_MAIL:
                name, content = str(path.relative_to(directory)), path.read_bytes()
                messages = _split(content)
                for number, message in enumerate(messages, 1):
                    yield cls(f"{name}#{number}" if len(messages) > 1 else name, message)


def _split(content: bytes) -> list[bytes]:
    if not content.startswith(b"From "):
        return [content]
    starts = list(_FROM_LINE.finditer(content))
    ends = [match.start() for match in starts[1:]] + [len(content)]
    return [content[match.end() : end] for match, end in zip(starts, ends, strict=True)]
