"""Clauses of ours put together, in a way that other languages can follow (``trasloco.sentence``)."""

from __future__ import annotations

from collections.abc import Sequence

from trasloco.sentence import sentence as _


def with_advice(clause: str, advice: str) -> str:
    """A clause, and behind it what to do, if anything can be done."""
    return _("%(clause)s. %(advice)s", clause=clause, advice=advice) if advice else clause


def in_a_row(clauses: Sequence[str]) -> str:
    """Several clauses, one behind the other."""
    first, *rest = clauses
    return _("%(clause)s; %(rest)s", clause=first, rest=in_a_row(rest)) if rest else first


def counted(counts: Sequence[str]) -> str:
    """Several short ones: "3 copied, 1 refused"."""
    first, *rest = counts
    return _("%(clause)s, %(rest)s", clause=first, rest=counted(rest)) if rest else first
