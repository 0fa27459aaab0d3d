"""Reading what a server sends, with limits; and what is said when the line breaks."""

from __future__ import annotations

from collections.abc import Iterator

import requests
import urllib3

from trasloco.client.answers import NoAnswer

MOST_ANSWER = 64 << 20
"""Bytes of an answer that is kept in memory."""
MOST_EVENT = 1 << 20
"""Bytes of one server-sent event."""
_CHUNK = 256 * 1024


def chunks(response: requests.Response, size: int | None = _CHUNK) -> Iterator[bytes]:
    """The body, as it comes. Raises ``NoAnswer`` when it breaks off."""
    try:
        yield from response.iter_content(size)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise no_answer(response.url.partition("?")[0], error) from error


def in_memory(response: requests.Response) -> bytes:
    """The whole body. Raises ``NoAnswer`` when it breaks off or is too large."""
    body = bytearray()
    for chunk in chunks(response):
        body += chunk
        if len(body) > MOST_ANSWER:
            raise NoAnswer(f"The answer of {response.url.partition('?')[0]} is larger than {MOST_ANSWER >> 20} MiB; it was not read.")
    return bytes(body)


def event_lines(response: requests.Response) -> Iterator[bytes]:
    """The data of each event of a ``text/event-stream`` whose events have one line of it. Raises ``NoAnswer``."""
    rest = b""
    for chunk in chunks(response, None):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MOST_EVENT:
            raise NoAnswer(f"An event is larger than {MOST_EVENT >> 20} MiB; it was not read.")
        yield from (line[5:].strip() for line in lines if line.startswith(b"data:"))


def no_answer(address: str, error: Exception) -> NoAnswer:
    """What a person is told when a connection fails. A certificate that is not accepted is none the next time either."""
    if isinstance(error, requests.exceptions.SSLError):
        return NoAnswer(f"The certificate of {address} is not accepted, so nothing was sent: {_why(error)}.")
    if isinstance(error, requests.Timeout):
        return NoAnswer(f"{address} does not answer in time.", 0.0)
    lasting = isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | requests.exceptions.InvalidHeader)
    return NoAnswer(f"{address} cannot be reached: {_why(error)}.", None if lasting else 0.0)


def _why(error: BaseException) -> str:
    """The innermost cause: what is around it repeats the address and names our own objects."""
    seen = {id(error)}
    while True:
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        inner = inner or next((item for item in error.args if isinstance(item, BaseException)), None)
        if not isinstance(inner, BaseException) or id(inner) in seen:
            break
        error = inner
        seen.add(id(error))
    words = getattr(error, "strerror", None) or getattr(error, "verify_message", None) or str(error) or type(error).__name__
    return " ".join(str(words).split()).rstrip(".")
