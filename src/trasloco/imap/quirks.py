"""Deviations of servers we know and live with: named, in one list, never an anonymous ``if``.

``known`` finds those that show in what a server says of itself; the others are noticed where they
happen (``Client.note``) by the name they have here. Each has a test that names it, and its line in
docs/quirks.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trasloco.imap.values import Capabilities
from trasloco.sentence import sentence as _


@dataclass(frozen=True, slots=True)
class Quirk:
    """name: kebab-case, stable. server: where it was seen. reference: where to read about it.
    does: what we do. seen: whether greeting, capabilities and ID give it away; None = by behaviour only."""

    name: str
    server: str
    reference: str
    does: str
    seen: Callable[[str, Capabilities, Mapping[str, str]], bool] | None = None


def _is_icloud(greeting: str, capabilities: Capabilities, facts: Mapping[str, str]) -> bool:
    return "XAPPLELITERAL" in capabilities or re.search(r"\bicloud\b", greeting + " " + facts.get("name", ""), re.I) is not None


def _is_exchange(greeting: str, capabilities: Capabilities, facts: Mapping[str, str]) -> bool:
    return re.search(r"\b(Microsoft|Exchange)\b", greeting + " " + facts.get("name", ""), re.I) is not None


def _only_literal_minus(greeting: str, capabilities: Capabilities, facts: Mapping[str, str]) -> bool:
    return "LITERAL+" not in capabilities and "LITERAL-" not in capabilities and "IMAP4REV2" not in capabilities


# -- what UIDs and other marks are worth
UIDPLUS_WITHOUT_APPENDUID = Quirk(
    "uidplus-without-appenduid",
    "UW-IMAP",
    "bugzilla.mozilla.org 400043",
    _("Appended.uids is None although UIDPLUS is offered; the new UIDs are found by listing and digest"),
)
APPENDUID_WITHOUT_UIDPLUS = Quirk(
    "appenduid-without-uidplus",
    "Courier at GoDaddy",
    "bugzilla.mozilla.org 460085",
    _("an APPENDUID that fits is used although UIDPLUS is not offered"),
)
APPENDUID_COUNT = Quirk(
    "appenduid-count",
    "FTGate",
    "imapsync FAQ.Various",
    _("an APPENDUID that names another number of messages than were sent is not used"),
)
COPYUID_ODD = Quirk(
    "copyuid-odd",
    "Exchange",
    "net-imap quirky_behaviors.yml: [COPYUID 701  ]",
    "a COPYUID whose sets do not fit each other counts as none: the new UIDs are looked for",
)
UIDNEXT_TOO_HIGH = Quirk(
    "uidnext-too-high",
    "servers that volunteer UIDNEXT after APPEND",
    "isync, by second hand",
    "UIDNEXT is never taken for the UID of a new message; the highest UID that is there is where new ones begin",
)
LATE_UID = Quirk(
    "late-uid",
    "servers that write items in their own order",
    "RFC 9051 7.5.2: items come in any order",
    _("Body.uid is None until the body was read to its end; the engine then asks for one message at a time"),
)
UIDS_OUT_OF_ORDER = Quirk(
    "uids-out-of-order",
    "servers that answer by sequence of arrival, or twice",
    "RFC 3501 7.4.2",
    "the inventory sorts; a message that comes twice counts once",
)
UIDVALIDITY_MISSING = Quirk(
    "uidvalidity-missing",
    "old gateways; UIDNOTSTICKY",
    "RFC 3501 2.3.1.1, RFC 4315 3",
    _("UIDs are worth nothing after the session: messages are matched again by content at every opening, never copied again"),
)
MAILBOXID_RANDOM = Quirk(
    "mailboxid-random",
    "Cyrus 3.6: STATUS (MAILBOXID) of bytes of freed memory",
    "RFC 8474 4.3; seen with Debian's 3.6.1",
    "MAILBOXID is never asked for in STATUS; that of SELECT is taken, and one that is no objectid is none",
)
HIGHESTMODSEQ_FROZEN = Quirk(
    "highestmodseq-frozen",
    "Dovecot 2.0.18: 1 for ever",
    "RFC 7162 3.1.2.1; bugzilla.mozilla.org, by second hand",
    _("a mod-sequence that stands still while UIDNEXT moves is not believed: no folder counts as unchanged by it"),
)

# -- messages
SIZE_LIES = Quirk(
    "size-lies",
    "Exchange",
    "MS-STANXIMAP: stored-message size; vandelay 12",
    _("RFC822.SIZE is an estimate; the literal's own size is announced, recorded and held against the limit"),
)
MADE_ANEW = Quirk(
    "made-anew",
    "Exchange, also Exchange Online",
    "MIME made from stored properties at each fetch: boundaries and header fields change, by second hand",
    _("a message read twice is the same when header fields and text are, whatever its boundaries; else by Message-ID and date"),
    _is_exchange,
)
SIZE_MISSING = Quirk(
    "size-missing",
    "servers that answer NIL or -1 for a message they cannot open",
    "RFC 3501 7.4.2 has only numbers",
    "the message is in the inventory all the same, with its size unknown until its literal comes",
)
EMPTY_BODY = Quirk(
    "empty-body",
    "Exchange, imapc sources",
    "Dovecot imapc fetch-empty-is-expunged",
    "NIL or an empty literal is no message: asked for again, and if it stays so, listed as refused",
)
FETCH_WITHOUT_ANSWER = Quirk(
    "fetch-without-answer",
    "iCloud",
    "hilli section 6.3: 90,000 UIDs without a message",
    _("UIDs that are listed and give no message, asked twice, count as vanished; told once for a folder"),
)
FETCH_REFUSED = Quirk(
    "fetch-refused",
    "Exchange, Zimbra, Dovecot with a broken index",
    "Dovecot imapc fetch-fix-broken-mails",
    "a NO to a FETCH is isolated by halves (8, 4, 2, 1); what is refused alone is listed with the server's words",
)
FETCH_STAR_CHOKES = Quirk(
    "fetch-star-chokes",
    "DavMail, Exchange: *:*; others: 1:* in an empty folder",
    "RFC 3501 9 (seq-number), by second hand",
    "*:* is never sent, and nothing is fetched from an empty folder",
)
SEARCH_WRONG = Quirk(
    "search-wrong",
    "Domino, QQ, Yandex, IceWarp, SmarterMail, Softalk",
    "imapsync FAQ.Domino, FAQ.Various, FAQ.Yandex",
    _("a copy never searches: messages are listed by UID FETCH, and the number is held against EXISTS"),
)
NEWS_DURING_FETCH = Quirk(
    "news-during-fetch",
    "all: EXISTS, EXPUNGE and flags between the answers",
    "RFC 9051 5.2, 7.5.1",
    "news are told apart from answers; what was expunged meanwhile has vanished, what arrived is for the next run",
)
INVALID_INTERNAL_DATE = Quirk(
    "invalid-internal-date",
    "gateways, migrated stores",
    "imapsync good_date, PR 94",
    _("no day that cannot be is sent on: the top Received field stands in, then Date, else none; logged"),
)
MISSING_FINAL_CRLF = Quirk(
    "missing-final-crlf",
    "Yahoo as destination",
    "imapsync 209: BAD [CLIENTBUG]",
    "sent as it is; only after a refusal the last line gets its end, and the report says so",
)

# -- flags
ILLEGAL_FLAGS = Quirk(
    "illegal-flags",
    "Zimbra, Exchange, Cyrus of old: \\Forwarded, \\ATTACHED",
    "imapsync FAQ.Flags, FAQ.Zimbra",
    "\\Forwarded becomes $Forwarded; a system flag that nobody defined is left behind and named in the log",
)
FLAG_WITH_BRACKET = Quirk(
    "flag-with-bracket",
    "Gmail",
    "cpython imaplib, note of 3.6",
    "flags with ] are read; they are no legal keyword (RFC 9051 9), so they are left behind and named",
)
FLAG_REFUSED = Quirk(
    "flag-refused",
    "servers that refuse keywords such as NAME:FLAG123",
    "imapsync 498",
    "the APPEND is repeated with system flags only, then each keyword is stored by itself; a refused one is named",
)
KEYWORDS_NOT_KEPT = Quirk(
    "keywords-not-kept",
    "destinations whose PERMANENTFLAGS lack \\*",
    "RFC 3501 7.1",
    "only flags that are kept are sent; the others are named in the log",
)

# -- names
LIST_RETURN_BAD = Quirk(
    "list-return-bad",
    "iCloud",
    "hilli (a tool that moves iCloud mail), section 3.5",
    _("after one BAD to LIST ... RETURN the tree is read by LIST, LSUB and STATUS"),
    _is_icloud,
)
LISTED_TWICE = Quirk(
    "listed-twice",
    "servers with overlapping namespaces",
    "RFC 3501 6.3.8 does not forbid it",
    "the lines about one name are put together; it is one folder",
)
INBOX_SPELLED = Quirk(
    "inbox-spelled",
    "stalwart, Exchange: Inbox, Inbox/Sub",
    "stalwart 2277",
    "INBOX is one folder in any case, at the first level only",
)
NIL_DELIMITER = Quirk(
    "nil-delimiter",
    "flat stores",
    "RFC 3501 7.2.2",
    "the folder has one level, whatever characters its name has",
)
RAW_8_BIT_NAMES = Quirk(
    "raw-8-bit-names",
    "servers that write names as they are stored",
    "imap-backup 119",
    "the bytes are the key for every command; shown as UTF-8, else as Latin-1",
)
BAD_MUTF7 = Quirk(
    "bad-mutf7",
    "Yandex",
    "modern-email/defects 46",
    "a name that cannot be decoded stands for itself; its bytes go back unchanged",
)
LITERAL_NAMES = Quirk(
    "literal-names",
    "Exchange, Domino",
    "RFC 3501 4.3",
    "names are read as literals too, and sent as such where quotes cannot hold them",
)
NOINFERIORS = Quirk(
    "noinferiors",
    "Domino, Courier, mbox stores",
    "imapsync FAQ.Domino, FAQ.Dovecot",
    "folders below one that takes none are put beside it, and the report says so",
)
NAME_REFUSED = Quirk(
    "name-refused",
    "Gmail, Exchange, Cyrus",
    "imapsync FAQ.Gmail: excess whitespace",
    "the next likely name is tried, least change first; the change is recorded with the server's words",
)
NAMES_FOLDED = Quirk(
    "names-folded",
    'Exchange, Windows stores: Foo = foo, "Foo " = Foo',
    "imapsync FAQ.Exchange, 335",
    _("what CREATE made is listed again: two source folders never share a destination folder"),
    _is_exchange,
)
LISTED_NOT_OPENABLE = Quirk(
    "listed-not-openable",
    "Zimbra and others: broken or locked folders without \\Noselect",
    "imapsync FAQ.Zimbra, --checkselectable",
    "a folder that cannot be opened fails alone, in the server's words; the others go on",
)
STATUS_FAILS = Quirk(
    "status-fails",
    "servers with one damaged folder",
    "RFC 5819 2",
    "a STATUS that fails leaves that folder's counts unknown until it is opened",
)

# -- the session
LITERAL_PLUS_MISSING = Quirk(
    "literal-plus-missing",
    "Courier before 5, iCloud, Exchange 2003",
    "RFC 7888",
    _("every literal waits for the server's +"),
    _only_literal_minus,
)
CAPABILITIES_CHANGE = Quirk(
    "capabilities-change",
    "Gmail, Dovecot",
    "Gmail IMAP extensions: read them after login",
    "capabilities are asked for again after the login, unless the server told them with it",
)
CAPABILITY_SPACING = Quirk(
    "capability-spacing",
    "servers that put more spaces than the grammar has",
    "RFC 9051 7.2.2",
    "runs of spaces and trailing ones separate like one",
)
PREAUTH = Quirk(
    "preauth",
    "imapd behind a tunnel",
    "RFC 9051 7.1.4",
    "PREAUTH needs no login; where TLS was asked for by STARTTLS it is refused",
)
RESPONSE_CODE_UNREADABLE = Quirk(
    "response-code-unreadable",
    'Exchange Online: [Error="..."], [COPYUID 701  ]',
    "net-imap quirky_behaviors.yml",
    "what is no code is part of the server's words; the answer stays an answer",
)
LOGIN_DISABLED = Quirk(
    "login-disabled",
    "all without TLS",
    "RFC 9051 6.2.3",
    "LOGIN is not sent where LOGINDISABLED stands; the words say to use TLS",
)
MECHANISM_UNKNOWN = Quirk(
    "mechanism-unknown",
    "proxies that offer PLAIN and do not know it",
    "imapsync FAQ.Authentication_failure",
    "the next method is tried only when the refusal is about the mechanism, never after a wrong password",
)
PASSWORD_LATIN_1 = Quirk(
    "password-latin-1",
    "servers that compare the bytes of a Latin-1 password",
    "mailcow 4521, 6968; imapsync FAQ.Passwords_*",
    "a refused login with other than ASCII in it is tried once more in Latin-1; two tries at the most",
)
AUTHENTICATED_NOT_CONNECTED = Quirk(
    "authenticated-not-connected",
    "Exchange",
    "imapsync FAQ.Exchange R1-R3",
    "counts as a refused login (wrong password, no right, IMAP off), said so; in the middle of a run, as busy",
)
WEB_LOGIN_REQUIRED = Quirk(
    "web-login-required",
    "Gmail, Yahoo, iCloud",
    "support.google.com/a/answer/14114704",
    "the words say which kind of password or sign-in the provider wants",
)
THROTTLED = Quirk(
    "throttled",
    "Exchange Online",
    "imapsync FAQ.Office365: Suggested Backoff Time",
    "the account waits exactly so long, and goes on where it was",
)
BYE_SAYS_WAIT = Quirk(
    "bye-says-wait",
    "Dovecot, Gmail: BYE Too many connections",
    "docker-mailserver 1165, wildduck 35",
    "a BYE with a reason is judged like a NO: later where it says later",
)
TEN_ERRORS = Quirk(
    "ten-errors",
    "Exchange: BYE after 10 errors",
    "imapsync FAQ.Exchange",
    _("refusals are counted; the connection is renewed before the tenth"),
    _is_exchange,
)
BYE_WITHOUT_CLOSE = Quirk(
    "bye-without-close",
    "gateways",
    "RFC 9051 7.1.5",
    "after BYE the connection is closed by us when the server does not",
)
LOGOUT_CUT = Quirk(
    "logout-cut",
    "Exchange, Zimbra",
    "RFC 9051 6.1.3",
    "a connection that ends before the answer to LOGOUT has ended as wished",
)

QUIRKS = tuple(quirk for quirk in list(globals().values()) if isinstance(quirk, Quirk))


def known(greeting: str, capabilities: Capabilities, facts: Mapping[str, str]) -> set[str]:
    """Names of the quirks that the server's own words give away."""
    return {quirk.name for quirk in QUIRKS if quirk.seen is not None and quirk.seen(greeting, capabilities, facts)}
