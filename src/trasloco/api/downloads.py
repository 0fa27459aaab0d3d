"""What is taken along from a migration: its report, and the sealed proofs. The same files as in the panel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponseBase
from ninja import Query, Router

from trasloco.api.bearer import LOOK, ApiRequest
from trasloco.panel.views import downloads

router = Router(tags=["documents"])

Form = Annotated[Literal["json", "csv", "html"], Query()]


def binary(*media_types: str) -> dict[str, Any]:
    """For ``openapi_extra``: the answer is a file."""
    content = {name: {"schema": {"type": "string", "format": "binary"}} for name in media_types}
    return {"responses": {200: {"description": "OK", "content": content}}}


_REPORT: dict[str, Any] = {
    "responses": {
        200: {
            "description": "The report, as docs/exit-codes.md and the panel have it",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/csv": {"schema": {"type": "string"}},
                "text/html": {"schema": {"type": "string"}},
            },
        }
    }
}
_ZIP = binary("application/zip")


@router.get("/migrations/{slug:code}/report", auth=LOOK, summary="The report of a migration", openapi_extra=_REPORT)
def get_report(request: ApiRequest, code: str, form: Form = "json") -> HttpResponseBase:
    """Every account, run and folder, with the number of messages of each fate and the reasons."""
    return downloads.report(request, code, form)


@router.get("/migrations/{slug:code}/proof", auth=LOOK, summary="The proofs of all accounts", openapi_extra=_ZIP)
def get_proof(request: ApiRequest, code: str) -> HttpResponseBase:
    """A zip with three files for each account: CSV and JSON with every message, and a page. Sealed: docs/proof.md."""
    return downloads.proofs(request, code)


@router.get(
    "/migrations/{slug:code}/accounts/{int:account_id}/report", auth=LOOK, summary="The report of one account", openapi_extra=_REPORT
)
def get_account_report(request: ApiRequest, code: str, account_id: int, form: Form = "json") -> HttpResponseBase:
    return downloads.account_report(request, code, account_id, form)


@router.get("/migrations/{slug:code}/accounts/{int:account_id}/proof", auth=LOOK, summary="The proof of one account", openapi_extra=_ZIP)
def get_account_proof(request: ApiRequest, code: str, account_id: int) -> HttpResponseBase:
    return downloads.account_proof(request, code, account_id)
