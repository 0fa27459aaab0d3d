"""The options the commands share: their names, types, sections in ``--help`` and environment twins.

Every option has two environment variables: ``TRASLOCO_<COMMAND>_<OPTION>``, and
``TRASLOCO_<OPTION>`` for all commands that have it. The command line wins over the first, the
first over the second. Where an option may be repeated, its variable holds the values separated by
semicolons.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import click

from trasloco.documents.units import parse_size
from trasloco.engine.account import GMAIL_CHOICES, Settings
from trasloco.plan.pace_limits import BOUNDS, PaceLimits
from trasloco.plan.providers import Provider, providers
from trasloco.plan.window import Window
from trasloco.project.local_zone import local_zone

CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Any])
TLS_CHOICES = ("verify", "pin", "off")
_OTHERS = "Other options"
SECRET_FILES = ("source_oauth", "destination_master_password_file", "destination_passwords")
"""Parameters that name a file with secrets; one of them may be standard input."""
SOURCE_TYPES = tuple(providers())


class TwinOption(click.Option):
    """An option that knows its environment twins and its section in the help."""

    def __init__(self, *declarations: Any, section: str = _OTHERS, **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.section = section
        self._twin = self.opts[0].lstrip("-").replace("-", "_").upper()
        self.envvar = f"TRASLOCO_{self._twin}"
        self.show_envvar = True

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        command = (ctx.info_name or "").upper().replace("-", "_")  # no shell can set a name with a hyphen
        special = os.environ.get(f"TRASLOCO_{command}_{self._twin}")
        return special or super().resolve_envvar_value(ctx)


class SectionedCommand(click.Command):
    """A command whose help lists its options by section, in the order in which sections first appear."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections.setdefault(getattr(parameter, "section", _OTHERS), []).append(record)
        sections[_OTHERS] = sections.pop(_OTHERS, [])  # --help comes last
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records, col_max=36)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Written as it stands: examples are not prose to be filled."""
        if self.epilog:
            formatter.write_paragraph()
            formatter.write(self.epilog.strip("\n") + "\n")


class Size(click.ParamType[int]):
    """``50M``, ``1.5 GiB``, ``1048576``: bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            size = parse_size(str(value))
        except ValueError:
            self.fail(f'"{value}" is not a size. Write bytes, or a number with K, M or G: 50M.', param, ctx)
        if size < 1:
            self.fail("the size must be at least 1 byte.", param, ctx)
        return size


class Sample(click.ParamType[int]):
    """How many messages of each account: a number, or ``all``, which is given on as 0."""

    name = "sample"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip().lower()
        if text in ("all", "0"):
            return 0
        if not (text.isascii() and text.isdecimal()):
            self.fail(f'"{value}" is not a number of messages. Write a number, or all.', param, ctx)
        return int(text)


class Hours(click.ParamType[Window]):
    """``20:00-06:00``, in the time zone of this machine."""

    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Window:
        if isinstance(value, Window):
            return value
        try:
            return Window.parse(str(value), local_zone())
        except ValueError as error:
            self.fail(f'"{value}" {error}. Write when it begins and when it ends: 20:00-06:00.', param, ctx)


class FolderName(click.ParamType[str]):
    """A folder's name; several of them in an environment variable are separated by semicolons."""

    name = "name"
    envvar_list_splitter = ";"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("a folder name cannot be empty.", param, ctx)
        return str(value)


def option(*declarations: str, section: str, **attributes: Any) -> Callable[[CommandFunction], CommandFunction]:
    """``click.option`` with twins and a section."""
    return click.option(*declarations, cls=TwinOption, section=section, **attributes)


def together(*decorators: Callable[[Any], Any]) -> Callable[[CommandFunction], CommandFunction]:
    """Several option decorators as one, listed in reading order."""

    def decorate(function: CommandFunction) -> CommandFunction:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


_SECURITY = "Encryption"
_DESTINATION = "Destination"
_MAIL = "What is copied"

tls_options = together(
    option(
        "--tls",
        type=click.Choice(TLS_CHOICES),
        default="verify",
        show_default=True,
        section=_SECURITY,
        help="verify: the certificate must be valid. pin: any certificate, but the same one ever after. off: no encryption at all.",
    ),
    option("--source-tls", type=click.Choice(TLS_CHOICES), section=_SECURITY, help="The same for the source servers only."),
    option("--destination-tls", type=click.Choice(TLS_CHOICES), section=_SECURITY, help="The same for the destination only."),
    option("--starttls", is_flag=True, section=_SECURITY, help="Begin plain and switch with STARTTLS (usual on port 143)."),
    option("--source-starttls", is_flag=True, section=_SECURITY, help="The same for the source servers only."),
    option("--destination-starttls", is_flag=True, section=_SECURITY, help="The same for the destination only."),
)

destination_options = together(
    option(
        "--destination",
        metavar="URL",
        section=_DESTINATION,
        help="The server the mail goes to: imaps://mx.example.net[:port].",
    ),
    option(
        "--destination-master",
        metavar="NAME",
        section=_DESTINATION,
        help="Log in to each mailbox as ADDRESS*NAME with one master password (Dovecot), or in the dialect the server speaks.",
    ),
    option(
        "--destination-master-separator",
        metavar="TEXT",
        default="*",
        show_default=True,
        section=_DESTINATION,
        help="What stands between address and master name.",
    ),
    option(
        "--destination-authzid",
        metavar="NAME",
        section=_DESTINATION,
        help="Log in as NAME with SASL PLAIN and open each mailbox by authorization identity (Cyrus, Dovecot, Zimbra).",
    ),
    option(
        "--destination-master-password-file",
        metavar="FILE",
        section=_DESTINATION,
        help="The password of --destination-master or --destination-authzid; - reads standard input.",
    ),
    option(
        "--destination-passwords",
        metavar="FILE",
        section=_DESTINATION,
        help="Instead of a master: a file with one line address;password per mailbox.",
    ),
)

