"""Who gets what answer on which page: one line for each address of the panel, one letter for each of ``VIEWERS``.

o  it opens (200)
r  it was done, or leads elsewhere (302 within the panel)
c  asked to show once more that it is him (302 to the reauthentication)
s  sent to the sign-in (302)
-  there is nothing (404)
x  this is not asked for that way (405)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

VIEWERS = ("superuser", "admin", "team", "manager", "manager-elsewhere", "stranger", "nobody")


@dataclass(frozen=True)
class Line:
    """The answers to GET and to POST. data: what is posted; a value "{name}" stands for an id of the cast."""

    get: str
    post: str
    data: Mapping[str, str] = field(default_factory=lambda: {"anything": "1"})


EVERYBODY = "ooooooo"
OPERATOR = "o-----s"
OPERATOR_DOES = "r-----s"
OF_ALPHA = "oooo--s"  # the migration lies in the manager's domain: he is let in, the manager of the other domain is not
DONE_OF_ALPHA = "rrrr--s"
NEVER = "xxxxxxx"

SIGN_IN = {
    "account_login": Line("rrrrrro", "rrrrrro"),
    "account_logout": Line("oooooor", "rrrrrrr"),
    "account_inactive": Line(EVERYBODY, NEVER),
    "account_reauthenticate": Line("oooooos", "oooooos"),
    "account_change_password": Line("oooooos", "oooooos"),
    "account_reset_password": Line(EVERYBODY, EVERYBODY),
    "account_reset_password_done": Line(EVERYBODY, NEVER),
    "account_reset_password_from_key": Line(EVERYBODY, EVERYBODY),
    "account_reset_password_from_key_done": Line(EVERYBODY, NEVER),
    "set_language": Line("rrrrrrr", "rrrrrrr", {"language": "it"}),
    "account_signup": Line("-------", "-------"),
    "account_email": Line("-------", "-------"),
    "account_set_password": Line("-------", "-------"),
    "mfa_index": Line("oooooos", "xxxxxxs"),
    "mfa_authenticate": Line("rrrrrrs", "rrrrrrs"),
    "mfa_reauthenticate": Line("ccccccs", "ccccccs"),
    "mfa_activate_totp": Line("ccccccs", "ccccccs"),
    "mfa_deactivate_totp": Line("------s", "------s"),
    "mfa_view_recovery_codes": Line("------s", "xxxxxxs"),
    "mfa_generate_recovery_codes": Line("ccccccs", "ccccccs"),
    "mfa_download_recovery_codes": Line("------s", "------s"),
    "mfa_list_webauthn": Line("oooooos", "xxxxxxs"),
    "mfa_add_webauthn": Line("ccccccs", "ccccccs"),
    "mfa_reauthenticate_webauthn": Line("ccccccs", "ccccccs"),
    "mfa_remove_webauthn": Line("ccccccs", "ccccccs"),
    "mfa_edit_webauthn": Line("ccccccs", "ccccccs"),
    "mfa_login_webauthn": Line("rrrrrrs", "rrrrrrs"),
    "usersessions_list": Line("oooooos", "rrrrrrs"),
}

PEOPLE = {
    "home": Line("rrrrrrs", NEVER),
    "first_start": Line("-------", "-------"),
    "accept_invitation": Line("-------", "-------"),
    # Of the superuser it is asked first of which customer.
    "people": Line("oo---os", "or---rs", {"email": "new@example.net", "role": "team", "language": "en"}),
    "person": Line("oo----s", "rr----s", {"name": "Other", "role": "admin", "active": "on"}),
    "person_remove": Line(NEVER, "rr----s"),
    "person_invite": Line(NEVER, "rr----s"),
    "person_second_factor": Line(NEVER, "rr----s"),
    "profile": Line("oooooos", "rrrrrrs", {"name": "Other", "language": "it", "time_zone": "Europe/Rome"}),
    "tokens": Line("oooooos", NEVER),
    "token_new": Line("ccccccs", "ccccccs", {"name": "a program", "scopes": "read", "days": "30"}),
    "token_revoke": Line(NEVER, "r-----s"),  # one of the superuser
    "webhooks": Line("oo---os", "oo---os", {"url": "https://hooks.example.net/x"}),
    "webhook": Line("oo----s", NEVER),
    "webhook_test": Line(NEVER, "rr----s"),
    "webhook_remove": Line(NEVER, "rr----s"),
    "settings": Line("ro---os", "rr---rs", {"language": "it", "time_zone": "Europe/Rome"}),
    "history": Line("ooo--os", NEVER),
    "mails": Line("ooo--os", NEVER),
    "mail_again": Line(NEVER, "rrr---s"),
    "manual": Line("oooooos", NEVER),
    "manual_page": Line("oooooos", NEVER),
}

DESTINATION = {
    "name": "Other",
    "host": "imap.example.net",
    "port": "993",
    "security": "implicit",
    "trust": "verify",
    "form": "master",
    "user": "master",
    "password": "secret",
}
LIMITS = {"most_lines": "500", "most_unfinished": "10", "most_message_bytes": "50", "most_hours": "23", "keep_days": "30"}

OPERATION = {
    "setup": Line(OPERATOR, NEVER),
    "status": Line(OPERATOR, NEVER),
    "customers": Line(OPERATOR, OPERATOR_DOES, {"name": "Gamma", "language": "en", "time_zone": "UTC"}),
    "customer": Line(OPERATOR, OPERATOR_DOES, {"name": "Delta", "language": "en", "time_zone": "UTC"}),
    "customer_remove": Line(NEVER, OPERATOR_DOES),
    "customer_lock": Line(NEVER, OPERATOR_DOES, {"locked": "yes"}),
    "domain_add": Line(NEVER, OPERATOR_DOES, {"name": "new.example", "destination_system": "{system_id}"}),
    "domain_remove": Line(NEVER, OPERATOR_DOES),
    "destinations": Line(OPERATOR, NEVER),
    "destination_new": Line(OPERATOR, OPERATOR_DOES, DESTINATION),
    "destination": Line(OPERATOR, OPERATOR_DOES, DESTINATION),
    "destination_remove": Line(NEVER, OPERATOR_DOES),
    "destination_forget": Line(NEVER, OPERATOR_DOES),
    "destination_test": Line(OPERATOR_DOES, OPERATOR_DOES, {"address": "a@example.net"}),
    "installation": Line(OPERATOR, OPERATOR_DOES, {**LIMITS, "language": "en", "smtp_port": "587", "smtp_security": "starttls"}),
    "mail_test": Line(OPERATOR_DOES, OPERATOR_DOES),
}

WIZARD = {
    "new_migration": Line("oooooos", "rrrrrrs", {"source_type": "standard", "source_tls": "verify", "customer": "{customer_id}"}),
    "csv_templates": Line("oooooos", NEVER),
    "new_type": Line(OF_ALPHA, DONE_OF_ALPHA, {"source_type": "gmail", "source_tls": "verify"}),
    "new_csv": Line(OF_ALPHA, OF_ALPHA, {"text": "not a csv"}),
    "new_forget_oauth": Line(NEVER, DONE_OF_ALPHA),
    "new_check": Line(OF_ALPHA, NEVER),
    "new_check_table": Line(OF_ALPHA, NEVER),
    "new_check_again": Line(NEVER, DONE_OF_ALPHA),
    "new_leave_out": Line(NEVER, DONE_OF_ALPHA, {"account": "{draft_account_id}", "out": "yes"}),
    "new_find_servers": Line(NEVER, DONE_OF_ALPHA),
    "new_take_servers": Line(NEVER, DONE_OF_ALPHA, {"domain": "old.example"}),
    "new_correct": Line(OF_ALPHA, DONE_OF_ALPHA, {"server": "imap.example.org", "login": "other", "password": "other"}),
    "new_when": Line(OF_ALPHA, DONE_OF_ALPHA, {"start": "now", "time_zone": "UTC", "second": "360"}),
    "new_review": Line(OF_ALPHA, DONE_OF_ALPHA),
    "new_mail_servers": Line(OF_ALPHA, NEVER),
}

MIGRATIONS = {
    "migrations": Line("oooooos", NEVER),
    "migration": Line(OF_ALPHA, NEVER),
    "migration_mx": Line(OF_ALPHA, NEVER),
    "migration_completeness": Line(OF_ALPHA, NEVER),
    "migration_messages": Line(OF_ALPHA, NEVER),
    "migration_events": Line(OF_ALPHA, NEVER),
    "migration_figures": Line(OF_ALPHA, NEVER),
    "migration_progress": Line(OF_ALPHA, NEVER),
    "migration_again": Line(DONE_OF_ALPHA, DONE_OF_ALPHA),  # said in words: a run is under way
    # Nobody fails there: back to the migration, which says so.
    "failure_group": Line(DONE_OF_ALPHA, NEVER),
    "failure_try": Line(NEVER, DONE_OF_ALPHA),
    "failure_lines": Line(DONE_OF_ALPHA, NEVER),
    "failure_passwords": Line(DONE_OF_ALPHA, DONE_OF_ALPHA),
    "failure_leave_out": Line(DONE_OF_ALPHA, DONE_OF_ALPHA),
    "permissions": Line(DONE_OF_ALPHA, NEVER),  # its mailboxes are opened by password: back to the migration
    "permission_sign_in": Line(NEVER, DONE_OF_ALPHA, {"mailbox": "anna@old.example"}),
    "permission_answer": Line(NEVER, DONE_OF_ALPHA, {"mailbox": "anna@old.example", "address": "http://127.0.0.1/"}),
    "migration_report": Line(OF_ALPHA, NEVER),
    "migration_proof": Line(OF_ALPHA, NEVER),
    "run_date": Line(DONE_OF_ALPHA, DONE_OF_ALPHA),
    "migration_pace": Line(OF_ALPHA, OF_ALPHA),
    "migration_delete": Line(OF_ALPHA, DONE_OF_ALPHA),
    "migration_act": Line(NEVER, DONE_OF_ALPHA),
    "account": Line(OF_ALPHA, NEVER),
    "account_retry": Line(NEVER, DONE_OF_ALPHA),
    "account_certificate": Line(NEVER, DONE_OF_ALPHA),
    "account_take_in": Line(NEVER, DONE_OF_ALPHA),
    "account_report": Line(OF_ALPHA, NEVER),
    "account_proof": Line(OF_ALPHA, NEVER),
    "account_log": Line(OF_ALPHA, NEVER),
    "account_parked": Line(OF_ALPHA, NEVER),
}

ROOMS = {"sign-in": SIGN_IN, "people": PEOPLE, "operation": OPERATION, "wizard": WIZARD, "migrations": MIGRATIONS}
