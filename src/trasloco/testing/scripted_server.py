"""An IMAP server that plays a script: a conversation as text, readable by a mail admin.

    S: * OK [CAPABILITY IMAP4rev1] ready
    C: t1 NOOP
    S: t1 OK done

``C:`` is a line the client must send, exactly; ``S:`` a line the server sends. A literal is just
the lines it is made of. ``<0D>``, two hex digits, is that byte. Further lines:

    S-: text       sent without a line end
    wait 0.2       seconds of silence
    tls            both sides begin TLS here
    close          the server closes the connection in order
    cut            the connection is reset
    # ...          a remark

Connections play the scripts given one after the other, the last one again and again. After the
script's end the connection stays open until the client closes it; what it still says is ignored.
``async with ScriptedServer(text) as server`` raises ``ScriptError`` at the end if the client said
something else.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_BYTE = re.compile(rb"<([0-9A-F]{2})>")
_LINE = re.compile(r"(C|S-?):(?: (.*))?|(wait) ([\d.]+)|(tls|close|cut)")


class ScriptError(AssertionError):
    """The client did not keep to the script, or the script cannot be read."""


@dataclass(frozen=True, slots=True)
class _Step:
    number: int
    verb: str
    content: bytes = b""
    seconds: float = 0.0


class ScriptedServer:
    """Listens on loopback while it is entered. tls: the context for ``tls`` lines; implicit: TLS from
    the first byte. host: the loopback address to listen on."""

    def __init__(self, *scripts: str, tls: ssl.SSLContext | None = None, implicit: bool = False, host: str = "127.0.0.1") -> None:
        self._scripts = [_parse(script) for script in scripts]
        self._tls = tls
        self._implicit = implicit
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.errors: list[str] = []
        self.heard = b""  # all that clients said
        self.host = host
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, 0, ssl=self._tls if self._implicit else None, limit=2**24)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        if self.errors:
            raise ScriptError("; ".join(self.errors)) from error

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        try:
            await self._play(script, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client left; if the script expected more, the test that plays it will notice
        except asyncio.CancelledError:
            writer.transport.abort()  # by __aexit__; asyncio's streams would complain about a cancelled task
        finally:
            writer.close()

    async def _play(self, script: list[_Step], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in script:
            if step.verb == "C":
                line = await reader.readuntil(b"\r\n")
                self.heard += line
                if line[:-2] != step.content:
                    self.errors.append(f"line {step.number}: expected {step.content!r}, the client said {line[:-2]!r}")
                    writer.transport.abort()
                    return
            elif step.verb in ("S", "S-"):
                writer.write(step.content + (b"\r\n" if step.verb == "S" else b""))
                await writer.drain()
            elif step.verb == "wait":
                await asyncio.sleep(step.seconds)
            elif step.verb == "tls":
                assert self._tls is not None
                await writer.start_tls(self._tls)
            elif step.verb == "cut":
                writer.transport.abort()
                return
            else:
                return
        while data := await reader.read(65536):
            self.heard += data


def _parse(script: str) -> list[_Step]:
    steps: list[_Step] = []
    for number, line in enumerate(script.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ScriptError(f"line {number} of the script is none of C:, S:, S-:, wait, tls, close, cut: {line!r}")
        verb, content, wait, seconds, plain = match.groups()
        if verb:
            data = _BYTE.sub(lambda found: bytes([int(found.group(1), 16)]), (content or "").encode("utf-8"))
            steps.append(_Step(number, verb, data))
        elif wait:
            steps.append(_Step(number, "wait", seconds=float(seconds)))
        else:
            steps.append(_Step(number, plain))
    return steps
