"""The one place where exceptions and server answers become failures.

``explain`` maps; ``blame`` is the context manager that the engine puts around every call of a
client, so that an error is bound to its side where it is raised.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType

from trasloco.engine.account import Side
from trasloco.engine.at_side import at_side
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.ledger import LedgerUnavailable
from trasloco.engine.pace import DAY_LIMIT
from trasloco.engine.token_source import TokenUnavailable
from trasloco.imap import errors
from trasloco.imap.values import StatusText
from trasloco.plan.clauses import in_a_row, with_advice
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _

# Response codes (RFC 5530, RFC 9051 7.1; of POP3: RFC 2449 8, RFC 3206) that say for how much and for how long.
_LATER_CODES = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "THROTTLED", "IN-USE", "LOGIN-DELAY", "SYS/TEMP"})
_FOLDER_CODES = frozenset({"TRYCREATE", "NONEXISTENT", "NOPERM", "CANNOT", "CLIENTBUG"})

_BACKOFF = re.compile(r"Suggested Backoff Time: (\d+) milliseconds", re.IGNORECASE)
_BUSY = re.compile(
    r"too many (simultaneous |concurrent )?(connections|logins|sessions)|(maximum number of|connection) (connections|limit)|throttled"
    r"|rate limit|bandwidth limit|session expired|server unavailable|service (is )?(temporarily )?unavailable|try again|temporar",
    re.IGNORECASE,
)
_THROTTLED_CODES = frozenset({"LIMIT", "THROTTLED"})
_THROTTLED = re.compile(
    r"too many (simultaneous |concurrent )?(connections|logins|sessions)|(maximum number of|connection) (connections|limit)|throttled"
    r"|rate limit|bandwidth limit|too many (commands|requests)",
    re.IGNORECASE,
)
_DAY = re.compile(r"bandwidth limit", re.IGNORECASE)
ENOUGH_FOR_TODAY = 3600.0
"""Seconds until a mailbox whose day's bytes are used up, as the server says without saying for how long, is asked again."""

# Of a session, not of what it was asked for: "Session invalidated - AccessTokenExpired", "Disconnected for inactivity."
_SESSION_OVER = re.compile(
    r"session (is |was |has been )?(invalidated|expired|terminated|timed out|time-?out)|access ?token|token (has |is )?expired"
    r"|inactiv|autologout|idle for too long",
    re.IGNORECASE,
)

_QUOTA = re.compile(r"quota|mailbox is full|out of (disk )?space", re.IGNORECASE)

# Exchange lets a login pass and then does not know the mailbox: a wrong password, no right, or IMAP switched off.
_NOT_CONNECTED = re.compile(r"authenticated but not connected", re.IGNORECASE)
_BEGINNING = frozenset({"signing in", "reading the folder list"})
_LOGIN_BYE = re.compile(r"authentication fail|login fail|invalid (login|credentials|user|password)|bad password", re.IGNORECASE)

_IMAP_OFF = re.compile(r"IMAP (access )?is (disabled|not enabled)|not enabled for IMAP|enable IMAP", re.IGNORECASE)
_OR_WRONG = re.compile(r"invalid|incorrect|wrong", re.IGNORECASE)  # "invalid credentials or IMAP is disabled" says neither

# What to do about a refused login, where the server's words or its name tell.
_SIGN_IN_ADVICE: tuple[tuple[re.Pattern[str], Sentence], ...] = (
    (
        re.compile(r"application-specific password|app(lication)?[ -]password", re.IGNORECASE),
        _("The provider wants an app password, made in the security settings of that account, instead of its own password"),
    ),
    (
        re.compile(r"log ?in (via|with|through) your web browser|web ?login required|WEBALERT", re.IGNORECASE),
        _("The provider wants the owner to sign in once in a web browser, or an app password instead of the account's own"),
    ),
    (
        _IMAP_OFF,
        _("IMAP is switched off for that account: it has to be switched on in the provider's settings"),
    ),
    (
        re.compile(
            r"basic auth(entication)? (is )?(disabled|blocked)|@(outlook|imap-mail\.outlook)\.|@.*\.office365\.com|@outlook\.com"
            r"|Microsoft Exchange IMAP4 service is ready\. \[",  # that of Exchange Online; a server of one's own has no bracket
            re.IGNORECASE,
        ),
        _("Microsoft has switched off passwords for IMAP, also app passwords: such a mailbox is opened by an OAuth token only"),
    ),
)

