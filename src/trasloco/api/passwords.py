"""Other passwords for accounts whose login fails, in a draft's check or in a run: as on the panel's page of those accounts."""

from __future__ import annotations

from typing import Literal

from django.http import QueryDict
from ninja import Router, Schema
from pydantic import Field

from trasloco.api.bearer import CHANGE, ApiRequest
from trasloco.api.given import Given, Text
from trasloco.api.given_accounts import line_problems
from trasloco.api.problem import Refused
from trasloco.jobs.corrected_logins import correct_and_check
from trasloco.panel.access import migration_of
from trasloco.panel.password_lines import PasswordUpload
from trasloco.panel.views.steps import key_ring
from trasloco.records.failure_groups import groups_of
from trasloco.records.failure_remedies import remedies_of
from trasloco.records.models import MailMigration

router = Router(tags=["accounts"])


class GivenPasswords(Given):
    """Of accounts whose login fails on this side. What is given is kept when no line is wrong."""

    side: Literal["source", "destination"]
    lines: Text = Field(
        description="source: lines of the CSV as they were, with other passwords; destination: lines address;password.",
        json_schema_extra={"writeOnly": True},
    )


class PasswordsKept(Schema):
    """without: lines that have no password and change nothing."""

    kept: int
    without: int


@router.post("/migrations/{slug:code}/passwords", response=PasswordsKept, auth=CHANGE, summary="Other passwords where logins fail")
def correct_passwords(request: ApiRequest, code: str, given: GivenPasswords) -> object:
    """Their logins are tried at once; of a planned migration the accounts whose logins work go on in its run."""
    found = migration_of(request, code)
    accounts = _failing(found, given.side)
    if not accounts:
        raise Refused(409, "no-login-fails", "There is no account whose login fails on that side and takes another password.")
    typed = QueryDict(mutable=True)
    typed["text"] = given.lines
    upload = PasswordUpload.read(found, given.side, accounts, typed, None)
    if upload.problems:
        words = "Nothing was kept. Correct what “problems” says, and send all lines again."
        raise Refused(422, "passwords-not-accepted", words, problems=line_problems(upload.problems))
    kept = correct_and_check(request.actor, found, given.side, upload.found.passwords, key_ring())
    return {"kept": kept, "without": upload.found.without}


def _failing(migration: MailMigration, side: str) -> set[int]:
    """Ids of the accounts whose password may be changed, as they stand now."""
    groups = [group for group in groups_of(migration) if group.side == side and remedies_of(migration, group).passwords]
    return {pk for group in groups for pk in group.accounts}
