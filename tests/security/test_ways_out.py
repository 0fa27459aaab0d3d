"""The source opens connections in the places that are known for it, and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "trasloco"

WAYS = {
    "engine/admission.py": "looks names up, and asks the policy",
    "engine/dns_questions.py": "asks the name server",
    "engine/own_ports.py": "looks up where our own database is; binds, and connects to nobody",
    "imap/transport.py": "IMAP and POP3: to the address in the endpoint",
    "imap/connection.py": "what is connected already",
    "pop3/connection.py": "what imap.transport has connected",
    "sources/web_page.py": "https: to the address that was admitted",
    "sources/guarded_session.py": "the same, for libraries that want a session",
    "sources/google_tokens.py": "gives google-auth a guarded session",
    "sources/google_consent.py": "posts by a guarded session",
    "sources/authorities.py": "asks the name server of this machine who answers for a domain",
    "sources/mx_look.py": "asks those name servers, at addresses that the policy lets pass",
    "jobs/smtp_backend.py": "mails, by the server that the operator named",
    "sources/microsoft_tokens.py": "gives msal a guarded session; knows what requests raises",
    "jobs/mail_delivery.py": "knows what smtplib raises",
    "jobs/mx.py": "asks the name server",
    "client/api_client.py": "a person's command, to the server that he names: no list of accounts and no stranger's DNS leads there",
    "client/reading.py": "what client.api_client has asked for",
    "project/listening.py": "listens",
    "project/health_listener.py": "answers probes on a socket that listens already",
    "project/metrics_listener.py": "answers Prometheus on a socket that listens already",
    "project/metrics_sharing.py": "listens for Prometheus; hands the socket on",
    "project/panel_metrics.py": "takes over a listening socket",
    "project/commands/worker.py": "takes over a listening socket",
    "jobs/registration.py": "asks for the name of this machine",
    "project/readiness.py": "asks for the name of this machine",
    "project/commands/panel.py": "takes over a listening socket",
    "project/database.py": "our own database",
    "records/connection_pool.py": "our own database",
}
"""What may connect, look up or listen, and why that is right; the demo and the doubles speak to loopback."""

MODULES = frozenset(
    {"socket", "requests", "urllib3", "httpx", "aiohttp", "smtplib", "ftplib", "telnetlib", "poplib", "imaplib", "websockets"}
)
CALLS = frozenset(
    {"create_connection", "open_connection", "getaddrinfo", "gethostbyname", "urlopen", "sock_connect", "create_datagram_endpoint"}
)
PARTS = frozenset({"urllib.request", "http.client", "xmlrpc.client", "dns.resolver", "dns.asyncresolver", "dns.query", "dns.asyncquery"})


def ways_out(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in PARTS or name.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module in PARTS or node.module.partition(".")[0] in MODULES:
                yield node.module
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            yield node.attr


def test_who_opens_connections_is_known() -> None:
    found = {
        str(path.relative_to(ROOT)): sorted(set(ways_out(path)))
        for path in ROOT.rglob("*.py")
        if not {"testing", "demo"} & set(path.relative_to(ROOT).parts)
    }
    unknown = {name: ways for name, ways in found.items() if ways and name not in WAYS}
    assert not unknown, f"a new way out: it has to go through engine.admission, or to be known here: {unknown}"


OWN_SESSION = ("client/api_client.py", "Session")
"""On a person's own machine, whose proxy is right for what he asks for; it follows no redirection (tests/client/test_api_client.py)."""


def test_no_redirecting_or_proxied_session_is_made() -> None:
    """``requests.get`` and sessions of their own follow redirections, and use the proxies of the environment."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                if (str(path.relative_to(ROOT)), node.func.attr) == OWN_SESSION:
                    continue
                assert node.func.value.id != "requests", f"{path}: requests.{node.func.attr}"