_CONNECT = {
    "unknown-host": ("unknown-host", _("the name %(host)s is not known to the DNS. Correct the server's name, or write its IP address")),
    "refused": (
        "connection-refused",
        _("nothing answers on port %(port)s of %(host)s. Check the port, and that IMAP is switched on there"),
    ),
    "timeout": (
        "connection-timeout",
        _("%(host)s does not answer on port %(port)s. A firewall may be in between; check host and port"),
    ),
    "unreachable": ("host-unreachable", _("%(host)s cannot be reached from this machine. Check the address and the network")),
}

_TLS = {
    "not-trusted": (
        "certificate-not-trusted",
        _("its certificate is signed by nobody this machine trusts (%(why)s). %(advice)s"),
    ),
    "wrong-name": (
        "certificate-wrong-name",
        _("its certificate is for another name (%(why)s). Write the name the certificate is for. %(advice)s"),
    ),
    "expired": ("certificate-expired", _("its certificate has expired (%(why)s). %(advice)s")),
    "pin-changed": (
        "certificate-changed",
        _("it shows another certificate than the one pinned at the check (%(why)s). Ask its operator before going on"),
    ),
    "handshake": ("tls-failed", _("the TLS handshake failed (%(why)s). Check that the port speaks TLS, or use --starttls")),
    "starttls-missing": (
        "starttls-missing",
        _("it offers no STARTTLS, so the password would travel in the clear (%(why)s). Use port 993, or --tls off (“without TLS”)"),
    ),
}
_PIN_HINT = _("To accept exactly this certificate, have it pinned (--tls pin; in the panel “TLS, any certificate”)")


def explain(error: errors.ImapError, side: Side, doing: str, scope: Scope = Scope.ACCOUNT, folder: str = "") -> Failure:
    """The failure that ``error`` means when met on ``side`` while ``doing`` ("reading the folder list").

    ``scope`` and ``folder`` say how far an answer that is only NO or BAD reaches.
    """
    if isinstance(error, errors.ConnectFailed):
        code, words = _CONNECT[error.reason]
        retry = Retry.NEVER if error.reason in ("unknown-host", "refused") else Retry.LATER
        host, port = side.endpoint.host, side.endpoint.port
        return _failure(side, Scope.ACCOUNT, retry, code, _(words, host=host, port=str(port)))
    if isinstance(error, errors.TlsFailed):
        code, words = _TLS[error.reason]
        return _failure(side, Scope.ACCOUNT, Retry.NEVER, code, _(words, why=error.words, advice=_PIN_HINT))
    if isinstance(error, errors.NotImap):
        words = _not_that(error)
        return _failure(side, Scope.ACCOUNT, Retry.NEVER, "not-imap", words)
    if isinstance(error, errors.LoginImpossible):
        words = _login_impossible(error, side.credentials.display)
        return _failure(side, Scope.ACCOUNT, Retry.NEVER, "login-impossible", words)
    if isinstance(error, errors.LoginRefused):
        return _login_refused(error.status, side, error.greeting)
    if isinstance(error, errors.CommandFailed):
        return _answer(error.status, side, doing, scope, folder)
    if isinstance(error, errors.DeadlineExceeded) and error.name == "trickle":
        words = _(
            "the server answers too slowly to be of use while %(doing)s (%(why)s). Trasloco tries again later",
            doing=_while(doing, folder),
            why=str(error),
        )
        return _failure(side, Scope.ACCOUNT, Retry.LATER, "standstill", words, 3600.0)
    if isinstance(error, errors.DeadlineExceeded):
        words = _("the server was silent too long while %(doing)s (%(why)s)", doing=_while(doing, folder), why=str(error))
        if error.name == "greeting":
            words = _("%(clause)s. Perhaps this port speaks TLS from the first byte, or is no mail server's", clause=words)
        return _failure(side, Scope.ACCOUNT, Retry.NOW, "silent", words)
    if isinstance(error, errors.LimitExceeded):
        words = _("an answer went past a safety limit while %(doing)s (%(why)s)", doing=_while(doing, folder), why=str(error))
        return _failure(side, Scope.ACCOUNT, Retry.NOW, "limit-exceeded", words)
    if isinstance(error, errors.ProtocolViolation):
        words = _("an answer does not follow the protocol while %(doing)s (%(why)s)", doing=_while(doing, folder), why=str(error))
        return _failure(side, Scope.ACCOUNT, Retry.NOW, "protocol-violation", words)
    return _lost(error, side, doing, folder)


