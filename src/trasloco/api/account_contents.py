"""One account looked at closely: its log, its folders on both sides, and every message that is not there as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from trasloco.api.bearer import LOOK, ApiRequest
from trasloco.api.cursor import Page, Wanted, numbered_page, one_page
from trasloco.api.downloads import binary
from trasloco.panel.access import account_of, run_of
from trasloco.panel.views.account import parked
from trasloco.records.account_contents import Exceptions, folder_lines
from trasloco.records.models import LogEntry, Transfer

router = Router(tags=["accounts"])

_ACCOUNT = "/migrations/{slug:code}/accounts/{int:account_id}"


class Entry(Schema):
    """words: the engine's, which name folder and message and quote the servers."""

    id: int
    at: datetime
    level: str
    action: str
    folder: str
    uid: int | None
    words: str


class Folder(Schema):
    """messages: by fate (copied, adopted, moved, skipped, refused, vanished); their sum is what the source has."""

    source: str
    destination: str
    note: str
    messages: dict[str, int]


class MissingMessage(Schema):
    """parked: by which id the message can be downloaded as it is on the source, null when it cannot."""

    folder: str
    uid: int
    fate: str = Field(description="skipped, refused, vanished or repaired.")
    size: int
    reason: str
    parked: int | None


@router.get(_ACCOUNT + "/runs/{int:number}/log", response=Page[Entry], auth=LOOK, summary="The log of an account in a run")
def list_log(
    request: ApiRequest, code: str, account_id: int, number: int, wanted: Wanted, level: Annotated[Literal["", "problems"], Query()] = ""
) -> object:
    """Oldest first. level=problems: warnings and errors only. To follow along, ask again with the last `next`, or with the cursor of
    the last page once more."""
    entries = LogEntry.objects.filter(transfer=_transfer(request, code, account_id, number))
    if level:
        entries = entries.exclude(level__in=["info", "debug"])
    return one_page(entries, wanted, list)


@router.get(_ACCOUNT + "/runs/{int:number}/folders", response=list[Folder], auth=LOOK, summary="The folders of an account in a run")
def list_folders(request: ApiRequest, code: str, account_id: int, number: int) -> object:
    return folder_lines(_transfer(request, code, account_id, number))


@router.get(_ACCOUNT + "/exceptions", response=Page[MissingMessage], auth=LOOK, summary="Messages that are not there as they were")
def list_exceptions(
    request: ApiRequest,
    code: str,
    account_id: int,
    wanted: Wanted,
    fate: Annotated[Literal["", "skipped", "refused", "vanished", "repaired"], Query()] = "",
) -> object:
    """Every message of the source that is not on the destination, or had to be repaired for it, with the reason."""
    return numbered_page(Exceptions(account_of(request, code, account_id), fate), wanted)


@router.get(
    _ACCOUNT + "/parked/{int:parked_id}",
    auth=LOOK,
    summary="A message that the destination took in no form",
    openapi_extra=binary("application/octet-stream"),
)
def get_parked(request: ApiRequest, code: str, account_id: int, parked_id: int) -> HttpResponseBase:
    """As it is on the source."""
    return parked(request, code, account_id, parked_id)


def _transfer(request: ApiRequest, code: str, account_id: int, number: int) -> Transfer:
    """Raises Http404."""
    account = account_of(request, code, account_id)
    return get_object_or_404(Transfer, account=account, run=run_of(account.migration, number))
