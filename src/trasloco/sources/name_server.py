"""What the DNS says about a domain's mail: its MX, and the SRV records of its IMAP servers.

An answer is a list, [] when the name or the record does not exist, None when nobody could be asked.
"""

from __future__ import annotations

from trasloco.engine.dns_questions import ask


async def mail_servers(domain: str) -> list[str] | None:
    """MX, in the order of their preference."""
    records = await ask(domain, "MX")
    if records is None:
        return None
    hosts = [record.exchange.to_text(omit_final_dot=True) for record in sorted(records, key=lambda record: record.preference)]
    return [host for host in hosts if host not in (".", "")]  # RFC 7505: this domain takes no mail


async def services(domain: str, service: str) -> list[tuple[str, int]] | None:
    """SRV of ``_imaps._tcp`` or ``_imap._tcp`` (RFC 6186): host and port, best first."""
    records = await ask(f"{service}.{domain}", "SRV")
    if records is None:
        return None
    best = sorted(records, key=lambda record: (record.priority, -record.weight))
    found = [(record.target.to_text(omit_final_dot=True), record.port) for record in best]
    return [(host, port) for host, port in found if host not in (".", "") and port]  # "." says: not offered here
