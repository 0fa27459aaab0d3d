"""What a failure means and what to do, by its code, in the person's language. The server's own words stand beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """title: what it is, a few words. remedy: what to do now, a sentence or two. itself: nothing is wrong, and no server's words
    belong to it. steps: where to click for it at the provider, one after the other."""

    title: str | Promise
    remedy: str | Promise
    itself: bool = False
    steps: tuple[str | Promise, ...] = ()


_OF_CODE = {
    # Reaching the server
    "unknown-host": Diagnosis(_("The server's name is not known"), _("Check the spelling of the server, or give its IP address.")),
    "host-not-looked-up": Diagnosis(_("The server's name could not be looked up"), _("Try again; if it stays, give its IP address.")),
    "address-not-allowed": Diagnosis(
        _("This address is not allowed"), _("Private addresses are allowed only when the operator says so in the settings.")
    ),
    "port-not-allowed": Diagnosis(
        _("This port is not allowed"), _("Check the port: 993 or 143 is IMAP, 995 or 110 is POP3. The operator can allow others.")
    ),
    "connection-refused": Diagnosis(
        _("The server takes no connection"), _("Check host and port; IMAP may be switched off there, or a firewall in between.")
    ),
    "connection-timeout": Diagnosis(_("The server does not answer"), _("Check host and port; a firewall may drop our connections.")),
    "host-unreachable": Diagnosis(_("There is no way to the server"), _("Check the address and the network in between.")),
    "not-imap": Diagnosis(_("This is no IMAP server"), _("Check the port: 993 or 143 is IMAP; 995 and 110 are POP3, 25 and 587 are SMTP.")),
    # Encryption
    "certificate-not-trusted": Diagnosis(
        _("The certificate is not trusted"),
        _("Have it renewed by a known authority, or accept this one alone: of an old server with “TLS, any certificate” in the step Type."),
    ),
    "certificate-wrong-name": Diagnosis(
        _("The certificate is for another name"),
        _("Use the name in the certificate, or accept this one alone: of an old server with “TLS, any certificate” in the step Type."),
    ),
    "certificate-expired": Diagnosis(
        _("The certificate has expired"),
        _("Have it renewed, or accept this one alone: of an old server with “TLS, any certificate” in the step Type."),
    ),
    "certificate-changed": Diagnosis(
        _("The certificate has changed"),
        _(
            "Ask the server's administrator whether it was renewed; if not, somebody may be in between. A new one is accepted on the "
            "account's page; before the migration is planned, by choosing “TLS, certificate checked” and then “TLS, any certificate” in "
            "the step Type."
        ),
    ),
    "tls-failed": Diagnosis(
        _("No encrypted connection came about"), _("Check port and encryption: 993 speaks TLS from the start, 143 does not.")
    ),
    "starttls-missing": Diagnosis(_("The server offers no encryption"), _("Use port 993, or choose “without TLS” knowing what it means.")),
    # Signing in
    "login-refused": Diagnosis(
        _("Wrong login or password"),
        _("Check the user name (often the whole address) and the password, and whether IMAP is allowed for this mailbox."),
    ),
    "imap-switched-off": Diagnosis(
        _("IMAP is switched off for this mailbox"),
        _("Its owner, or the administrator of the old provider, switches it on; then try again. It may take some minutes."),
        steps=(_("In the settings of the mailbox or of its webmail, look for “IMAP”, “POP and IMAP” or “mail programs”; switch it on."),),
    ),
    "master-refused": Diagnosis(
        _("The master user is refused"),
        _("Check the master's name, separator and password. The others were not tried, so as not to be locked out."),
    ),
    "master-opens-his-own": Diagnosis(
        _("The master user got his own mailbox"),
        _("The server does not understand this form of a master login. Nothing was copied; give another master user, or passwords."),
    ),
    "token-refused": Diagnosis(
        _("The provider gives no token"), _("Its words say why, and what to do stands beside them; then try again.")
    ),
    "token-later": Diagnosis(_("The provider of tokens asks to wait"), _("It is tried again by itself.")),
    "login-impossible": Diagnosis(
        _("There is no way to sign in"), _("The server offers no way to sign in with a password over this connection; choose TLS.")
    ),
    "login-later": Diagnosis(_("Signing in is not possible just now"), _("The server asks to wait; it is tried again.")),
    "no-destination": Diagnosis(
        _("There is no destination"), _("The domain is served by no destination system any more. Ask your provider.")
    ),
    "password-not-readable": Diagnosis(_("The stored password cannot be read"), _("Give the CSV again.")),
    # Copying
    "connection-lost": Diagnosis(_("The connection broke"), _("Try again; if it stays, ask the server's administrator.")),
    "silent": Diagnosis(_("The server says nothing"), _("Check port and encryption: 993 speaks TLS from the start, 143 does not.")),
    "server-busy": Diagnosis(_("The server asks to wait"), _("It is tried again by itself.")),
    "day-budget": Diagnosis(
        _("As much has been fetched today as may be"),
        _("Nothing to do: the account sleeps and goes on by itself where it was."),
        itself=True,
    ),
    "day-limit": Diagnosis(
        _("The old server gives no more today"), _("Nothing to do: it is asked again every hour, and goes on by itself where it was.")
    ),
    "outside-window": Diagnosis(
        _("The hours in which mail is moved are over"), _("Nothing to do: it goes on by itself when they begin again."), itself=True
    ),
    "slowed-down": Diagnosis(
        _("The server wants fewer accounts at once"), _("Nothing to do: this account goes on by itself when there is room."), itself=True
    ),
    "limit-exceeded": Diagnosis(_("The server's answer is beyond all measure"), _("Ask its administrator; we stopped reading to be safe.")),
    "standstill": Diagnosis(
        _("The account gets no further"), _("One of the servers is too slow to be of use. It is tried again; ask their administrators.")
    ),
    "protocol-violation": Diagnosis(_("The server's answer is not understood"), _("Please report it with the log of the account.")),
    "uidvalidity-changed": Diagnosis(_("A folder was renumbered while it was copied"), _("Try again; nothing is copied twice.")),
    "folder-exchanged": Diagnosis(_("A folder has become another one"), _("It is tried again by itself; nothing is copied twice.")),
    "moved-meanwhile": Diagnosis(
        _("Messages changed their folder while they were copied"), _("It is tried again by itself; nothing is copied twice.")
    ),
    "messages-not-listed": Diagnosis(_("The server does not list all messages"), _("Try again; if it stays, ask its administrator.")),
    "expunged-meanwhile": Diagnosis(_("Messages were removed meanwhile"), _("Nothing to do: the next run sees what is there.")),
    "late-uid": Diagnosis(_("The old server names messages too late"), _("It is tried again by itself; nothing is copied twice.")),
    "uids-not-told": Diagnosis(
        _("The new server did not tell the numbers of new messages"), _("It is tried again by itself; nothing is copied twice.")
    ),
    "over-quota": Diagnosis(_("The new mailbox is full"), _("Raise its quota, then try again.")),
    "will-not-fit": Diagnosis(_("The new mailbox is too small"), _("Raise its quota, then try again.")),
    "read-only": Diagnosis(_("The new mailbox can only be read"), _("Ask its administrator; it may be locked or under maintenance.")),
    "message-refused": Diagnosis(_("Messages were refused"), _("They are listed with the server's words, and can be downloaded.")),
    "folder-refused": Diagnosis(_("A folder was refused"), _("Read what the server says; the other folders went through.")),
    "account-refused": Diagnosis(_("The mailbox was refused"), _("Read what the server says.")),
    "run-refused": Diagnosis(_("The server refused to go on"), _("Read what the server says, then try again.")),
    # Trasloco itself
    "sums-differ": Diagnosis(_("The sums do not match"), _("Try again; if it stays, report it with the log.")),
    "database-unavailable": Diagnosis(_("Our database was away"), _("It is tried again by itself.")),
    "internal-error": Diagnosis(_("A mistake of Trasloco"), _("Try again; if it happens again, report it with the log.")),
}
_OTHER = Diagnosis(_("It did not work"), _("Read what the server says; the log of the account has more."))


# What a failure means, and what is to be done, at providers that are not like the others.
_AT_PROVIDER = {
    ("login-refused", "gmail"): Diagnosis(
        _("Google refuses the login"),
        _(
            "It takes app passwords only, which need two-step verification; the login is the whole address. The password of the "
            "account itself never works."
        ),
        steps=(
            _("myaccount.google.com, Security: switch on 2-Step Verification."),
            _("myaccount.google.com/apppasswords: make one for mail, and write its 16 letters into the CSV."),
        ),
    ),
    ("login-refused", "office365"): Diagnosis(
        _("Microsoft refuses the login"),
        _("Passwords are not taken by IMAP any more, app passwords included: leave it empty, and give OAuth credentials with the CSV."),
    ),
    ("imap-switched-off", "gmail"): Diagnosis(
        _("Google has IMAP switched off for this mailbox"),
        _("The administrator switches it on for the domain, or its owner for the mailbox; then try again. It may take some minutes."),
        steps=(
            _("Of a Workspace domain: admin.google.com, Apps, Google Workspace, Gmail, End User Access, POP and IMAP access: on."),
            _("Of a single account: Gmail, Settings, See all settings, Forwarding and POP/IMAP: Enable IMAP."),
        ),
    ),
    ("imap-switched-off", "office365"): Diagnosis(
        _("Microsoft has IMAP switched off for this mailbox"),
        _("An administrator of the tenant switches it on; then try again. It may take up to an hour."),
        steps=(
            _("admin.microsoft.com, Users, Active users, the user, Mail, Manage email apps: IMAP on."),
            _("For many at once, in Exchange Online PowerShell: Set-CASMailbox -Identity <mailbox> -ImapEnabled $true"),
        ),
    ),
    ("imap-switched-off", "exchange"): Diagnosis(
        _("Exchange has IMAP switched off for this mailbox"),
        _("Its administrator switches it on; then try again."),
        steps=(
            _("Exchange admin center, Recipients, Mailboxes, the mailbox, Mailbox features, Email Connectivity: enable IMAP."),
            _("For many at once, in the Exchange Management Shell: Set-CASMailbox -Identity <mailbox> -ImapEnabled $true"),
        ),
    ),
}


@lru_cache
def diagnosis(code: str, source_type: str = "") -> Diagnosis:
    """The diagnosis of a failure's code; a general one for a code that has none of its own. source_type: of the
    source, "" for the destination."""
    return _AT_PROVIDER.get((code, source_type)) or _OF_CODE.get(code, _OTHER)


def known_codes() -> frozenset[str]:
    """The codes that have a diagnosis: all that failures have (a test demands it)."""
    return frozenset(_OF_CODE)


def known_title(code: str, source_type: str = "") -> str | Promise:
    """The title of ``diagnosis``, "" for a code that has none of its own."""
    return diagnosis(code, source_type).title if code in _OF_CODE else ""
