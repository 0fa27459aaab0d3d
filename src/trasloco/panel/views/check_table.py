"""The check of a draft as a table: its sums, and one page of its accounts, those with problems first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.fields import CharField

from trasloco.records.diagnosis import diagnosis
from trasloco.records.models import Account, CheckState, MailMigration
from trasloco.records.server_search import servers_sought

ROWS = 50  # on a page
PROPOSALS = 50  # servers that were found, shown at once; who has more domains takes these over first, or all
LEFT_OUT, TO_FIND = "left-out", "to-find"
SHOWN = ("all", CheckState.FAILED, TO_FIND, "warned", CheckState.OK, LEFT_OUT)
"""What the table can be cut down to."""

_ORDER = (CheckState.FAILED, TO_FIND, "warned", CheckState.RUNNING, CheckState.WAITING, CheckState.OK, LEFT_OUT)


def check_sums(migration: MailMigration) -> dict[str, Any]:
    """counts by state (of ``_ORDER``; "-" as "_"), sums of what will be moved, and whether anything is still under way."""
    accounts = _with_state(migration)
    counts = {str(state): 0 for state in _ORDER}
    counts |= dict(accounts.order_by().values_list("state").annotate(number=Count("pk")))
    works = accounts.filter(state__in=[CheckState.OK, "warned"])
    sums = works.aggregate(
        folders=Sum("check_result__folders", default=0),
        messages=Sum("check_result__messages", default=0),
        size=Sum("check_result__size", default=0),
        too_large=Sum("check_result__too_large", default=0),
        unknown_size=Count("pk", filter=Q(check_result__size=None)),
    )
    total = sum(counts.values()) - counts[LEFT_OUT]
    still = counts[CheckState.WAITING] + counts[CheckState.RUNNING]
    to_find = counts[TO_FIND]
    works_count = counts[CheckState.OK] + counts["warned"]
    return {
        "counts": {state.replace("-", "_"): count for state, count in counts.items()},
        "sums": sums,
        "works": works_count,
        "checking": still > 0,
        "checked": total - still - to_find,
        "to_check": total - to_find,
        "total": total,
        "ready": not still and not to_find and not counts[CheckState.FAILED] and works_count > 0,
    }


def check_table(migration: MailMigration, asked: Mapping[str, str]) -> dict[str, Any]:
    """The same, and rows: one page of them. asked: "show" (of ``SHOWN``) and "page", as in the page's address."""
    show = asked.get("show", "all")
    show = show if show in SHOWN else "all"
    accounts = _with_state(migration)
    if show == CheckState.OK:
        accounts = accounts.filter(state__in=[CheckState.OK, "warned"])
    elif show != "all":
        accounts = accounts.filter(state=show)
    place = Case(*(When(state=str(state), then=Value(number)) for number, state in enumerate(_ORDER)))
    found = Paginator(accounts.select_related("check_result").order_by(place, "line"), ROWS).get_page(asked.get("page"))
    query = f"show={show}&" if show != "all" else ""
    sought = servers_sought(migration)
    return {
        **check_sums(migration),
        "rows": [_row(migration, account) for account in found],
        "page": found,
        "show": show,
        "query": query,
        "sought": sought,
        "proposals": sought.proposals[:PROPOSALS],
        "more_proposals": max(0, len(sought.proposals) - PROPOSALS),
    }


def _with_state(migration: MailMigration) -> QuerySet[Any]:
    """Each with ``state``: of its check, left-out, or to-find (it has no server yet); "warned" works, but not all of it may come over."""
    checked = F("check_result__state")
    warned = Q(check_result__state=CheckState.OK) & (~Q(check_result__warnings=[]) | Q(check_result__too_large__gt=0))
    state = Case(
        When(left_out=True, then=Value(LEFT_OUT)),
        When(source_host="", then=Value(TO_FIND)),
        When(check_result=None, then=Value(CheckState.WAITING.value)),
        When(warned, then=Value("warned")),
        default=checked,
        output_field=CharField(),
    )
    return Account.objects.filter(migration=migration).annotate(state=state)


def _row(migration: MailMigration, account: Any) -> dict[str, Any]:
    check = getattr(account, "check_result", None)
    sides = (("source", check.source), ("destination", check.destination)) if check else ()
    failed = [
        {
            "side": side,
            "words": result["words"],
            "code": result["code"],
            "advice": diagnosis(result["code"], migration.source_type if side == "source" else ""),
        }
        for side, result in sides
        if result and not result["ok"]
    ]
    done = [side for side, result in sides if result and result["ok"]]
    over = check.size - check.room if check and check.size is not None and check.room is not None else None
    return {"account": account, "check": check, "state": account.state, "failed": failed, "done": done, "over": over}
