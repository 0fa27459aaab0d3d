"""One account: its folders on both sides, every message that stayed behind and why, its logs, its proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from trasloco.panel.access import PanelRequest, account_of, page
from trasloco.panel.live import live_part
from trasloco.records import clock
from trasloco.records.account_contents import BROUGHT, Brought, Exceptions, folder_lines
from trasloco.records.account_lines import RESTS, SLEEPS
from trasloco.records.completeness import completeness
from trasloco.records.diagnosis import diagnosis
from trasloco.records.failure_groups import group_key
from trasloco.records.fate_list import FATES
from trasloco.records.fates import counted_folders
from trasloco.records.history import note
from trasloco.records.models import UNFINISHED, UNFINISHED_RUN, Account, ParkedMessage, Transfer, TransferState
from trasloco.records.renewed_certificates import certificate_changed
from trasloco.records.resting import opens_at, wakes_at
from trasloco.records.rights import Right
from trasloco.records.verification import comparable
from trasloco.records.waits import Wait, waits_of

PER_PAGE = 100


@page(Right.MIGRATE)
def account(request: PanelRequest, code: str, account_id: int) -> HttpResponse:
    """run: number of the run whose folders are shown, the last one by default; fate: of the messages that are listed."""
    found = account_of(request, code, account_id)
    transfers = list(Transfer.objects.filter(account=found).select_related("run", "account__migration__customer").order_by("run__number"))
    chosen = _chosen(transfers, request.GET.get("run", ""))
    under_way = any(transfer.status in UNFINISHED for transfer in transfers)
    context = {**_standing(found, transfers, chosen), "account": found, "migration": found.migration, "area": "migrations"}
    if request.htmx:
        return live_part(request, "panel/migrations/account_live.html", context, more=under_way)
    return render(request, "panel/migrations/account.html", context | _exceptions(request, found) | {"live": under_way})


@page(Right.MIGRATE)
def parked(request: PanelRequest, code: str, account_id: int, parked_id: int) -> HttpResponse:
    """A message the destination took in no form, as it is on the source."""
    found = account_of(request, code, account_id)
    message = get_object_or_404(ParkedMessage, pk=parked_id, folder__account=found)
    note(request.actor, "parked-downloaded", found.destination_address, migration=found.migration)
    headers = {"Content-Disposition": f'attachment; filename="{code}-{message.source_uid}.eml"'}
    return HttpResponse(bytes(message.message), "application/octet-stream", headers=headers)


def _chosen(transfers: list[Transfer], number: str) -> Transfer | None:
    """The transfer of the run asked for; else the last one that got as far as folders, or the last one."""
    asked = next((transfer for transfer in transfers if str(transfer.run.number) == number), None)
    with_folders = (transfer for transfer in reversed(transfers) if transfer.tallies.exists())
    return asked or next(with_folders, transfers[-1] if transfers else None)


def _standing(found: Account, transfers: list[Transfer], chosen: Transfer | None) -> dict[str, Any]:
    last = transfers[-1] if transfers else None
    folders = folder_lines(chosen) if chosen else []
    has_passwords, now = found.migration.wrapped_key is not None, clock.now()
    opens = opens_at(found.migration, now)
    goes_on = wakes_at(last, found.migration, now) if last is not None else None
    retryable = last is not None and last.status in (TransferState.FAILED, TransferState.COMPLETED_WITH_ERRORS, TransferState.WAITING)
    return {
        "transfers": transfers,
        "last": last,
        "group": group_key(last) if last is not None else "",
        "opens": opens,
        "goes_on": goes_on,
        "wait": _wait(last, now) if last is not None and not opens and not goes_on else None,
        "state": SLEEPS if goes_on else RESTS if opens and last is not None and last.status == TransferState.WAITING else "",
        "advice": diagnosis(last.failure_code, _type_there(last)) if last is not None and last.failure_code else None,
        "chosen": chosen,
        "folders": folders,
        "can_retry": retryable and has_passwords and (last is None or last.status != TransferState.WAITING or last.attempts > 0),
        "can_take_in": found.left_out and has_passwords and last is not None and last.status == TransferState.LEFT_OUT,
        "has_passwords": has_passwords,
        "certificate_changed": certificate_changed(last) and has_passwords,
        "whole": completeness(found.migration, found.pk),
        "can_compare": comparable(found.migration) is not None,
    }


def _wait(last: Transfer, now: datetime) -> Wait | None:
    """What the account waits for in a run that is under way."""
    return waits_of([last], now).get(last.pk) if last.run.status in UNFINISHED_RUN else None


def _type_there(transfer: Transfer) -> str:
    """The type of source where the old server is at fault, else ""."""
    return transfer.account.migration.source_type if transfer.failure_side == "source" else ""


def _exceptions(request: PanelRequest, found: Account) -> dict[str, Any]:
    fate = request.GET.get("fate", "")
    others: Any = Exceptions(found)
    counted = counted_folders(found.migration, found.pk)
    fate = fate if fate in others.counts or fate in FATES else ""
    listed: Any = Brought(found, fate) if fate in BROUGHT else Exceptions(found, fate) if fate else others
    kept = urlencode({name: value for name, value in (("run", request.GET.get("run", "")), ("fate", fate)) if value})
    return {
        "exceptions": Paginator(listed, PER_PAGE).get_page(request.GET.get("page")),
        "fates": sorted(others.counts.items()),
        "exception_count": sum(others.counts.values()),
        "counted": [(folder, count) for folder in counted if fate and (count := getattr(folder.tally, fate, 0))],
        "brought": fate in BROUGHT,
        "fate": fate,
        "query": f"{kept}&" if kept else "",
    }