def storage(error: LedgerUnavailable) -> Failure:
    """Our own database is away: nobody's mail is at fault, and nothing was half-written."""
    words = _(
        "Trasloco's own database could not be reached (%(words)s). What was copied is safe; the run goes on when it is back.",
        words=str(error),
    )
    return Failure(SideName.OURS, Scope.RUN, Retry.LATER, "database-unavailable", words)


def master_refused(refused: Sequence[tuple[str, StatusText]], side: Side, mailbox: str, name: str) -> Failure:
    """No dialect opened the mailbox. refused: for each one tried, its name and what the server said."""
    tried = in_a_row([_("%(clause)s, where the server says “%(status)s”", clause=way, status=str(status)) for way, status in refused])
    words = _(
        "%(user)s (by %(master)s) could not sign in. Tried: %(clause)s. Check the master's name and password, that he may open other "
        "people's mailboxes, and that this mailbox exists there; it is not tried again by itself",
        user=mailbox,
        master=name,
        clause=tried,
    )
    return _failure(side, Scope.ACCOUNT, Retry.NEVER, "login-refused", words)


def no_token(error: TokenUnavailable, side: Side) -> Failure:
    """The provider of tokens gave none."""
    name, why = side.credentials.display, with_advice(error.words, error.remedy)
    if not error.permanent:
        words = _("no OAuth token for %(user)s could be had for now: %(why)s. Trasloco tries again later", user=name, why=why)
        return _failure(side, Scope.ACCOUNT, Retry.LATER, "token-later", words, error.after)
    words = _("there is no OAuth token for %(user)s: %(why)s; it is not tried again by itself", user=name, why=why)
    return _failure(side, Scope.ACCOUNT, Retry.NEVER, "token-refused", words)


def token_refused(status: StatusText, side: Side, remedy: str) -> Failure:
    """The mail server does not take the token of the provider."""
    words = _(
        "%(user)s could not sign in by OAuth token; the server says “%(status)s”. %(advice)s",
        user=side.credentials.display,
        status=str(status),
        advice=_not_again(remedy),
    )
    return _failure(side, Scope.ACCOUNT, Retry.NEVER, "login-refused", words)


def busy(status: StatusText) -> bool:
    """Does this answer ask us to come back later?"""
    if status.code == "OVERQUOTA":
        return "bandwidth" in status.words.lower()  # Gmail's word for: enough for today
    return status.code in _LATER_CODES or _BACKOFF.search(status.words) is not None or _BUSY.search(status.words) is not None


def throttled(status: StatusText) -> bool:
    """Does it say that it was too much: connections, commands, messages or bytes?"""
    return status.code in _THROTTLED_CODES or _BACKOFF.search(status.words) is not None or _THROTTLED.search(status.words) is not None


