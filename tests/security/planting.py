"""Rows as strangers would have them written: markup in every text that a server, a file or a person may have given."""

from __future__ import annotations

from typing import Any

PROBE = "xss-probe"
PAYLOAD = f"'\"></title></script><img src=x onerror=window.hit=1><{PROBE}></{PROBE}>${{7*7}}{{{{7*7}}}}"
ADDRESS = "javascript:window.hit=1"

# What the program itself writes, and nobody else: words of a fixed set, keys, and what a page is found by.
OWN = {"code", "key_id", "identity", "fingerprint", "source_fingerprint", "time_zone", "language", "password", "email", "kind", "provider"}
OWN |= {"source_security", "source_trust", "source_speech", "source_type", "source_tls", "verification", "failure_side", "failure_scope"}
OWN |= {
    "failure_retry",
    "failure_code",
    "level",
    "action",
    "verb",
    "migration_code",
    "login_method",
    "type",
    "session_key",
    "found_by",
    "state",
}
OWN |= {"source_address", "separator", "security", "trust", "form", "smtp_security", "cache_key", "domains"}


def plant() -> int:
    """Into every text column there is; returns into how many."""
    from django.apps import apps
    from django.db.models import CharField, TextField

    from trasloco.records.wall_rules import GUARDED

    count = 0
    for model in apps.get_models():
        if model._meta.db_table not in GUARDED:
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, CharField | TextField) or field.name in OWN or field.choices or field.primary_key:
                continue
            manager: Any = model._default_manager
            text = ADDRESS if field.name == "url" else PAYLOAD
            for row in manager.values_list("pk", flat=True):  # unique ones stay unique
                whole = text if field.name == "url" else f"{row}{text}"
                manager.filter(pk=row).update(**{field.name: whole[: field.max_length or 400]})
            count += 1
    _plant_documents()
    return count


def _plant_documents() -> None:
    """Into what is kept as JSON, and into names of folders, which are bytes."""
    from trasloco.records.models import LedgerFolder, LoginCheck, ServerSearch, Verification

    said = {"ok": False, "code": "login-refused", "words": PAYLOAD, "server": PAYLOAD}
    LoginCheck.objects.update(source=said, destination=said, warnings=[PAYLOAD], state="failed")
    LedgerFolder.objects.update(source_name=PAYLOAD.encode(), destination_name=PAYLOAD.encode())
    ServerSearch.objects.update(tried=[[PAYLOAD, PAYLOAD]], asked=[[PAYLOAD, PAYLOAD]])
    Verification.objects.update(findings=[{"folder": PAYLOAD, "uid": 1, "verdict": "differs", "words": PAYLOAD}])


def more_rows(cast: Any) -> None:
    """What the cast has none of: a search for servers, a sign-in of an owner, a verification, counts of folders, a failed transfer."""
    from django.utils import timezone

    from trasloco.records.models import FolderTally, OwnerSignIn, ServerSearch, Transfer, Verification

    transfer = Transfer.objects.get(account=cast.account)
    Transfer.objects.filter(pk=transfer.pk).update(
        status="failed", failure_code="login-refused", failure_side="source", failure_scope="account"
    )
    FolderTally.objects.create(transfer=transfer, source="INBOX", destination="INBOX", note="n", refused=1)
    ServerSearch.objects.create(migration=cast.draft, domain="old.example", address="a@old.example", state="ok", port=993)
    OwnerSignIn.objects.create(migration=cast.moving, mailbox="anna@old.example", state="open")
    Verification.objects.create(account=cast.account, at=timezone.now(), asked=1, counts={"same": 1})
