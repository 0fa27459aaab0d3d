"""The source of a CSV line, before there is a record of it."""

from __future__ import annotations

from trasloco.engine.account import Side
from trasloco.engine.failure import SideName
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.master_user import MasterLogin, MasterUser
from trasloco.engine.token_source import TokenSource
from trasloco.imap.sasl import Credentials
from trasloco.plan.endpoints import source_endpoint
from trasloco.plan.table import Row
from trasloco.project.encryption import Encryption


def source_side(row: Row, encryption: Encryption, memory: MasterMemory, tokens: TokenSource | None) -> Side:
    """The source of a CSV line. memory: of this check, for the dialects of master users. tokens: for lines without a password."""
    endpoint = source_endpoint(row.host, row.port, tls=encryption.tls, starttls=encryption.starttls, speech=row.speech)
    if not row.master:
        if tokens is not None and not row.password:
            return Side.by_token(SideName.SOURCE, endpoint, row.login, tokens)
        return Side(SideName.SOURCE, endpoint, Credentials(row.login, row.password))
    return Side.by_master(SideName.SOURCE, endpoint, MasterLogin(MasterUser(row.master, row.password), row.login, memory))