def over_quota(status: StatusText) -> bool:
    """Does it say that the mailbox is full?"""
    return not busy(status) and (status.code == "OVERQUOTA" or (status.code == "" and _QUOTA.search(status.words) is not None))


def backoff(status: StatusText) -> float | None:
    """Seconds the server asked us to wait, None when it named none."""
    found = _BACKOFF.search(status.words)
    return int(found.group(1)) / 1000 if found else None


def _login_refused(status: StatusText, side: Side, greeting: str = "") -> Failure:
    if _NOT_CONNECTED.search(status.words):
        return _not_connected(status, side, "signing in", "")
    if busy(status):
        words = _(
            "the sign-in of %(user)s is put off (%(status)s). Trasloco tries again later", user=side.credentials.display, status=str(status)
        )
        return _later(side, "login-later", words, status)
    words = _(
        "%(user)s could not sign in; the server says “%(status)s”. %(advice)s",
        user=side.credentials.display,
        status=str(status),
        advice=_not_again(_sign_in_advice(status, side, greeting)),
    )
    if _IMAP_OFF.search(status.words) and not _OR_WRONG.search(status.words):
        return _failure(side, Scope.ACCOUNT, Retry.NEVER, "imap-switched-off", words)
    return _failure(side, Scope.ACCOUNT, Retry.NEVER, "login-refused", words)


def _sign_in_advice(status: StatusText, side: Side, greeting: str) -> str:
    said = f"{status.code} {status.words} @{side.endpoint.host} {greeting}"
    for pattern, advice in _SIGN_IN_ADVICE:
        if pattern.search(said):
            return advice
    if side.name is SideName.SOURCE:
        return _("Check login and password")
    return _("Check how the destination is opened (master user or password file)")


def _not_again(advice: str) -> Sentence:
    return _("%(advice)s; it is not tried again by itself", advice=advice)


def _not_connected(status: StatusText, side: Side, doing: str, folder: str) -> Failure:
    if doing not in _BEGINNING:
        words = _("%(clause)s. Trasloco waits and goes on", clause=_says(status, doing, folder))
        return _failure(side, Scope.ACCOUNT, Retry.LATER, "server-busy", words)
    exchange = _(
        "That is Exchange's way to refuse a wrong password, a user without rights on the mailbox, or one for whom IMAP is switched off. "
        "Check these"
    )
    words = _(
        "%(user)s could sign in, but was not let into the mailbox; the server says “%(status)s”. %(advice)s",
        user=side.credentials.display,
        status=str(status),
        advice=_not_again(exchange if side.tokens is None else side.tokens.remedy),
    )
    return _failure(side, Scope.ACCOUNT, Retry.NEVER, "login-refused", words)


def _answer(status: StatusText, side: Side, doing: str, scope: Scope, folder: str) -> Failure:
    said = _says(status, doing, folder)
    if over_quota(status) and side.name is SideName.DESTINATION:
        words = _("%(clause)s: the destination mailbox is full. Give it more room, then start again; nothing is copied twice", clause=said)
        return _failure(side, Scope.ACCOUNT, Retry.NEVER, "over-quota", words)
    if busy(status):
        return _later(side, "server-busy", _("%(clause)s. Trasloco waits and goes on", clause=said), status)
    if _NOT_CONNECTED.search(status.words):
        return _not_connected(status, side, doing, folder)
    if status.code == "EXPUNGEISSUED":
        # Messages went away under our hands (RFC 5530): what is there is looked at again.
        words = _("%(clause)s. Trasloco looks again what is there", clause=said)
        return _failure(side, Scope.ACCOUNT, Retry.NOW, "expunged-meanwhile", words)
    if scope is Scope.ACCOUNT and status.code in _FOLDER_CODES and folder:
        scope = Scope.FOLDER
    return _failure(side, scope, Retry.NEVER, f"{scope.value}-refused", said)


