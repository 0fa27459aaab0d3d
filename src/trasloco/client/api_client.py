"""A client of the REST API, version 1.

    client = ApiClient("https://trasloco.example.net", Secret(token))
    for migration in client.pages("/migrations"):
        ...

Every request may be sent again when its answer does not come: a POST carries an Idempotency-Key, so that it is done once, and the
other methods say the same twice. Certificates are verified; a redirection is never followed, as the token would go along.
Errors: ``answers``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, TypeVar

import requests
from requests.auth import AuthBase

from trasloco.client.address import api_address
from trasloco.client.answers import AskingFailed, NoAnswer, NotTheApi, Refusal
from trasloco.client.reading import chunks, event_lines, in_memory, no_answer
from trasloco.secret import Secret

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further try."""
CONNECT_SECONDS, READ_SECONDS = 15.0, 120.0
STREAM_SILENCE = 60.0  # an event stream says every 15 s that it is still there
_LONGEST_WAIT = 90.0  # the API asks for a minute at most

T = TypeVar("T")


class _Bearer(AuthBase):
    """Set for each request by itself, so that nothing of ~/.netrc comes in its place."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class ApiClient:
    """server: the panel's address. ca: a file with the authorities that may vouch for it, instead of the usual ones.
    pause: waits so many seconds. Raises ``ValueError`` as ``address.api_address``."""

    def __init__(
        self, server: str, token: Secret, *, ca: str = "", pauses: Sequence[float] = PAUSES, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.address = api_address(server)
        self._token = token
        self._pauses, self._pause, self._ca = tuple(pauses), pause, ca
        self._session = requests.Session()
        # On this machine nothing of the environment counts: a proxy would be told the token in plain text.
        self._session.trust_env = self.address.startswith("https:")
        self._session.auth = _Bearer(token)
        self._session.headers["User-Agent"] = "trasloco-client"

    def get(self, path: str, **query: Any) -> Any:
        """path: below ``/api/v1``. The JSON of the answer."""
        return self._json("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """key: of the request, where it must not be done twice even if another process sends it again; else a new one."""
        return self._json("POST", path, body=body, key=key or str(uuid.uuid4()))

    def lasting_key(self, *words: str) -> str:
        """A key of a POST that another process finds again by the same words, within the 24 hours for which answers are kept. It tells
        nothing of the words to who does not know the token."""
        text = json.dumps(words).encode()
        return hmac.new(self._token.reveal().encode(), text, hashlib.sha256).hexdigest()

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._json("PUT", path, body=body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._json("PATCH", path, body=body)

    def delete(self, path: str) -> None:
        """What is gone when it is asked again was deleted the first time, when the answer was lost."""
        self._asked("DELETE", path, in_memory, gone=b"")

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """All items of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, **query, cursor=cursor, limit=200)
            yield from page["items"]
            cursor = page["next"]

    def content(self, path: str, **query: Any) -> bytes:
        """A file of at most ``reading.MOST_ANSWER`` bytes."""
        return self._asked("GET", path, in_memory, query=query)

    def save(self, path: str, file: IO[bytes], **query: Any) -> None:
        """A file of any size, into ``file``, which is emptied before each try. Raises ``OSError`` too, of the file."""

        def written(response: requests.Response) -> None:
            file.seek(0)
            file.truncate()
            for chunk in chunks(response):
                file.write(chunk)

        self._asked("GET", path, written, query=query)

    def events(self, path: str) -> Iterator[Any]:
        """The JSON of each server-sent event, until the stream ends or breaks; then ask again."""
        response = self._asked("GET", path, lambda open_: open_, timeout=STREAM_SILENCE, keep=True)
        with response:
            try:
                for line in event_lines(response):
                    yield json.loads(line)
            except NoAnswer:
                return
            except ValueError as error:
                raise self._strange("its events are no JSON") from error

    def _json(self, method: str, path: str, **more: Any) -> Any:
        body = self._asked(method, path, in_memory, **more)
        try:
            return json.loads(body) if body else None
        except ValueError as error:
            raise self._strange("its answers are no JSON") from error

    def _asked(self, method: str, path: str, read: Callable[[requests.Response], T], *, gone: T | None = None, **more: Any) -> T:
        """What ``read`` makes of a good answer, after as many tries as there are pauses and one. gone: the answer to who asks
        again for what is not there any more."""
        for tries, pause in enumerate((*self._pauses, None)):
            try:
                return self._once(method, path, read, **more)
            except AskingFailed as error:
                if gone is not None and tries and isinstance(error, Refusal) and error.status == 404:
                    return gone
                if error.again is None or pause is None:
                    raise
                self._pause(min(max(pause, error.again), _LONGEST_WAIT))
        raise AssertionError("the last try returns or raises")

    def _once(
        self,
        method: str,
        path: str,
        read: Callable[[requests.Response], T],
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str = "",
        timeout: float = READ_SECONDS,
        keep: bool = False,
    ) -> T:
        """keep: a good answer stays open."""
        try:
            response = self._session.request(
                method,
                self.address + path,
                params={name: value for name, value in (query or {}).items() if value not in ("", None)},
                json=body,
                headers={"Idempotency-Key": key} if key else {},
                timeout=(CONNECT_SECONDS, timeout),
                allow_redirects=False,
                stream=True,
                verify=self._ca or None,
            )
        except requests.RequestException as error:
            raise no_answer(self.address, error) from error
        good = 200 <= response.status_code < 300
        try:
            if not good:
                raise self._refusal(response)
            return read(response)
        finally:
            if not (good and keep):
                response.close()

    def _refusal(self, response: requests.Response) -> AskingFailed:
        """Why it was not done, in the API's words; what a proxy says instead is told as such."""
        status, said = response.status_code, f"{response.status_code} {response.reason}"
        if 300 <= status < 400:
            where = response.headers.get("Location", "")
            return self._strange(f"it leads on to {where} ({said}), and the token is not sent there")
        again: float | None = None
        after = response.headers.get("Retry-After", "")
        if status in (429, 502, 503, 504):
            again = float(after) if after.isascii() and after.isdigit() else 0.0
        try:
            found = Refusal.of(status, in_memory(response), again)
        except ValueError:
            if again is None:
                return self._strange(f"it says {said}")
            return NoAnswer(f"What stands before {self.address} says {said}.", again)
        if found.code == "request-under-way":
            found.again = 1.0
        return found

    def _strange(self, what: str) -> NotTheApi:
        return NotTheApi(f"What answers at {self.address} is not the API of Trasloco: {what}. Is the address right?")
