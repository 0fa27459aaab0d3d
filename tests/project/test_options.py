from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from trasloco.plan.providers import providers
from trasloco.project.cli import trasloco
from trasloco.project.commands.check import check
from trasloco.project.commands.copy import copy
from trasloco.project.commands.migrate import migrate
from trasloco.project.encryption import TlsOptions
from trasloco.project.options import SOURCE_TYPES, SectionedCommand, mail_options, mail_settings, network_options, option, tls_options

COMMANDS = (check, migrate, copy)


@click.command(cls=SectionedCommand, name="copy")
@mail_options
@tls_options
@network_options
@option("--from", "from_", section="x")
@click.pass_context
def probe(ctx: click.Context, /, **values: Any) -> None:
    ctx.obj.update(values)


def values(*words: str, **environment: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    done = CliRunner().invoke(probe, words, obj=seen, env=environment, prog_name="copy", catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return seen


def test_sizes_and_folders() -> None:
    seen = values("--max-size", "1.5G", "--skip-folder", "Old stuff", "--skip-folder", "Büro/*")
    assert seen["max_size"] == 3 << 29
    assert seen["skip_folders"] == ("Old stuff", "Büro/*")
    assert values()["max_size"] == 50 << 20


def test_every_option_has_two_twins_and_the_nearer_one_wins() -> None:
    assert values(TRASLOCO_MAX_SIZE="1M")["max_size"] == 1 << 20
    assert values(TRASLOCO_MAX_SIZE="1M", TRASLOCO_COPY_MAX_SIZE="2M")["max_size"] == 2 << 20
    assert values("--max-size", "3M", TRASLOCO_COPY_MAX_SIZE="2M")["max_size"] == 3 << 20
    assert values(TRASLOCO_MIGRATE_MAX_SIZE="2M")["max_size"] == 50 << 20
    assert values(TRASLOCO_FROM="imaps://a@b")["from_"] == "imaps://a@b"
    assert values(TRASLOCO_STARTTLS="1")["starttls"] is True
    assert values(TRASLOCO_STARTTLS="0")["starttls"] is False


def test_the_twin_of_a_command_with_a_hyphen_can_be_set_in_a_shell() -> None:
    seen: dict[str, Any] = {}
    done = CliRunner().invoke(probe, [], obj=seen, env={"TRASLOCO_VERIFY_PROOF_MAX_SIZE": "3M"}, prog_name="verify-proof")
    assert done.exit_code == 0, done.output
    assert seen["max_size"] == 3 << 20


def test_repeated_options_are_separated_by_semicolons() -> None:
    assert values(TRASLOCO_SKIP_FOLDER="Old stuff;Büro/*")["skip_folders"] == ("Old stuff", "Büro/*")


@pytest.mark.parametrize("size", ["0", "-1", "much", "50X"])
def test_what_is_no_size_is_a_usage_error(size: str) -> None:
    done = CliRunner().invoke(probe, ["--max-size", size], obj={})
    assert done.exit_code == 2
    assert "size" in done.output


def test_one_side_wins_over_both() -> None:
    tls = TlsOptions.of(values("--tls", "pin", "--source-tls", "off", "--destination-starttls"))
    assert (tls.source.tls, tls.source.starttls) == ("off", False)
    assert (tls.destination.tls, tls.destination.starttls) == ("pin", True)


def test_starttls_without_tls_is_a_contradiction() -> None:
    with pytest.raises(click.UsageError, match="For the source, STARTTLS asks"):
        TlsOptions.of(values("--source-tls", "off", "--starttls"))


def test_the_types_are_those_of_the_data() -> None:
    assert tuple(providers()) == SOURCE_TYPES


def test_a_mailbox_has_as_many_connections_as_its_type_of_source_allows() -> None:
    few = replace(providers()["gmail"], connections_per_mailbox=1)
    assert mail_settings(values(), few).connections == 1
    assert mail_settings(values(), providers()["gmail"]).connections == providers()["gmail"].connections_per_mailbox


def test_what_is_taken_of_gmail_is_included_by_name() -> None:
    settings = mail_settings(values("--include", "categories", "--include", "starred", "--include", "trash"), providers()["gmail"])
    assert settings.gmail == ("starred", "categories")
    assert settings.skip_roles == ("junk",)
    assert "[Gmail]/Chats" in settings.skip_folders
    settings = mail_settings(values("--include", "chats", "--skip-folder", "Work"), providers()["gmail"])
    assert (settings.gmail, settings.skip_folders) == (("chats",), ("Work",))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_is_explained_with_its_variable(command: click.Command) -> None:
    page = CliRunner().invoke(command, ["--help"], terminal_width=200).output
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            assert parameter.help, parameter.name
            twin = "TRASLOCO_" + parameter.opts[0].lstrip("-").replace("-", "_").upper()
            assert twin in " ".join(page.split()), twin
    assert "Examples:" in page
    assert "Exit status:" in page


def test_no_option_takes_a_password() -> None:
    for command in COMMANDS:
        names = [name for parameter in command.params if isinstance(parameter, click.Option) for name in parameter.opts]
        assert [name for name in names if "password" in name and not name.endswith(("-file", "-passwords"))] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["migrate", "a.csv"], "Where does the mail go?"),
        (["migrate", "a.csv", "--destination", "imaps://h"], "by exactly one of --destination-master"),
        (["migrate", "a.csv", "--destination", "imaps://h", "--destination-master", "m", "--destination-authzid", "m"], "exactly one"),
        (["migrate", "a.csv", "--destination", "imaps://h", "--destination-master", "m"], "The password of the master user is missing"),
        (["migrate", "a.csv", "--destination", "imaps://me@h", "--destination-master", "m"], "leave out what stands before the @"),
        (["migrate", "a.csv", "--destination", "imap://h", "--destination-master", "m"], "plain text"),
        (["migrate", "a.csv", "--destination", "https://h", "--destination-master", "m"], "not a mail server's address"),
        (["migrate", "a.csv", "--destination-master", "m"], "no --destination URL"),
        (["migrate", "a.csv", "--runs", "3"], "'3' is not one of"),
        (["copy", "--from", "imaps://h", "--to", "imaps://b@h"], "whose mailbox?"),
        (["copy", "--from", "imaps://a@h", "--to", "imaps://b@h"], "The password is missing: give --from-password-file"),
        (["copy", "--from", "imaps://a:secret@h", "--to", "imaps://b@h"], "passwords are read from files"),
        (
            ["copy", "--from", "imaps://a@h", "--to", "imaps://b@h", "--from-password-file", "-", "--to-password-file", "-"],
            "Only one file can come from standard input",
        ),
        (["check", "-", "--destination", "imaps://h", "--destination-passwords", "-"], "Only one file can come from standard input"),
        (["report", "--output", "x"], "In which form?"),
        (["report", "--json"], "Which migration?"),
    ],
)
def test_what_is_missing_or_contradicts_is_said(words: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("anna@example.net;192.0.2.1;anna;secret\n")
    done = CliRunner().invoke(trasloco, words)
    assert done.exit_code == 2
    assert expected in " ".join(done.output.split())
    assert "secret" not in done.output


def test_the_newest_mail_goes_first_where_it_is_wanted() -> None:
    assert not mail_settings(values()).newest_first
    assert mail_settings(values("--newest-first")).newest_first
