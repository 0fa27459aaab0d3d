from __future__ import annotations

import socket
from collections.abc import Callable

from tests.project.conftest import Command
from trasloco.project.exit_codes import ExitCode
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller


def test_all_is_well(command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> None:
    rows = []
    for number in range(3):
        login = fresh_user()
        with MailboxFiller(dovecot_source.host, dovecot_source.port, login, dovecot_source.password) as filler:
            filler.fill(Letters(number), 10, (("INBOX",), ("Büro",)))
        rows.append([f"check{number}@example.net", f"{dovecot_source.host}:{dovecot_source.port}", login, dovecot_source.password])
    done = command("check", command.csv(rows), *command.destination(dovecot_destination))
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert "Source: 3 of 3 logins work:" in done.stdout
    assert "30 messages" in done.stdout
    assert "Destination: 3 of 3 logins work:" in done.stdout
    assert dovecot_source.password not in done.stdout + done.stderr


def test_each_kind_of_wrong_login_has_its_own_words(command: Command, dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    where = f"{dovecot_source.host}:{dovecot_source.port}"
    rows = [
        ["good@example.net", where, fresh_user(), dovecot_source.password],
        ["wrong@example.net", where, fresh_user(), "not the password"],
        ["closed@example.net", f"127.0.0.1:{port}", "u", "secret-1"],
        ["nowhere@example.net", "imap.does-not-exist.invalid", "u", "secret-2"],
    ]
    done = command("check", command.csv(rows), "--tls", "off", "--allow-private-addresses")
    assert done.returncode == ExitCode.SOMETHING_FAILED
    assert "Source: 1 of 4 logins work" in done.stdout
    lines = {address: line for line in done.stdout.splitlines() for address in ("wrong@", "closed@", "nowhere@") if address in line}
    assert "could not sign in" in lines["wrong@"]
    assert "nothing answers on port" in lines["closed@"]
    assert "imap.does-not-exist.invalid" in lines["nowhere@"]
    assert "Only the source servers were tried" in done.stdout
    for secret in ("not the password", "secret-1", "secret-2", dovecot_source.password):
        assert secret not in done.stdout + done.stderr


def test_our_own_network_is_not_contacted_unasked(command: Command, dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    rows = [["a@example.net", f"{dovecot_source.host}:{dovecot_source.port}", fresh_user(), dovecot_source.password]]
    done = command("check", command.csv(rows), "--tls", "off")
    assert done.returncode == ExitCode.SOMETHING_FAILED
    assert "127.0.0.1 is a loopback address" in done.stdout
    assert "--allow-private-addresses" in done.stdout


def test_all_problems_of_the_file_are_shown(command: Command) -> None:
    file = command.directory / "accounts.csv"
    file.write_text("anna@example.net;192.0.2.1;anna\nno address;192.0.2.1;bob;hush\ncarl@example.net;;carl;hush\n")
    done = command("check", file)
    assert done.returncode == ExitCode.SOMETHING_FAILED
    for line in ("line: 1", "line: 2", "line: 3"):
        assert line in done.stdout
    assert "hush" not in done.stdout + done.stderr
    assert "No login was tried" in done.stdout


def test_a_missing_file_is_a_usage_error(command: Command) -> None:
    done = command("check", command.directory / "absent.csv")
    assert done.returncode == ExitCode.USAGE
    assert "absent.csv cannot be read: No such file or directory." in done.stderr


def test_a_file_without_end_is_refused(command: Command) -> None:
    done = command("check", "/dev/zero")
    assert done.returncode == ExitCode.USAGE
    assert "larger than 8.0 MiB" in done.stderr


def test_passwords_for_some_are_missing(command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str) -> None:
    where = f"{dovecot_source.host}:{dovecot_source.port}"
    file = command.csv([[name, where, user + name, dovecot_source.password] for name in ("one@example.net", "two@example.net")])
    quoted = dovecot_destination.password.replace('"', '""')
    passwords = command.secret("passwords.csv", f'One@example.net;"{quoted}"')
    target = f"imap://{dovecot_destination.host}:{dovecot_destination.port}"
    options = ["--tls", "off", "--allow-private-addresses"]
    done = command("check", file, "--destination", target, "--destination-passwords", passwords, *options)
    assert done.returncode == ExitCode.SOMETHING_FAILED
    assert "Destination: 1 of 2 logins work" in done.stdout
    assert "two@example.net · side: destination" in done.stdout


def test_the_accounts_may_come_from_standard_input(command: Command, dovecot_source: Dovecot, user: str) -> None:
    quoted = dovecot_source.password.replace('"', '""')
    line = f'a@example.net;{dovecot_source.host}:{dovecot_source.port};{user};"{quoted}"\n'
    done = command("check", "-", "--tls", "off", "--allow-private-addresses", stdin=line)
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert "Source: 1 of 1 login works" in done.stdout
