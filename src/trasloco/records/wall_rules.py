"""What each table shows to whom, in PostgreSQL's own words: the rows of one customer, behind the filters of the pages.

Data only. ``GUARDED`` has a condition for each table with rows of customers, ``OPEN`` a reason for each that has none;
a table that is in neither fails a test. The conditions read two settings of the connection, ``trasloco.customer`` and
``trasloco.person``, both ids: "0" is nobody's, "" is a page before the sign-in, which has to find people by their address, writes
down who tried and may mail a link, but sees nothing of what is moved.

A table that hangs on another one is shown as far as the other one is: the inner SELECT passes that one's condition. Where
the other one is small for each customer (migrations, runs) its ids are gathered once for a statement (IN), where it is not they are
looked up row by row (EXISTS).
"""

from __future__ import annotations

from collections.abc import Mapping

CUSTOMER = "(SELECT nullif(current_setting('trasloco.customer', true), '')::bigint)"
PERSON = "(SELECT nullif(current_setting('trasloco.person', true), '')::bigint)"
SIGNING_IN = "(SELECT coalesce(current_setting('trasloco.customer', true), '') = '')"

_OWN = f"customer_id = {CUSTOMER}"
_OF_MIGRATION = "migration_id IN (SELECT m.id FROM trasloco_migration m)"
_OF_RUN = "run_id IN (SELECT r.id FROM trasloco_run r)"
_OF_ACCOUNT = "EXISTS (SELECT FROM trasloco_account a WHERE a.id = account_id)"
_OF_TRANSFER = "EXISTS (SELECT FROM trasloco_transfer t WHERE t.id = transfer_id)"
_OF_FOLDER = "EXISTS (SELECT FROM trasloco_ledger_folder f WHERE f.id = folder_id)"
_TO_SOMEBODY = "lower(recipient) IN (SELECT lower(p.email) FROM trasloco_person p)"
_OF_PERSON = "user_id IN (SELECT p.id FROM trasloco_person p)"

GUARDED: Mapping[str, str] = {
    "trasloco_migration": _OWN,
    "trasloco_domain": _OWN,
    "trasloco_customer_credentials": _OWN,
    "trasloco_customer": f"{SIGNING_IN} OR id = {CUSTOMER}",
    "trasloco_membership": f"{SIGNING_IN} OR {_OWN}",
    "trasloco_membership_domain": f"{SIGNING_IN} OR membership_id IN (SELECT s.id FROM trasloco_membership s)",  # noqa: S608 - constants, all of these
    "trasloco_person": f"{SIGNING_IN} OR id = {PERSON} OR id IN (SELECT s.person_id FROM trasloco_membership s)",  # noqa: S608
    "trasloco_api_token": f"{SIGNING_IN} OR person_id IN (SELECT p.id FROM trasloco_person p)",  # noqa: S608
    "trasloco_api_answer": "token_id IN (SELECT t.id FROM trasloco_api_token t)",
    "trasloco_webhook": _OWN,
    "trasloco_webhook_delivery": "webhook_id IN (SELECT w.id FROM trasloco_webhook w)",
    # What concerns no customer is shown to whom it is about: his own sign-ins, mails to an address of his customer's people.
    "trasloco_history_entry": f"{SIGNING_IN} OR {_OWN} OR (customer_id IS NULL AND person_id = {PERSON})",
    "trasloco_mail": f"{SIGNING_IN} OR {_OWN} OR (customer_id IS NULL AND migration_id IS NULL AND {_TO_SOMEBODY})",
    # Systems serve several customers: of each is seen what one's own domains and migrations lead to.
    "trasloco_destination_system": (
        "id IN (SELECT d.destination_system_id FROM trasloco_domain d) OR id IN (SELECT m.destination_system_id FROM trasloco_migration m)"
    ),
    "trasloco_account": _OF_MIGRATION,
    "trasloco_run": _OF_MIGRATION,
    "trasloco_mx_watch": _OF_MIGRATION,
    "trasloco_owner_sign_in": _OF_MIGRATION,
    "trasloco_server_search": _OF_MIGRATION,
    "trasloco_transfer": _OF_RUN,
    "trasloco_run_pace": _OF_RUN,
    "trasloco_login_check": _OF_ACCOUNT,
    "trasloco_verification": _OF_ACCOUNT,
    "trasloco_ledger_folder": _OF_ACCOUNT,
    "trasloco_ledger_relic": _OF_ACCOUNT,
    "trasloco_ledger_number": _OF_ACCOUNT,
    "trasloco_folder_tally": _OF_TRANSFER,
    "trasloco_log_entry": _OF_TRANSFER,
    "trasloco_ledger_message": _OF_FOLDER,
    "trasloco_ledger_intent": _OF_FOLDER,
    "trasloco_parked_message": _OF_FOLDER,
    "account_emailaddress": f"{SIGNING_IN} OR {_OF_PERSON}",
    "mfa_authenticator": f"{SIGNING_IN} OR {_OF_PERSON}",
    "usersessions_usersession": f"{SIGNING_IN} OR {_OF_PERSON}",
}

OPEN: Mapping[str, str] = {
    "trasloco_installation": "the operator's own settings; each page reads its limits",
    "trasloco_host_pace": "by server, of all customers together: how many connections a server bears",
    "trasloco_fetched_bytes": "by mailbox at its old server, whoever moves it: what its provider still gives today",
    "trasloco_cache": "counts of rate limits",
    "trasloco_worker_process": "machines and process ids of workers; only the operator's page asks for them",
    "account_emailconfirmation": "not used: people are made by an admin",
    "auth_group": "not used: rights follow from roles",
    "auth_group_permissions": "not used: rights follow from roles",
    "auth_permission": "not used: rights follow from roles",
    "django_content_type": "names of tables",
    "django_migrations": "names of changes of the schema",
    "django_session": "by a random key that only the browser has",
    "procrastinate_events": "ids of jobs",
    "procrastinate_jobs": "names of tasks and ids, never contents",
    "procrastinate_periodic_defers": "names of tasks",
    "procrastinate_workers": "ids of workers",
}
