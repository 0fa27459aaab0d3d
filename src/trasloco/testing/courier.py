"""Courier IMAP on loopback: its real imapd behind a login front of ours.

    with Courier() as server:
        imaplib.IMAP4(server.host, server.port).login("anna@example.org", server.password)

Courier's own login needs an authentication daemon at fixed paths of the system. So a thread of
this process greets, reads CAPABILITY, LOGIN or AUTHENTICATE PLAIN, and then gives the connection
itself to one imapd per login, as couriertcpd and authlib would. Plain text only (``tls_port`` is
0). Names and passwords mean what they mean for ``Dovecot``, the master user in both ways too.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from trasloco.testing.packages import PackageTree
from trasloco.testing.server import LocalServer, run_as

_CAPABILITIES = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE ACL ACL2=UNION"
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n$")


class Courier(LocalServer):
    """One Courier; see ``LocalServer`` for start, stop, kill, restart and log.

    users: user name -> password; None: any name, with ``password``.
    master: (name, password) for ``user*name`` and for PLAIN with authzid.
    """

    title = "Courier"

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        password: str = 'pass word;"1',
        master: tuple[str, str] = ("master", "master secret"),
    ) -> None:
        self._tree = PackageTree.obtain("courier", "courier-imap", "courier-base", "courier-authlib")
        super().__init__()
        self.password = password
        self.master = master
        self._users = users
        self._listener: socket.socket | None = None
        self._sessions: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        return f"Courier {self._tree.versions['courier-imap']}"

    def open(self, user: str, password: str, acting_as: str = "") -> str | None:
        """Whose mailbox these credentials open; None when they are wrong."""
        user, _, master = user.partition("*")
        if acting_as and acting_as != user:
            user, master = acting_as, user
        if master:
            return user if (master, password) == self.master and (self._users is None or user in self._users) else None
        expected = self.password if self._users is None else self._users.get(user)
        return user if password == expected else None

    def hand_over(self, connection: socket.socket, user: str, tag: str) -> None:
        """Start an imapd that answers ``tag`` and owns the connection from here on."""
        home = self._home(user)
        environment = self._tree.environment() | {
            "AUTHENTICATED": user,
            "IMAPLOGINTAG": tag,
            "HOME": str(home),
            "MAILDIR": str(home / "Maildir"),
            "PROTOCOL": "IMAP",
            "TCPREMOTEIP": self.host,
            "TCPREMOTEPORT": "1",  # imapd ends at once, without a word, when this is not set
            "IMAP_CAPABILITY": _CAPABILITIES,
            "IMAP_KEYWORDS": "1",
            "IMAP_USELOCKS": "0",  # locks ask gamin, a daemon that is not there, and each question waits a second
            "IMAP_ENHANCEDIDLE": "0",
            "IMAP_MAILBOX_SANITY_CHECK": "0",
            "IMAP_TRASHFOLDERNAME": "Trash",
        }
        words = [f"{self._tree.root}/usr/bin/imapd", str(home / "Maildir")]
        with (self.directory / "output.log").open("ab") as output, self._lock:
            if self._listener is None:
                return
            self._sessions = [session for session in self._sessions if session.poll() is None]
            session = subprocess.Popen(
                words,
                stdin=connection.fileno(),
                stdout=connection.fileno(),
                stderr=output,
                env=environment,
                cwd=home,
                **run_as(self.account),
            )
            self._sessions.append(session)

    def _home(self, user: str) -> Path:
        """The user's directory, with a Maildir in it, owned by the server's user."""
        home = self.directory / "homes" / user.replace("/", "_")
        with self._lock:
            if not home.is_dir():
                for name in ("cur", "new", "tmp"):
                    (home / "Maildir" / name).mkdir(parents=True)
                self._own(home)
        return home

    def _configure(self) -> None:
        (self.directory / "homes").mkdir(exist_ok=True)

    def _launch(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
        except OSError as error:
            listener.close()
            raise self._failed() from error
        listener.listen(512)
        self.tls_port = 0
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), daemon=True, name="courier-front").start()
        _refuse_gamin(self.identity[0])

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_Front(self, connection).run, daemon=True, name="courier-login").start()

    def _end(self, how: signal.Signals) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
            sessions, self._sessions = self._sessions, []
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listener.close()
        for session in sessions:
            session.send_signal(how)
        for session in sessions:
            try:
                session.wait(2)
            except subprocess.TimeoutExpired:
                session.kill()
                session.wait()


@functools.cache
def _refuse_gamin(user: str) -> socket.socket | None:
    """Take the place of gamin, a file watcher that imapd asks at each login: hang up at once.

    With nobody there its library would try for more than a second. Once per process, for its life.
    """
    watcher = socket.socket(socket.AF_UNIX)
    try:
        watcher.bind(f"\0/tmp/fam-{user}-".ljust(108, "\0").encode())  # an abstract name, padded as the library pads it
    except OSError:  # another test process does it already
        watcher.close()
        return None
    watcher.listen(128)

    def hang_up() -> None:
        while True:
            watcher.accept()[0].close()

    threading.Thread(target=hang_up, daemon=True, name="no-gamin").start()
    return watcher


class _Front:
    """One connection before its login (RFC 9051 3.1, 3.2)."""

    def __init__(self, server: Courier, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection

    def run(self) -> None:
        with self._connection, contextlib.suppress(OSError):
            self._connection.settimeout(60)
            self._say(f"* OK [CAPABILITY {_CAPABILITIES} AUTH=PLAIN] Courier-IMAP ready.")
            while (words := self._read_words()) and self._answer(words):
                pass

    def _answer(self, words: list[bytes]) -> bool:
        """Do one command; False when this front is done with the connection."""
        tag = words[0].decode("latin-1")
        match [words[1].upper() if len(words) > 1 else b"", *words[2:]]:
            case [b"CAPABILITY"]:
                self._say(f"* CAPABILITY {_CAPABILITIES} AUTH=PLAIN")
                self._say(f"{tag} OK CAPABILITY completed")
            case [b"NOOP"]:
                self._say(f"{tag} OK NOOP completed")
            case [b"LOGOUT"]:
                self._say("* BYE Courier-IMAP server shutting down")
                self._say(f"{tag} OK LOGOUT completed")
                return False
            case [b"LOGIN", user, password]:
                return self._log_in(tag, [b"", user, password])
            case [b"AUTHENTICATE", mechanism] if mechanism.upper() == b"PLAIN":
                self._connection.sendall(b"+ \r\n")
                try:
                    return self._log_in(tag, base64.b64decode(self._read_line(), validate=False).split(b"\0"))
                except binascii.Error:
                    self._say(f"{tag} NO Error in base64")
            case _:
                self._say(f"{tag} NO Error in IMAP command received by server.")
        return True

    def _log_in(self, tag: str, credentials: list[bytes]) -> bool:
        """True when it failed and the client may try again."""
        texts = [text.decode("utf-8", "replace") for text in credentials]
        user = self._server.open(texts[1], texts[2], texts[0]) if len(texts) == 3 else None
        if user is None:
            self._say(f"{tag} NO Login failed.")
            return True
        self._connection.setblocking(True)  # imapd shares this setting
        self._server.hand_over(self._connection, user, tag)
        return False

    def _say(self, line: str) -> None:
        self._connection.sendall(line.encode("latin-1") + b"\r\n")

    def _read_words(self) -> list[bytes]:
        """One command as its words; literals become words too. Empty at the end of the connection."""
        words: list[bytes] = []
        while line := self._read_line():
            literal = _LITERAL.search(line)
            text = line[: literal.start()] if literal else line.rstrip(b"\r\n")
            words += [re.sub(rb"\\(.)", rb"\1", match[1]) if match[1] is not None else match[2] for match in _WORD.finditer(text)]
            if literal is None:
                return words or [b"*"]
            if b"+" not in literal[0]:
                self._connection.sendall(b"+ OK\r\n")
            words.append(self._read_exactly(int(literal[1])))
        return []

    def _read_line(self) -> bytes:
        """Byte by byte: what follows the login is imapd's, not ours."""
        line = b""
        while not line.endswith(b"\n") and len(line) < 65536:
            byte = self._connection.recv(1)
            if not byte:
                return b""
            line += byte
        return line

    def _read_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (chunk := self._connection.recv(size - len(data))):
            data += chunk
        return data
