"""``trasloco parked --server``: messages that the destination of another Trasloco took in no form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trasloco.client.api_client import ApiClient
from trasloco.project.elsewhere.asking import asked, place
from trasloco.project.parked_files import ParkedLetter, end_parked, parked_directory, write_parked


def parked_there(code: str, output: str | None, values: Mapping[str, Any]) -> int:
    """values: click's parameters by name. The exit status."""
    with asked(values) as client:
        migration = client.get(place(code))
        directory = parked_directory(migration["code"], output)
        return end_parked(write_parked(directory, _letters(client, migration["code"])), directory)


def _letters(client: ApiClient, code: str) -> Iterator[ParkedLetter]:
    for account in client.pages(place(code, "accounts")):
        for item in client.pages(place(code, "accounts", account["id"], "exceptions"), fate="refused"):
            if item["parked"] is not None:
                message = client.content(place(code, "accounts", account["id"], "parked", item["parked"]))
                yield ParkedLetter(account["destination"], item["folder"], int(item["uid"]), message)
