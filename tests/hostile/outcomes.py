"""What becomes of an account whose server behaves so: what bounds it, and how it ends on either side."""

from __future__ import annotations

from dataclasses import dataclass, fields

from trasloco.imap.deadlines import Deadlines
from trasloco.imap.limits import Limits

COMPLETED, WITH_ERRORS = "completed", "completed_with_errors"


@dataclass(frozen=True, slots=True)
class Outcome:
    """bounds: fields of ``Limits`` and ``Deadlines``, or words. source, destination: a failure's code, or the status (``one or another``
    where it depends on when things happen); "" where it makes no sense."""

    bounds: tuple[str, ...]
    source: str = ""
    destination: str = ""

    def on(self, side: str) -> str:
        return self.source if side == "source" else self.destination

    @property
    def words(self) -> str:
        """The bounds with the product's own figures."""
        return ", ".join(_bound(name) for name in self.bounds)


def _bound(name: str) -> str:
    limits, deadlines = Limits(), Deadlines()
    if name in {field.name for field in fields(deadlines)}:
        return f"`{name}`, {_time(getattr(deadlines, name))}"
    if name in {field.name for field in fields(limits)}:
        return f"`{name}`, {_size(getattr(limits, name))}"
    return name


def _time(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds:g} s"


def _size(number: int) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if number % unit == 0:
            return f"{number // unit} {name}"
    return f"{number:,}"


def _both(outcome: str, *bounds: str) -> Outcome:
    return Outcome(bounds, outcome, outcome)


def _source(outcome: str, *bounds: str) -> Outcome:
    return Outcome(bounds, outcome)


def _destination(outcome: str, *bounds: str) -> Outcome:
    return Outcome(bounds, "", outcome)


_LIMIT, _VIOLATION, _SILENT, _STUCK, _LOST = "limit-exceeded", "protocol-violation", "silent", "standstill", "connection-lost"
_RENUMBERED = "completed or uidvalidity-changed"  # as the folders are looked at: nothing is copied twice either way
_NOT_SAID = "what cannot be is not kept"
_NOT_ASKED = "what was not asked for is passed by"
_PARSER = "no guess is made at an answer that cannot be read"
_BYTES = "a folder's name is its bytes"
_TRIES = "6 tries that get no further"