network_options = together(
    option(
        "--allow-private-addresses",
        is_flag=True,
        section="Network",
        help="Let the CSV name servers in private, loopback and link-local ranges.",
    ),
    option(
        "--type",
        "source_type",
        type=click.Choice(SOURCE_TYPES),
        default="standard",
        show_default=True,
        metavar="NAME",
        section="Network",
        help="What kind of servers the CSV names: standard, gmail, exchange, office365 or another of docs/providers.md. It sets how many "
        "connections they get, and which folders hold no mail.",
    ),
    option(
        "--connections-per-host",
        type=click.IntRange(1, 200),
        metavar="N",
        section="Network",
        help="How many connections one source server gets at once, of all accounts together, instead of what --type says.",
    ),
)

source_oauth_option = option(
    "--source-oauth",
    metavar="FILE",
    section="Source",
    help="OAuth credentials (TOML or JSON, see docs/oauth.md): mailboxes without a password are opened by token.",
)

_PACE = "Pace"

pace_options = together(
    option(
        "--window",
        type=Hours(),
        metavar="HH:MM-HH:MM",
        section=_PACE,
        help="Move mail only in these hours of this machine's time zone, over midnight too; outside them it rests.",
    ),
    option(
        "--bytes-per-day",
        type=Size(),
        metavar="SIZE",
        section=_PACE,
        help="Fetch at most so much of one mailbox in 24 hours; then it sleeps. Counted over runs and restarts. Default: what is known of "
        "the provider (Gmail: 2.5 GB).",
    ),
    option(
        "--bytes-per-second",
        type=Size(),
        metavar="SIZE",
        section=_PACE,
        help="Fetch at most so much in a second from one server, for all accounts together.",
    ),
    option(
        "--messages-per-second",
        type=click.FloatRange(*BOUNDS["messages_per_second"]),
        metavar="N",
        section=_PACE,
        help="Fetch at most so many messages in a second from one server, for all accounts together.",
    ),
    option(
        "--wait",
        is_flag=True,
        section=_PACE,
        help="Wait for the hour at which it goes on, instead of ending with exit status 4 and saying it.",
    ),
)

mail_options = together(
    option(
        "--max-size",
        type=Size(),
        default="50M",
        show_default=True,
        metavar="SIZE",
        section=_MAIL,
        help="Larger messages are skipped, and listed in the report.",
    ),
    option(
        "--skip-folder",
        "skip_folders",
        type=FolderName(),
        multiple=True,
        metavar="NAME",
        section=_MAIL,
        help='Leave out this folder and all below it; "/" between levels, * and ? as wildcards. May be repeated.',
    ),
    option(
        "--include",
        "included",
        type=click.Choice((*Settings().skip_roles, *GMAIL_CHOICES)),
        multiple=True,
        section=_MAIL,
        help="Copy this too; without it Trash and Junk (Spam) are left out, and counted. Of Gmail also: the folders of chats, "
        "important and starred messages, and the inbox's categories as keywords. May be repeated.",
    ),
    option(
        "--source-flags-win",
        is_flag=True,
        section=_MAIL,
        help="In further runs make all flags those of the source, also where a user changed them on the new server.",
    ),
    option(
        "--unite-flags",
        is_flag=True,
        section=_MAIL,
        help="Add the source's flags to messages that were on the destination already.",
    ),
    option(
        "--newest-first",
        is_flag=True,
        section=_MAIL,
        help="Bring INBOX and Sent before all other folders, and in these two what came last first. On the destination their messages "
        "then stand in another order than they came in, which programs that sort by date do not show.",
    ),
    option(
        "--no-repair",
        is_flag=True,
        section=_MAIL,
        help="Park a message that the destination refuses as it is; do not mend what the server complains of.",
    ),
)


def pace_limits(values: Mapping[str, Any], provider: Provider) -> PaceLimits:
    """What ``pace_options`` and ``network_options`` say, over what is known of the provider. Raises click.BadParameter."""
    limits = PaceLimits.of_provider(provider)
    given = {name: values[name] for name in BOUNDS if values.get(name) is not None}
    for name, value in given.items():
        least, most = BOUNDS[name]
        if not least <= value <= most:
            raise click.BadParameter(f"it must be from {least:,.0f} to {most:,.0f}.", param_hint=f"--{name.replace('_', '-')}")
    return replace(limits, **given)


def mail_settings(values: Mapping[str, Any], provider: Provider | None = None) -> Settings:
    """What ``mail_options`` say, for the engine. values: click's parameters by name. provider: of ``--type``."""
    included = values["included"]
    no_mail = provider.no_mail if provider is not None and "chats" not in included else ()
    return Settings(
        max_size=values["max_size"],
        skip_roles=tuple(role for role in Settings().skip_roles if role not in included),
        skip_folders=(*values["skip_folders"], *no_mail),
        skip_non_mail=provider is not None and provider.skip_non_mail,
        source_flags_win=values["source_flags_win"],
        unite_flags=values["unite_flags"],
        repair=not values["no_repair"],
        newest_first=values["newest_first"],
        connections=provider.connections_per_mailbox if provider else Settings().connections,
        gmail=tuple(choice for choice in GMAIL_CHOICES if choice in included),
    )


report_option = option(
    "--report",
    type=click.Path(dir_okay=False),
    metavar="FILE.json",
    section="Report",
    help="Write the report there when the command ends, also after failures.",
)

accounts_argument = click.argument("accounts", type=click.Path(), metavar="ACCOUNTS.csv")
