"""Cyrus IMAP on loopback, all its processes as one unprivileged user.

    with Cyrus(admin=("admin", "secret")) as server:
        imaplib.IMAP4(server.host, server.port).login("anna@example.org", server.password)

Names and passwords mean what they mean for ``Dovecot``: without ``users`` every name is a fresh
mailbox behind one password. Passwords are checked by a small saslauthd of ours, a thread of this
process. The admin opens any mailbox by PLAIN with authzid; Cyrus knows no ``user*master``.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from trasloco.testing.packages import PackageTree
from trasloco.testing.server import LocalServer

# The modules also where the machine has them: SASL_PATH is the tree alone, and PLAIN with authzid wants a property store.
_PACKAGES = ("cyrus-imapd", "cyrus-common", "libsasl2-modules", "libsasl2-modules-db")


class Cyrus(LocalServer):
    """One Cyrus; see ``LocalServer`` for start, stop, kill, restart and log.

    users: user name -> password; None: any name, with ``password``.
    master: (name, password) of the administrator, who also makes users' mailboxes.
    alternative_namespace: folders beside INBOX; False puts them below it, as "INBOX.name".
    separator: "/" or ".".
    special_use: mailbox name -> attribute, made and subscribed at the first login.
    quota: KiB per user, None for none. extra: lines at the end of imapd.conf.
    """

    title = "Cyrus"

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        password: str = 'pass word;"1',
        master: tuple[str, str] = ("cyrus", "admin secret"),
        alternative_namespace: bool = True,
        separator: str = "/",
        special_use: Mapping[str, str] | None = None,
        quota: int | None = None,
        self_signed: bool = True,
        extra: str = "",
    ) -> None:
        self._tree = PackageTree.obtain("cyrus", *_PACKAGES)
        super().__init__(self_signed=self_signed)
        self.password = password
        self.master = master
        self._users = users
        self._alternative_namespace = alternative_namespace
        self._separator = separator
        self._special_use = special_use or {}
        self._quota = quota
        self._extra = extra
        self._passwords = _Saslauthd(self.directory / "mux", self._accepts)

    @property
    def version(self) -> str:
        return f"Cyrus {self._tree.versions['cyrus-imapd']}"

    def stop(self) -> None:
        super().stop()
        self._passwords.close()

    def _accepts(self, user: str, password: str) -> bool:
        if user == self.master[0]:
            return password == self.master[1]
        return password == (self.password if self._users is None else self._users.get(user))

    def _command(self) -> tuple[list[str], dict[str, str]]:
        words = [f"{self._tree.root}/usr/lib/cyrus/bin/master", "-C", f"{self.directory}/imapd.conf", "-M", f"{self.directory}/cyrus.conf"]
        return [*words, "-p", f"{self.directory}/master.pid", "-D"], self._environment

    @property
    def _environment(self) -> dict[str, str]:
        plugins = next(self._tree.root.glob("usr/lib/*/sasl2"), None) or Path("/usr/lib/sasl2")
        return self._tree.environment() | {"SASL_PATH": str(plugins), "CYRUS_VERBOSE": "0"}

    def _configure(self) -> None:
        for name in ("conf/db", "conf/socket", "conf/proc", "conf/log", "spool"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "imapd.conf").write_text("\n".join([*self._settings(), self._extra]) + "\n", "utf-8")
        (self.directory / "cyrus.conf").write_text(self._services(), "utf-8")

    def _services(self) -> str:
        programs, option = f"{self._tree.root}/usr/lib/cyrus/bin", f"-C {self.directory}/imapd.conf"
        return f"""START {{
  recover cmd="{programs}/ctl_cyrusdb {option} -r"
}}
SERVICES {{
  imap cmd="{programs}/imapd {option} -U 100" listen="{self.host}:{self.port}" prefork=1 maxchild=500
  imaps cmd="{programs}/imapd {option} -s -U 100" listen="{self.host}:{self.tls_port}" prefork=0 maxchild=500
}}
EVENTS {{
}}
"""

    def _settings(self) -> list[str]:
        settings = {
            "cyrus_user": self.identity[0],
            "configdirectory": f"{self.directory}/conf",
            "defaultpartition": "default",
            "partition-default": f"{self.directory}/spool",
            "admins": self.master[0],
            "altnamespace": "yes" if self._alternative_namespace else "no",
            "unixhierarchysep": "yes" if self._separator == "/" else "no",
            "virtdomains": "userid",
            "defaultdomain": "localhost.localdomain",
            "sasl_pwcheck_method": "saslauthd",
            "sasl_saslauthd_path": f"{self.directory}/mux",
            "sasl_mech_list": "PLAIN LOGIN",
            "allowplaintext": "yes",
            "tls_server_cert": str(self.certificate.chain),
            "tls_server_key": str(self.certificate.key),
            "tls_session_timeout": "0",
            "autocreate_quota": str(self._quota or 0),  # 0 here: made, and without a limit
            "skiplist_unsafe": "yes",
            "delete_mode": "immediate",
            "expunge_mode": "immediate",
            "munge8bit": "no",
            "failedloginpause": "0",
        }
        if self._special_use:
            settings["autocreate_inbox_folders"] = settings["autocreate_subscribe_folders"] = " | ".join(self._special_use)
            settings |= {f"xlist-{attribute.lstrip(chr(92)).lower()}": name for name, attribute in self._special_use.items()}
        return [f"{name}: {value}" for name, value in settings.items()]


class _Saslauthd:
    """Answers password questions on a socket in the protocol of saslauthd(8).

    A question is four strings (name, password, service, realm), each after its length in two
    bytes; the answer is one, "OK" or "NO".
    """

    def __init__(self, path: Path, accepts: Callable[[str, str], bool]) -> None:
        self._accepts = accepts
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        path.chmod(0o777)
        self._socket.listen(128)
        threading.Thread(target=self._serve, daemon=True, name="saslauthd").start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as question:
                try:
                    name, password, _, realm = (question.read(struct.unpack("!H", question.read(2))[0]).decode() for _ in range(4))
                except (struct.error, UnicodeDecodeError):
                    continue
                user = f"{name}@{realm}" if realm and "@" not in name else name
                answer = b"OK" if self._accepts(user, password) else b"NO"
                connection.sendall(struct.pack("!H", len(answer)) + answer)
