"""Responses -> values (RFC 9051 section 7, and the RFCs named below).

``parse`` takes one whole response as its fragments and always answers with a value: what is not
known is ``Unknown``, what is known but cannot be read is ``Unparsable``. It never raises anything
but LimitExceeded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from trasloco.imap import responses
from trasloco.imap.errors import LimitExceeded
from trasloco.imap.fetch_response import parse_common, parse_flags, parse_items
from trasloco.imap.limits import Limits
from trasloco.imap.list_response import parse_list, parse_status
from trasloco.imap.number_set import parse_set, runs
from trasloco.imap.responses import Response
from trasloco.imap.status_text import parse_status_text, readable
from trasloco.imap.tokens import GrammarError, Tokens
from trasloco.imap.values import Capabilities, Kind, Namespace, Namespaces, Quota
from trasloco.sentence import sentence as _

_UNTAGGED = re.compile(rb"\*[ \t]*+(?:(\d{1,20})[ \t]++)?([A-Za-z][A-Za-z0-9.\-]*+)(?=[ \t]|$)")
_TAGGED = re.compile(rb"([^\s*+(){%\"\\]+)[ \t]++(OK|NO|BAD)(?=[ \t]|$)", re.IGNORECASE)
_NUMBERS = re.compile(rb"(?:[ \t]++\d{1,20})*+[ \t]*+")
_MOST_MESSAGES = 2**32 - 1
_SAID_AGAIN = re.compile(rb"\* (?:\d{1,20} (?:EXISTS|RECENT)\Z|FLAGS |OK \[(?:UIDVALIDITY|UIDNEXT|PERMANENTFLAGS|HIGHESTMODSEQ) )")
_LONGEST_KEPT = 300  # of a longer line the server does not decide whether we remember it
_USUAL = Limits()
_KINDS = {kind.value.encode(): kind for kind in Kind}


def parse(parts: Sequence[bytes], limits: Limits) -> Response:
    """One response: ``[line, literal, line, ...]``, literal markers and line ends taken off."""
    line = parts[0]
    if len(parts) == 1:
        if len(line) <= _LONGEST_KEPT and _SAID_AGAIN.match(line):
            return _parse_kept(line)
        if (fetched := parse_common(line)) is not None:
            return fetched
    if line.startswith(b"*"):
        return _parse_untagged(parts, limits)
    if line.startswith(b"+"):
        return responses.Continuation(line[1:].strip())
    match = _TAGGED.match(line)
    if match is None:
        tag = line.split(b" ", 1)[0]
        return responses.Unparsable("", readable(line[:80]), tag) if tag.isalnum() else responses.Unknown("", line)
    kind = _KINDS[match.group(2).upper()]
    return responses.Tagged(match.group(1), parse_status_text(kind, line[match.end() :]))


@lru_cache(maxsize=512)
def _parse_kept(line: bytes) -> Response:
    """What SELECT tells is much the same for each folder, and the very same when it is opened again. Nothing can be changed in it."""
    return _parse_untagged((line,), _USUAL)


def _parse_untagged(parts: Sequence[bytes], limits: Limits) -> Response:
    line = parts[0]
    match = _UNTAGGED.match(line)
    if match is None:
        return responses.Unknown("", line)
    number, verb = match.group(1), match.group(2).upper()
    if number is None and verb in _KINDS:
        return responses.UntaggedStatus(parse_status_text(_KINDS[verb], line[match.end() :]))
    name = verb.decode("ascii")
    tokens = Tokens(parts, limits)
    tokens.position = match.end()
    try:
        if number is not None:
            return _parse_numbered(int(number), name, tokens, line)
        reader = _READERS.get(name)
        return responses.Unknown(name, line) if reader is None else reader(name, tokens, limits)
    except (GrammarError, ValueError, RecursionError) as error:
        return responses.Unparsable(name, f"{readable(line[:60])}: {error}")


def _parse_numbered(number: int, name: str, tokens: Tokens, line: bytes) -> Response:
    if name != "FETCH" and number > _MOST_MESSAGES:
        raise tokens.error("there are not so many messages")
    match name:
        case "FETCH":
            fetched = parse_items(number, tokens)
            if not tokens.at_end:
                raise tokens.error("expected the end of the response")
            return fetched
        case "EXISTS":
            return responses.Exists(number)
        case "RECENT":
            return responses.Recent(number)
        case "EXPUNGE":
            return responses.Expunged(number)
    return responses.Unknown(name, line)


def _parse_capability(_: str, tokens: Tokens, limits: Limits) -> Response:
    return responses.CapabilityList(parse_capabilities(tokens.rest()))


def parse_capabilities(text: bytes) -> Capabilities:
    """The atoms of a CAPABILITY response or response code (7.2.2)."""
    return Capabilities(text.decode("ascii", "replace").split())


def _parse_search(_word: str, tokens: Tokens, limits: Limits) -> Response:
    """``* SEARCH 2 84 882 (MODSEQ 917162500)``: SEARCH with RFC 7162 3.1.5."""
    text = tokens.rest()
    plain, parenthesis, extra = text.partition(b"(")
    if not _NUMBERS.fullmatch(plain and b" " + plain):
        raise tokens.error("expected numbers")
    if plain.count(b" ") > limits.entries:
        raise LimitExceeded("entries", _("the server found more than %(most)s messages", most=str(limits.entries)))
    words = extra.rstrip(b") ").split() if parenthesis else []
    modseq = int(words[1]) if len(words) == 2 and words[0].upper() == b"MODSEQ" and words[1].isdigit() else None
    return responses.SearchHits(tuple(runs(map(int, plain.split()))), modseq=modseq)


def _parse_esearch(_: str, tokens: Tokens, limits: Limits) -> Response:
    """``* ESEARCH (TAG "A282") UID MIN 2 COUNT 3 ALL 1:3,5`` (RFC 9051 7.3.4)."""
    tag = b""
    if tokens.skip(b"("):
        if tokens.expect_atom().upper() != b"TAG":
            raise tokens.error("expected TAG")
        tag = tokens.expect_astring()
        tokens.expect(b")")
    uid = False
    numbers: dict[bytes, int] = {}
    hits: tuple[tuple[int, int], ...] = ()
    while not tokens.at_end:
        word = tokens.expect_atom().upper()
        if word == b"UID":
            uid = True
        elif word == b"ALL":
            hits = parse_set(tokens.expect_atom())
        elif word in (b"MIN", b"MAX", b"COUNT", b"MODSEQ"):
            numbers[word] = tokens.expect_number()
        else:
            tokens.value()  # results of extensions we did not ask for
    return responses.SearchHits(
        hits, tag, uid, True, numbers.get(b"COUNT"), numbers.get(b"MIN"), numbers.get(b"MAX"), numbers.get(b"MODSEQ")
    )


def _parse_namespace(_: str, tokens: Tokens, limits: Limits) -> Response:
    """Three lists of (prefix delimiter extensions...), or NIL (RFC 2342)."""
    return Namespaces(*(_parse_namespaces(tokens.value()) for _ in range(3)))


def _parse_namespaces(value: object) -> tuple[Namespace, ...]:
    if value is None:
        return ()
    if not isinstance(value, tuple):
        raise GrammarError("expected a list of namespaces")
    found = []
    for item in value:
        if not (isinstance(item, tuple) and len(item) >= 2 and isinstance(item[0], bytes)):
            raise GrammarError("expected a namespace")
        delimiter = item[1]
        found.append(Namespace(item[0], delimiter.decode("latin-1") if isinstance(delimiter, bytes) and delimiter else None))
    return tuple(found)


def _parse_id(_: str, tokens: Tokens, limits: Limits) -> Response:
    value = tokens.value()
    if value is None:
        return responses.ServerId(())
    if not isinstance(value, tuple):
        raise tokens.error("expected a list")
    texts = [readable(item if isinstance(item, bytes) else b"" if item is None else str(item).encode()) for item in value]
    return responses.ServerId(tuple((key.lower(), text) for key, text in zip(texts[::2], texts[1::2], strict=False)))


def _parse_enabled(_: str, tokens: Tokens, limits: Limits) -> Response:
    return responses.Enabled(frozenset(tokens.rest().decode("ascii", "replace").upper().split()))


def _parse_flag_response(_: str, tokens: Tokens, limits: Limits) -> Response:
    return responses.FlagList(parse_flags(tokens.flag_list()))


def _parse_vanished(_: str, tokens: Tokens, limits: Limits) -> Response:
    earlier = False
    if tokens.skip(b"("):
        earlier = tokens.expect_atom().upper() == b"EARLIER"
        tokens.expect(b")")
    return responses.Vanished(parse_set(tokens.expect_atom()), earlier)


def _parse_quota(_: str, tokens: Tokens, limits: Limits) -> Response:
    """``* QUOTA "root" (STORAGE 10 512)`` (RFC 9208 4.2.1)."""
    root = readable(tokens.expect_astring())
    tokens.expect(b"(")
    quotas = []
    while not tokens.skip(b")"):
        resource = tokens.expect_atom().decode("latin-1").upper()
        quotas.append(Quota(root, resource, tokens.expect_number(), tokens.expect_number()))
    return responses.QuotaUsage(root, tuple(quotas))


def _parse_quota_root(_: str, tokens: Tokens, limits: Limits) -> Response:
    name = tokens.expect_astring()
    roots = []
    while not tokens.at_end:
        roots.append(readable(tokens.expect_astring()))
    return responses.QuotaRoots(name, tuple(roots))


_READERS: dict[str, Callable[[str, Tokens, Limits], Response]] = {
    "CAPABILITY": _parse_capability,
    "LIST": parse_list,
    "LSUB": parse_list,
    "XLIST": parse_list,
    "STATUS": parse_status,
    "SEARCH": _parse_search,
    "ESEARCH": _parse_esearch,
    "NAMESPACE": _parse_namespace,
    "ID": _parse_id,
    "ENABLED": _parse_enabled,
    "FLAGS": _parse_flag_response,
    "VANISHED": _parse_vanished,
    "QUOTA": _parse_quota,
    "QUOTAROOT": _parse_quota_root,
}
