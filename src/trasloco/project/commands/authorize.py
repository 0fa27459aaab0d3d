"""``trasloco authorize``: what has to be allowed once so that tokens can be had, by the owners or by their administrator."""

from __future__ import annotations

import click

from trasloco.engine.token_source import TokenUnavailable
from trasloco.project.exit_codes import ExitCode
from trasloco.project.oauth_file import keep_consent, read_oauth
from trasloco.project.options import SectionedCommand
from trasloco.project.reach_options import reach_options
from trasloco.project.screen import complain, say
from trasloco.secret import Secret
from trasloco.sources.first_steps import first_steps
from trasloco.sources.oauth_settings import MICROSOFT_DEVICE, OauthSettings

_EPILOG = """
Examples:
  trasloco authorize oauth.toml anna@outlook.com
  trasloco authorize oauth.toml anna@gmail.com bruno@gmail.com

What the owners allow is kept beside FILE, in FILE.consents, and opens their mail: guard it like a password.
Exit status: 0 all have signed in (or the steps were printed), 1 one has not, 2 the command is wrong, 130 interrupted.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.argument("mailboxes", metavar="ADDRESS...", nargs=-1, required=True)
@reach_options
def authorize(file: str, mailboxes: tuple[str, ...]) -> int:
    """Let the owner of each ADDRESS sign in at the provider, or say what his administrator has to do.

    With OAuth credentials of the kinds microsoft-device and google-consent (see docs/oauth.md) the owner signs in: he needs a
    browser, on any machine; his password is typed at his provider and nowhere else. With microsoft-app and
    google-service-account the steps of the administrator are printed, filled in, for all ADDRESSes.
    """
    settings = read_oauth(file)
    assert settings is not None
    if not settings.by_consent:
        click.echo(first_steps(settings, mailboxes))  # as it stands: it is to be pasted
        return ExitCode.OK
    missing = 0
    for mailbox in mailboxes:
        try:
            path = keep_consent(file, mailbox, _consent(settings, mailbox))
            say(f"{mailbox}: allowed; kept in {path}.")
        except TokenUnavailable as error:
            missing += 1
            complain(f"{mailbox}: {error.words}.{' ' + error.remedy + '.' if error.remedy else ''}")
    return ExitCode.SOMETHING_FAILED if missing else ExitCode.OK


def _consent(settings: OauthSettings, mailbox: str) -> Secret:
    """Raises TokenUnavailable."""
    if settings.kind == MICROSOFT_DEVICE:
        from trasloco.sources.microsoft_tokens import consent_by_device

        return consent_by_device(settings, mailbox, say)
    from trasloco.sources.google_consent import take_consent
    from trasloco.sources.google_question import ask_consent

    asked = ask_consent(settings, mailbox)
    say(f"{mailbox}: open this address in any browser, and sign in as its owner:")
    say(asked.url)
    say("The browser ends on a page that cannot be shown, at http://127.0.0.1. Paste that page's whole address here:")
    return take_consent(settings, asked, click.prompt("Address", prompt_suffix=": "))
