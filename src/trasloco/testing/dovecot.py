"""Dovecot 2.3 on loopback, all its processes as one unprivileged user.

    with Dovecot(master=("admin", "secret")) as server:
        imaplib.IMAP4(server.host, server.port).login("anna@example.org", server.password)

Without ``users`` every name is a fresh mailbox behind one password; with ``users`` only those
exist, and a wrong password is refused. Mail is not flushed to disk (``mail_fsync = never``)
unless asked, as a test loses the machine and not the disk.
"""

from __future__ import annotations

import base64
import functools
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from trasloco.testing.free_ports import free_ports
from trasloco.testing.packages import PackagesUnavailable, PackageTree
from trasloco.testing.server import LocalServer

STANDARD_MAILBOXES = {"Drafts": "\\Drafts", "Sent": "\\Sent", "Junk": "\\Junk", "Trash": "\\Trash", "Archive": "\\Archive"}


class Dovecot(LocalServer):
    """One Dovecot; see ``LocalServer`` for start, stop, kill, restart and log.

    users: user name -> password; None: any name, with ``password``.
    master: (name, password) of a master user, for ``user*master`` and for PLAIN with authzid.
    storage: maildir, sdbox or mdbox. layout: "maildir++" or "fs" (maildir only; dbox is always fs).
    separator: of the namespace; None leaves Dovecot's own ("." for maildir++, else "/").
    prefix: of the namespace, e.g. "INBOX.".
    special_use: mailbox name -> attribute, made and subscribed at the first login.
    quota: bytes per user, None for none. fsync: as Dovecot calls it.
    introspection: a URL to which an OAuth token is appended to ask whose it is (RFC 7662): XOAUTH2 and OAUTHBEARER are offered then.
    pop3: INBOX is served by POP3 too, at ``pop3_port`` and, with TLS from the first byte, at ``pop3s_port``.
    plugins: further mail plugins, e.g. ("listescape",). extra: lines at the end of dovecot.conf.
    """

    title = "Dovecot"

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        password: str = 'pass word;"1',
        master: tuple[str, str] | None = None,
        master_separator: str = "*",
        storage: Literal["maildir", "sdbox", "mdbox"] = "maildir",
        layout: Literal["maildir++", "fs"] = "maildir++",
        separator: str | None = None,
        prefix: str = "",
        special_use: Mapping[str, str] | None = None,
        quota: int | None = None,
        introspection: str = "",
        plugins: tuple[str, ...] = (),
        fsync: Literal["never", "optimized", "always"] = "never",
        self_signed: bool = True,
        pop3: bool = False,
        extra: str = "",
    ) -> None:
        self._tree = _dovecot_tree(pop3=pop3)
        super().__init__(self_signed=self_signed)
        self.password = password
        self.master = master
        self.master_separator = master_separator
        self._users = users
        self._location = f"{storage}:~/mail" + (":LAYOUT=fs" if storage == "maildir" and layout == "fs" else "")
        self._separator = separator
        self._prefix = prefix
        self._special_use = special_use or {}
        self._quota = quota
        self._plugins = (*plugins, *(("quota",) if quota is not None else ()))
        self._fsync = fsync
        self._introspection = introspection
        self._extra = extra
        self.pop3_port, self.pop3s_port = free_ports(2) if pop3 else (0, 0)

    @property
    def version(self) -> str:
        return f"Dovecot {_program_version(self._tree.root)}"

    def _command(self) -> tuple[list[str], dict[str, str]]:
        # What dovecot itself would run first, but by the fixed path /usr/bin/doveconf.
        programs, configuration = f"{self._tree.root}/usr", str(self.directory / "dovecot.conf")
        read = [f"{programs}/bin/doveconf", "-f", "service=master", "-c", configuration, "-m", "master", "-p", "-e"]
        return [*read, f"{programs}/sbin/dovecot", "-F", "-c", configuration], self._tree.environment()

    def _configure(self) -> None:
        for name in ("run", "state", "homes"):
            (self.directory / name).mkdir(exist_ok=True)
        for link in (self.directory / "run/modules", self.directory / "run/login/modules"):
            link.parent.mkdir(exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(f"{self._tree.root}/usr/lib/dovecot/modules")
        sections = [self._processes(), self._connections(), self._logins(), self._mail(), self._extra]
        (self.directory / "dovecot.conf").write_text("\n".join(sections) + "\n", "utf-8")

    def _processes(self) -> str:
        user, group = self.identity
        library = f"{self._tree.root}/usr/lib/dovecot"
        return f"""
protocols = imap{" pop3" if self.pop3_port else ""}
base_dir = {self.directory}/run
state_dir = {self.directory}/state
log_path = {self.directory}/dovecot.log
libexec_dir = {library}
mail_plugin_dir = {library}/modules
import_environment = TZ LD_LIBRARY_PATH
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
default_process_limit = 2000
default_client_limit = 8000
service anvil {{
  chroot =
  # No growing delays after wrong passwords: all clients here have one address.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = 2000
  # One after another: starting a process for each login would cost ten times as much as the login.
  service_count = 200
}}"""

    def _connections(self) -> str:
        return f"""
listen = {self.host}
disable_plaintext_auth = no
mail_max_userip_connections = 1000
ssl = yes
ssl_cert = <{self.certificate.chain}
ssl_key = <{self.certificate.key}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port}
    ssl = yes
  }}
}}{self._pop3()}"""

    def _pop3(self) -> str:
        if not self.pop3_port:
            return ""
        return f"""
pop3_uidl_format = %08Xu%08Xv
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {self.pop3_port}
  }}
  inet_listener pop3s {{
    port = {self.pop3s_port}
    ssl = yes
  }}
}}"""

    def _logins(self) -> str:
        """Who may log in. Passwords go in base64, where no separator of the files can occur."""
        user, group = self.identity
        home = f"{self.directory}/homes/%u"
        tokens = " xoauth2 oauthbearer" if self._introspection else ""
        lines = [f"auth_mechanisms = plain login{tokens}", "auth_username_chars =", "auth_failure_delay = 0"]
        lines += ["auth_cache_size = 0", f"auth_master_user_separator = {self.master_separator}"]
        if self.master is not None:
            name, password = self.master
            masters = self._write("masters", f"{name}:{_encoded(password)}\n")
            lines += ["passdb {", "  driver = passwd-file", f"  args = {masters}", "  master = yes"]
            # With a list of users the one named must be on it too.
            lines += ["}"] if self._users is None else ["  result_success = continue", "}"]
        if self._introspection:
            facts = f"introspection_url = {self._introspection}\nintrospection_mode = get\nusername_attribute = username\n"
            book = self._write("tokens", facts + "active_attribute = active\nactive_value = true\n")
            lines += ["passdb {", "  driver = oauth2", "  mechanisms = xoauth2 oauthbearer", f"  args = {book}", "}"]
        if self._users is None:
            lines += ["passdb {", "  driver = static", f"  args = password={_encoded(self.password)}", "}"]
            lines += ["userdb {", "  driver = static", f"  args = uid={user} gid={group} home={home}", "}"]
        else:
            users = self._write("users", "".join(f"{name}:{_encoded(password)}::::::\n" for name, password in self._users.items()))
            lines += ["passdb {", "  driver = passwd-file", f"  args = {users}", "}"]
            lines += ["userdb {", "  driver = passwd-file", f"  args = {users}"]
            lines += [f"  default_fields = uid={user} gid={group} home={home}", "}"]
        return "\n".join(lines)

    def _mail(self) -> str:
        lines = [f"mail_location = {self._location}", f"mail_fsync = {self._fsync}", "mailbox_list_index = yes"]
        lines += [f"mail_plugins = {' '.join(self._plugins)}"]
        lines += ["namespace inbox {", "  inbox = yes", f'  prefix = "{self._prefix}"']
        if self._separator is not None:
            lines.append(f'  separator = "{self._separator}"')
        for name, attribute in self._special_use.items():
            lines += [f'  mailbox "{name}" {{', "    auto = subscribe", f"    special_use = {attribute}", "  }"]
        lines.append("}")
        if self._quota is not None:
            lines += ["protocol imap {", "  mail_plugins = $mail_plugins imap_quota", "}"]
            lines += ["plugin {", "  quota = count:User quota", "  quota_vsizes = yes", f"  quota_rule = *:bytes={self._quota}", "}"]
        return "\n".join(lines)

    def _write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text, "utf-8")
        return path


