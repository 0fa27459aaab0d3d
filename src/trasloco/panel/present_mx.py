"""The mail servers some domains have at present, for a page that comes again and again: asked at once, remembered for a minute."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.cache import cache

from trasloco.jobs.mx import current_mx_of

SECONDS = 60


def present_mx(domains: Sequence[str]) -> list[tuple[str, tuple[str, ...] | None]]:
    """Each domain with its hosts in the order of preference: () when it has none, None when nobody could be asked."""
    known = cache.get_many([_key(domain) for domain in domains])
    wanted = [domain for domain in domains if _key(domain) not in known]
    answers = dict(current_mx_of(wanted))
    cache.set_many({_key(domain): hosts for domain, hosts in answers.items() if hosts is not None}, SECONDS)
    return [(domain, answers[domain] if domain in answers else known[_key(domain)]) for domain in domains]


def _key(domain: str) -> str:
    return f"mx:{domain}"