def _lost(error: errors.ImapError, side: Side, doing: str, folder: str) -> Failure:
    bye = error.bye if isinstance(error, errors.ConnectionLost) else None
    if bye is not None and _NOT_CONNECTED.search(bye.words):
        return _not_connected(bye, side, doing, folder)
    if bye is not None and doing == "signing in" and _LOGIN_BYE.search(bye.words):
        return _login_refused(bye, side)
    if bye is not None and busy(bye):
        words = _(
            "the server hung up while %(doing)s; it says “%(status)s”. Trasloco waits and goes on where it was",
            doing=_while(doing, folder),
            status=str(bye),
        )
        return _later(side, "login-later" if doing == "signing in" else "server-busy", words, bye)
    words = _(
        "the connection was lost while %(doing)s (%(why)s). What was copied is safe: a further attempt goes on there",
        doing=_while(doing, folder),
        why=str(error),
    )
    over = bye is not None and _SESSION_OVER.search(bye.words) is not None
    return replace(_failure(side, Scope.ACCOUNT, Retry.NOW, "connection-lost", words), session_over=over)


def _later(side: Side, code: str, words: str, status: StatusText) -> Failure:
    """An answer that asks us to come back later; one that means the bytes of a day is asked again hour by hour."""
    after = backoff(status)
    if side.name is SideName.SOURCE and _DAY.search(status.words):
        code, after = DAY_LIMIT, after or ENOUGH_FOR_TODAY
    found = _failure(side, Scope.ACCOUNT, Retry.LATER, code, words, after)
    # The day's bytes are the mailbox's own: the others of this server have theirs.
    return replace(found, throttled=throttled(status) and code != DAY_LIMIT)


def _failure(side: Side, scope: Scope, retry: Retry, code: str, words: str, after: float | None = None) -> Failure:
    return Failure(side.name, scope, retry, code, at_side(side.name, side.endpoint, words), after)


def _says(status: StatusText, doing: str, folder: str) -> Sentence:
    return _("the server says “%(status)s” while %(doing)s", status=str(status), doing=_while(doing, folder))


def _while(doing: str, folder: str) -> str:
    """doing: of ``doings.DOINGS``."""
    return _("%(doing)s in “%(folder)s”", doing=doing, folder=folder) if folder else doing


def _not_that(error: errors.NotImap) -> Sentence:
    words = repr(error.words)
    if isinstance(error, errors.NotPop3):
        return _("what answers there is not a POP3 server (it says %(words)s). Check host, port and TLS", words=words)
    return _("what answers there is not an IMAP server (it says %(words)s). Check host, port and TLS", words=words)


def _login_impossible(error: errors.LoginImpossible, user: str) -> Sentence:
    why = str(error)
    if error.sent:
        return _("%(user)s cannot sign in: %(why)s. It was broken off; choose another kind of login, or TLS", user=user, why=why)
    return _("%(user)s cannot sign in: %(why)s. Nothing was sent; choose another kind of login, or TLS", user=user, why=why)


class blame:  # noqa: N801 - used as a statement, like contextlib.suppress
    """``with blame(side, "reading bodies", folder):`` turns an ImapError into a TransferError of that side.

    A TransferError from inside passes through: the innermost blame wins. So does a NO or BAD when
    ``refusals`` is true: it may concern one message only, and the caller judges it.
    """

    __slots__ = ("_doing", "_folder", "_refusals", "_scope", "_side")

    def __init__(self, side: Side, doing: str, folder: str = "", scope: Scope = Scope.ACCOUNT, *, refusals: bool = False) -> None:
        self._side, self._doing, self._folder, self._scope, self._refusals = side, doing, folder, scope, refusals

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, errors.CommandFailed) and self._refusals:
            return
        if isinstance(error, errors.ImapError):
            raise TransferError(explain(error, self._side, self._doing, self._scope, self._folder)) from error