def _encoded(password: str) -> str:
    return "{PLAIN.b64}" + base64.b64encode(password.encode()).decode("ascii")


def _dovecot_tree(*, pop3: bool) -> PackageTree:
    """An installed Dovecot 2.3 if there is one, else the unpacked one."""
    program, packages = (
        ("pop3", ("dovecot-core", "dovecot-imapd", "dovecot-pop3d")) if pop3 else ("imap", ("dovecot-core", "dovecot-imapd"))
    )
    if Path(f"/usr/lib/dovecot/{program}").exists() and shutil.which("dovecot", path="/usr/sbin"):
        tree = PackageTree(Path("/"), (), {})
    else:
        tree = PackageTree.obtain("dovecot-pop3" if pop3 else "dovecot", *packages, finish=_find_modules_beside)
    version = _program_version(tree.root)
    if not version.startswith("2.3."):
        raise PackagesUnavailable(
            f"this system's Dovecot is {version}; the test configuration is for 2.3 (Debian 11, 12, Ubuntu 20.04 to 25.04)"
        )
    return tree


def _find_modules_beside(root: Path) -> None:
    """Let the unpacked library look for its TLS module in the working directory.

    That one path is compiled in and cannot be configured; ``_configure`` puts a link where the
    relative one leads.
    """
    library = (root / "usr/lib/dovecot/libdovecot.so.0").resolve()
    old = b"\0/usr/lib/dovecot/modules\0"
    content = library.read_bytes()
    if content.count(old) != 1:
        raise PackagesUnavailable("this build of Dovecot cannot run from a cache directory. Install it: apt-get install dovecot-imapd")
    library.write_bytes(content.replace(old, b"\0modules\0".ljust(len(old), b"\0")))


@functools.cache
def _program_version(root: Path) -> str:
    tree = PackageTree(root, (f"{root}/usr/lib/dovecot",), {})
    told = subprocess.run([f"{root}/usr/sbin/dovecot", "--version"], capture_output=True, text=True, env=tree.environment(), check=True)
    return told.stdout.split()[0]
