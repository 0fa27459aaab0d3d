"""The check of a draft as a table: one row for each account, and the sums above it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from trasloco.panel.diagnosis import diagnosis
from trasloco.records.models import CheckState, LoginCheck, MailMigration


def check_table(migration: MailMigration) -> dict[str, Any]:
    """rows, counts by state, sums of what will be moved, and whether anything is still under way."""
    rows: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for account in migration.accounts.select_related("check_result").order_by("line"):
        check: LoginCheck | None = getattr(account, "check_result", None)
        state = "left-out" if account.left_out else check.state if check else CheckState.WAITING.value
        counts[state] += 1
        if check and state == CheckState.OK:
            sums.update(messages=check.messages or 0, size=check.size or 0, folders=check.folders or 0, too_large=check.too_large or 0)
            sums["unknown_size"] += check.size is None
        failed = (
            [
                {"side": side, **result, "advice": diagnosis(result["code"])}
                for side, result in (("source", check.source), ("destination", check.destination))
                if result and not result["ok"]
            ]
            if check
            else []
        )
        rows.append({"account": account, "check": check, "state": state, "failed": failed})
    open_states = counts[CheckState.WAITING] + counts[CheckState.RUNNING]
    rows.sort(key=lambda row: (row["state"] != CheckState.FAILED, row["account"].line))
    ready = not open_states and not counts[CheckState.FAILED] and counts[CheckState.OK] > 0
    total = sum(counts.values()) - counts["left-out"]
    return {
        "rows": rows,
        "counts": {state.replace("-", "_"): count for state, count in counts.items()},
        "sums": dict(sums),
        "checking": open_states > 0,
        "checked": total - open_states,
        "total": total,
        "ready": ready,
    }
