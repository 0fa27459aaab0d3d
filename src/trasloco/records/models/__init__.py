"""What is remembered, as tables. Rules live in ``actions`` (writes) and ``queries`` (reads), never here.

A migration is one CSV; an account one line of it; a run one pass over all accounts; a transfer one
account in one run. The ledger's tables are written by ``postgres_ledger`` with SQL of its own; their
models are here so that one tool owns the schema. Bodies, subjects and addresses inside mail are never stored.
"""

from __future__ import annotations

from trasloco.records.models.accounting import FolderTally, LogEntry, Verification
from trasloco.records.models.api import ApiAnswer, ApiToken
from trasloco.records.models.customer_credentials import CustomerCredentials
from trasloco.records.models.destination_system import DestinationSystem, SystemSecurity, SystemTrust
from trasloco.records.models.history import HistoryEntry
from trasloco.records.models.installation import Installation, MailSecurity
from trasloco.records.models.ledger import (
    FATE_CODES,
    FATES,
    LedgerFolder,
    LedgerIntent,
    LedgerMessage,
    LedgerNumber,
    LedgerRelic,
    ParkedMessage,
)
from trasloco.records.models.login_check import CheckState, LoginCheck
from trasloco.records.models.mail import Mail, MailKind, MailState
from trasloco.records.models.migration import Account, MailMigration, Run, Transfer
from trasloco.records.models.mx_watch import MxWatch
from trasloco.records.models.owner_sign_in import OwnerSignIn, SignInState
from trasloco.records.models.pacing import FetchedBytes, HostPace
from trasloco.records.models.people import Customer, Domain, Language, Membership, Person, Role
from trasloco.records.models.run_pace import RunPace
from trasloco.records.models.server_search import ServerSearch
from trasloco.records.models.states import BUSY, ENDED_RUN, UNFINISHED, UNFINISHED_RUN, DestinationLogin, RunState, SecondRun, TransferState
from trasloco.records.models.webhook import Webhook, WebhookDelivery
from trasloco.records.models.worker_process import WorkerProcess

__all__ = [
    "BUSY",
    "ENDED_RUN",
    "FATES",
    "FATE_CODES",
    "UNFINISHED",
    "UNFINISHED_RUN",
    "Account",
    "ApiAnswer",
    "ApiToken",
    "CheckState",
    "Customer",
    "CustomerCredentials",
    "DestinationLogin",
    "DestinationSystem",
    "Domain",
    "FetchedBytes",
    "FolderTally",
    "HistoryEntry",
    "HostPace",
    "Installation",
    "Language",
    "LedgerFolder",
    "LedgerIntent",
    "LedgerMessage",
    "LedgerNumber",
    "LedgerRelic",
    "LogEntry",
    "LoginCheck",
    "Mail",
    "MailKind",
    "MailMigration",
    "MailSecurity",
    "MailState",
    "Membership",
    "MxWatch",
    "OwnerSignIn",
    "ParkedMessage",
    "Person",
    "Role",
    "Run",
    "RunPace",
    "RunState",
    "SecondRun",
    "ServerSearch",
    "SignInState",
    "SystemSecurity",
    "SystemTrust",
    "Transfer",
    "TransferState",
    "Verification",
    "Webhook",
    "WebhookDelivery",
    "WorkerProcess",
]
