"""Where the pages of ``matrix_table`` are: their addresses, with the ids of the cast in them."""

from __future__ import annotations

from typing import Any

from tests.fix_people import Cast


class Addresses:
    """names: what stands for "{name}" in the data of a line, and in addresses."""

    def __init__(self, cast: Cast) -> None:
        self.names = _ids(cast)

    def of(self, name: str) -> str:
        from django.urls import get_resolver, reverse

        wanted = get_resolver().reverse_dict.getlist(name)[0][0][0][1]
        in_draft = {"code": "draft_code", "account_id": "draft_account_id"} if name.startswith("new_") else {}
        return reverse(name, kwargs={key: self.names[in_draft.get(key, key)] for key in wanted})


def _ids(cast: Cast) -> dict[str, Any]:
    return {
        "code": cast.moving.code,
        "account_id": cast.account.pk,
        "draft_code": cast.draft.code,
        "draft_account_id": cast.draft.accounts.get().pk,
        "parked_id": cast.parked,
        "number": 1,
        "verb": "stop",
        "form": "csv",
        "person_id": cast.people["removable"].pk,
        "mail_id": cast.mail.pk,
        "customer_id": cast.alpha.pk,
        "domain_id": cast.ids["other.example"],
        "system_id": cast.spare.pk,
        "token": "nonsense",
        "token_id": cast.token,
        "webhook_id": cast.webhook,
        "who": "nonsense",
        "pk": 1,
        "uidb36": "1",
        "key": "nonsense",
        "fate": "copied",
        "group": "failed-source-nonsense",
        "name": "errors",
    }
