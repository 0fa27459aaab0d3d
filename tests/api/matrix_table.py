"""Who gets what answer from which operation of the API: one line for each, one letter for each of ``VIEWERS``.

o  it is answered or done (200, 201, 204)
n  not possible in this state (409), or what was given is not accepted (422): the right is there
-  there is nothing (404)
t  no token (401)
s  the token's scope does not reach (403)

The last three are tokens of the superuser with one scope only: read, write, admin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VIEWERS = ("superuser", "admin", "team", "manager", "manager-elsewhere", "stranger", "nobody", "read", "write", "admin-scope")


@dataclass(frozen=True)
class Line:
    """method and path below ``/api/v1/``, with ids of the cast in braces; the answers; the body."""

    operation: str
    answers: str
    body: Mapping[str, Any] | None = None


LOOK, LOOK_OF_ALPHA = "oooooot" + "oss", "oooo--t" + "oss"
DONE_OF_ALPHA, NOT_NOW_OF_ALPHA = "oooo--t" + "sos", "nnnn--t" + "sns"
OPERATES, OPERATES_NOT_NOW = "o-----t" + "sso", "n-----t" + "ssn"
LOOKS_AFTER, LOOKS_AFTER_NOT_NOW = "oo----t" + "sso", "nn----t" + "ssn"

_DRAFT = "migrations/{draft_code}"
_MOVING = "migrations/{code}"
_ACCOUNT = "migrations/{code}/accounts/{account_id}"
_DRAFT_ACCOUNT = "migrations/{draft_code}/accounts/{draft_account_id}"

LINES = {
    "get_me": Line("GET me", LOOK),
    "list_tokens": Line("GET tokens", LOOK),
    "delete_token": Line("DELETE tokens/{token_id}", "o-----tsos"),
    "list_migrations": Line("GET migrations", LOOK),
    "create_migration": Line("POST migrations", "nooooot" + "sns", {"source_type": "standard"}),
    "get_migration": Line(f"GET {_MOVING}", LOOK_OF_ALPHA),
    "change_migration": Line(f"PATCH {_DRAFT}", DONE_OF_ALPHA, {"source_tls": "pin"}),
    "delete_migration": Line(f"DELETE {_DRAFT}", DONE_OF_ALPHA),
    "schedule_migration": Line(f"PUT {_DRAFT}/schedule", DONE_OF_ALPHA, {"second_run_hours": 5}),
    "get_check": Line(f"GET {_DRAFT}/check", LOOK_OF_ALPHA),
    "start_check": Line(f"POST {_DRAFT}/check", DONE_OF_ALPHA, {}),
    "leave_failed": Line(f"POST {_DRAFT}/leave-out-failed", DONE_OF_ALPHA),
    "get_servers": Line(f"GET {_DRAFT}/servers", LOOK_OF_ALPHA),
    "start_search": Line(f"POST {_DRAFT}/servers/find", DONE_OF_ALPHA),
    "take_found_servers": Line(f"POST {_DRAFT}/servers/take", DONE_OF_ALPHA, {}),
    "plan_draft": Line(f"POST {_DRAFT}/plan", DONE_OF_ALPHA),
    "start_run": Line(f"POST {_MOVING}/start", NOT_NOW_OF_ALPHA),  # the first run is under way
    "stop_run": Line(f"POST {_MOVING}/stop", DONE_OF_ALPHA),
    "resume_run": Line(f"POST {_MOVING}/resume", NOT_NOW_OF_ALPHA),
    "retry_run": Line(f"POST {_MOVING}/retry", NOT_NOW_OF_ALPHA),
    "run_again": Line(f"POST {_MOVING}/again", NOT_NOW_OF_ALPHA, {"csv": "m1@alpha.example;imap.example.org;u1;secret"}),
    "reschedule_run": Line(f"PUT {_MOVING}/runs/1", NOT_NOW_OF_ALPHA, {"due_at": "2999-01-01T00:00:00Z"}),
    "get_pace": Line(f"GET {_MOVING}/pace", LOOK_OF_ALPHA),
    "change_pace": Line(f"PUT {_MOVING}/pace", DONE_OF_ALPHA, {"window_start": "22:00", "window_end": "06:00"}),
    "list_accounts": Line(f"GET {_MOVING}/accounts", LOOK_OF_ALPHA),
    "get_account": Line(f"GET {_ACCOUNT}", LOOK_OF_ALPHA),
    "change_account": Line(f"PATCH {_DRAFT_ACCOUNT}", DONE_OF_ALPHA, {"password": "another"}),
    "leave_account_out": Line(f"POST {_DRAFT_ACCOUNT}/leave-out", DONE_OF_ALPHA),
    "take_account_in": Line(f"POST {_DRAFT_ACCOUNT}/take-in", DONE_OF_ALPHA),
    "correct_passwords": Line(f"POST {_MOVING}/passwords", NOT_NOW_OF_ALPHA, {"side": "source", "lines": "a;b;c;d"}),
    "retry_account": Line(f"POST {_ACCOUNT}/retry", NOT_NOW_OF_ALPHA),
    "list_log": Line(f"GET {_ACCOUNT}/runs/1/log", LOOK_OF_ALPHA),
    "list_folders": Line(f"GET {_ACCOUNT}/runs/1/folders", LOOK_OF_ALPHA),
    "list_exceptions": Line(f"GET {_ACCOUNT}/exceptions", LOOK_OF_ALPHA),
    "get_parked": Line(f"GET {_ACCOUNT}/parked/{{parked_id}}", LOOK_OF_ALPHA),
    "get_report": Line(f"GET {_MOVING}/report", LOOK_OF_ALPHA),
    "get_proof": Line(f"GET {_MOVING}/proof", LOOK_OF_ALPHA),
    "get_account_report": Line(f"GET {_ACCOUNT}/report", LOOK_OF_ALPHA),
    "get_account_proof": Line(f"GET {_ACCOUNT}/proof", LOOK_OF_ALPHA),
    "get_events": Line(f"GET {_MOVING}/events", LOOK_OF_ALPHA),
    "get_figures": Line(f"GET {_MOVING}/figures", LOOK_OF_ALPHA),
    "get_progress": Line(f"GET {_MOVING}/progress", LOOK_OF_ALPHA),
    # Its mailboxes are opened by password: there is nothing to sign in to.
    "get_permissions": Line(f"GET {_MOVING}/permissions", LOOK_OF_ALPHA),
    "begin_owner_sign_in": Line(f"POST {_MOVING}/permissions/sign-in", NOT_NOW_OF_ALPHA, {"mailbox": "u1"}),
    "give_sign_in_answer": Line(f"POST {_MOVING}/permissions/answer", NOT_NOW_OF_ALPHA, {"mailbox": "u1", "address": "http://127.0.0.1/"}),
    "list_people": Line("GET people", "oo---ot" + "sso"),
    "invite_person": Line("POST people", "no---ot" + "ssn", {"email": "new@example.net"}),
    "get_person": Line("GET people/{person_id}", LOOKS_AFTER),
    "put_person": Line("PUT people/{person_id}", LOOKS_AFTER, {"role": "team"}),
    "delete_person": Line("DELETE people/{person_id}", LOOKS_AFTER),
    "invite_again": Line("POST people/{person_id}/invite-again", LOOKS_AFTER_NOT_NOW),
    "delete_second_factor": Line("DELETE people/{person_id}/second-factor", LOOKS_AFTER),
    "list_domains": Line("GET domains", LOOK),
    "list_customers": Line("GET customers", OPERATES),
    "create_customer": Line("POST customers", OPERATES, {"name": "Gamma"}),
    "get_customer": Line("GET customers/{customer_id}", OPERATES),
    "put_customer": Line("PUT customers/{customer_id}", OPERATES, {"name": "Delta"}),
    "put_lock": Line("PUT customers/{customer_id}/lock", OPERATES, {"locked": True}),
    "delete_customer": Line("DELETE customers/{customer_id}", OPERATES_NOT_NOW),
    "create_domain": Line("POST customers/{customer_id}/domains", OPERATES, {"name": "new.example", "destination": "{system_id}"}),
    "delete_domain": Line("DELETE domains/{domain_id}", OPERATES),
    "list_destinations": Line("GET destinations", OPERATES),
    "get_destination": Line("GET destinations/{system_id}", OPERATES),
    "start_system_test": Line("POST destinations/{system_id}/test", OPERATES, {"address": "a@example.net"}),
    "list_webhooks": Line("GET webhooks", "oo---ot" + "sso"),
    "create_webhook": Line("POST webhooks", "oo---ot" + "sso", {"url": "https://hooks.example.net/x", "secret": "x" * 24}),
    "delete_webhook": Line("DELETE webhooks/{webhook_id}", LOOKS_AFTER),
    "start_webhook_test": Line("POST webhooks/{webhook_id}/test", LOOKS_AFTER),
    "list_deliveries": Line("GET webhooks/{webhook_id}/deliveries", LOOKS_AFTER),
    "list_history": Line("GET history", "ooo--ot" + "sso"),
    "list_mails": Line("GET mails", "ooo--ot" + "sso"),
    "repeat_mail": Line("POST mails/{mail_id}/again", "ooo---t" + "sso"),
}