OUTCOMES: dict[str, Outcome] = {
    "silent-greeting": _both(_SILENT, "greeting"),
    "dripping-greeting": _both(_SILENT, "greeting"),
    "handshake-without-end": _both(_SILENT, "tls"),
    "dripping-handshake": _both(_SILENT, "tls"),
    "silent-login": _both(_SILENT, "login"),
    "dripping-login": _both(_STUCK, "trickle"),
    "silent-after-login": _both(_SILENT, "command"),
    "dripping-list": _both(_STUCK, "trickle"),
    "patience-without-end": _both(_STUCK, "trickle"),
    "silent-body": _source(_SILENT, "idle_body"),
    "dripping-body": _source(_STUCK, "trickle"),
    "silent-logout": _both(COMPLETED, "logout"),
    "bye-in-the-middle": _both(_LOST, _TRIES),
    "reset": _both(_LOST, _TRIES),
    "half-closed": _both(_LOST, _TRIES),
    "bye-that-stays": _both(_LOST, "logout", _TRIES),
    "continuation-never-given": _destination(_SILENT, "command"),
    "nothing-read-any-more": _both(_SILENT, "write", "command"),
    "endless-greeting": _both(_LIMIT, "line"),
    "untagged-without-end": _source(_LIMIT, "unasked"),
    "empty-lines-without-end": _source(_LIMIT, "unasked"),
    "challenges-without-end": _both(_LIMIT, "challenges"),
    "line-without-end": _both(_LIMIT, "line"),
    "list-without-end": _destination(_LIMIT, "mailboxes", "answer"),
    "million-folders": _source(_LIMIT, "mailboxes"),
    "exists-counting-up": _destination(_LIMIT, "answer"),
    "expunge-storm": _source(_LIMIT, "unasked"),
    "flags-without-end": _source(_LIMIT, "answer"),
    "messages-without-end": _source(_LIMIT, "entries"),
    "messages-backwards": _source(_LIMIT, "entries"),
    "same-message-without-end": _source(_LIMIT, "entries"),
    "halves-without-end": _source(_LIMIT, "partial"),
    "flags-by-the-million": _source(_LIMIT, "line", "32 MiB of different flags"),
    "body-without-end": _source(_LIMIT, "body"),
    "unasked-bodies-without-end": _source(_LIMIT, "unasked"),
    "answers-never-asked-for": _source(_LIMIT, "unasked"),
    "lines-during-append": _destination(_LIMIT, "unasked"),
    "continuations-without-end": _destination(_LIMIT, "unasked"),
    "tags-without-end": _destination(_LIMIT, "unasked"),
    "literal-of-2-to-the-63": _both(_LIMIT, "literal"),
    "literal-below-2-to-the-63": _both(_LIMIT, "literal"),
    "many-literals": _both(_LIMIT, "literal"),
    "capabilities-by-the-megabyte": _both(f"{_LIMIT} or connection-lost", "line"),  # unasked: it may be said into a login that ends
    "capabilities-by-the-thousand": _both(COMPLETED, "unasked"),
    "nesting-bomb": _both(_VIOLATION, "depth"),
    "namespaces-by-the-thousand": _both(COMPLETED, "line"),
    "id-bomb": _source(COMPLETED, "line"),
    "compression-bomb": _source(_LIMIT, "unpacked", "unasked"),
    "search-of-everything": _source(_LIMIT, "entries", "numbers"),
    "vanished-everything": _both(COMPLETED, "ranges", _NOT_SAID),
    "vanished-one-by-one": _destination(_LIMIT, "numbers", "unasked"),
    "appenduid-of-everything": _destination(COMPLETED, _NOT_SAID),
    "refusal-by-the-megabyte": _both(_LIMIT, "line"),
    "nested-structure": _source(_VIOLATION, "depth"),
    "quota-bomb": _destination(COMPLETED, "line"),
    "another-protocol": _both("not-imap", "the first bytes"),
    "tags-that-lie": _both(_SILENT, "command"),
    "tags-repeated": _both(COMPLETED, _NOT_ASKED),
    "done-before-it-was-asked": _both(COMPLETED, _NOT_ASKED),
    "continuation-unasked": _both(COMPLETED, _NOT_ASKED),
    "negative-literal": _both(_VIOLATION, _PARSER),
    "overlong-numbers": _both(COMPLETED, _NOT_SAID),
    "overlong-numbers-of-messages": _source(_VIOLATION, _PARSER),
    "literal-shorter-than-said": _source(WITH_ERRORS, _PARSER),
    "literal-longer-than-said": _source(_SILENT, "idle_body"),
    "messages-never-asked-for": _source(COMPLETED, _NOT_ASKED),
    "broken-messages-never-asked-for": _source(COMPLETED, _NOT_ASKED),
    "uidvalidity-never-the-same": Outcome(("a folder is gone through 3 times at the most",), COMPLETED, _RENUMBERED),
    "status-that-lies": Outcome(("what the opened folder says counts",), COMPLETED, _RENUMBERED),
    "nil-everywhere": _source(_VIOLATION, _PARSER),
    "nil-for-each-message": _source(WITH_ERRORS, "each is listed as refused"),
    "dates-of-nonsense": _source(COMPLETED, "the message's own date stands in"),
    "ever-growing-message": _source(COMPLETED, "the operator's largest size of a message"),
    "same-body-for-all": _source(COMPLETED, "bytes are copied as they come"),
    "appenduid-that-lies": _destination(COMPLETED, "bytes are compared where it matters"),
    "taken-and-thrown-away": _destination(COMPLETED, "its OK is believed; `trasloco verify` shows that nothing is there"),
    "another-uidvalidity-for-each": _destination("uidvalidity-changed", _TRIES),
    "no-to-everything": _both("account-refused", "it is not tried again"),
    "answers-without-a-grammar": _both(_VIOLATION, _PARSER),
    "control-characters": _source(_VIOLATION, _BYTES, _PARSER),
    "eight-bit-names": _source(COMPLETED, _BYTES),
    "utf7-bombs": _source(COMPLETED, _BYTES),
    "names-that-are-paths": _source(COMPLETED, _BYTES),
    "hierarchy-without-end": _source(COMPLETED, _BYTES),
    "names-by-the-megabyte": _source(COMPLETED, _BYTES),
    "names-that-are-the-same": _source(COMPLETED, _BYTES),
    "delimiters-that-change": _source(COMPLETED, _BYTES),
}
