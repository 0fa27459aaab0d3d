"""The address that a mailbox had on the old server, as far as a line of the CSV tells it: its domain leads to that server."""

from __future__ import annotations


def old_address(login: str, destination: str) -> str:
    """The login where it is an address itself (``local@domain.top``), else the destination: most mailboxes keep their domain."""
    local, _, domain = login.strip().rpartition("@")
    honest = local and "." in domain.strip(".") and not any(char.isspace() or char in "\\/:;<>*" for char in domain)
    return login.strip() if honest else destination
