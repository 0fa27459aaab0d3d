"""Tokens run out in the middle of a run, and one is revoked: the runs complete, and who is shut out is told what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, last_run
from tests.fix_tokens import service_key
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.token_endpoint import TokenEndpoint
from trasloco.testing.wire_faults import Bye

Fresh = Callable[[], str]
EXPIRED = "Session invalidated - AccessTokenExpired"


@pytest.fixture
def tokens(endpoint: TokenEndpoint) -> Iterator[Dovecot]:
    """A source that asks the endpoint about every token."""
    with Dovecot(introspection=endpoint.introspection) as server:
        yield server


def credentials(directory: Path, endpoint: TokenEndpoint) -> str:
    """The file of --source-oauth, with the key of the service account beside it."""
    (directory / "key.json").write_text(service_key(endpoint), "utf-8")
    file = directory / "oauth.toml"
    file.write_text('kind = "google-service-account"\nkey_file = "key.json"\n', "utf-8")
    for path in (file, directory / "key.json"):
        path.chmod(0o600)
    return str(file)


def fill(server: Dovecot, user: str, count: int) -> None:
    with MailboxFiller(server.host, server.port, user, server.password) as filler:
        filler.fill(Letters(user), count)


@pytest.mark.slow
@pytest.mark.parametrize(("told", "logins"), [(30, None), (3600, 1)], ids=["told-to-run-out-soon", "run-out-before-their-time"])
def test_tokens_that_run_out_are_renewed_for_each_mailbox(
    trasloco: Trasloco, tokens: Dovecot, endpoint: TokenEndpoint, destination: Dovecot, fresh_user: Fresh, told: int, logins: int | None
) -> None:
    """The server hangs up on whose token has run out, again and again; with ``logins`` it takes no token twice."""
    endpoint.expires_in, endpoint.logins = told, logins
    count, users = 120, (fresh_user(), fresh_user())
    for user in users:
        fill(tokens, user, count)
    with CuttingProxy(tokens.host, tokens.port) as proxy:
        proxy.arm(*(Bye(EXPIRED, after=at) for at in (30_000, 60_000, 90_000, 120_000)))
        rows = [(user, f"{proxy.host}:{proxy.port}", user, "") for user in users]
        report = trasloco.migrate(rows, destination, "--source-oauth", credentials(trasloco.directory, endpoint))
        assert len(proxy.fired) == 4
    for number in range(2):
        run = last_run(report, number)
        assert (run["status"], run["error"]) == ("completed", None)
        assert set(fates(run)) == {"source", "copied"}
    # one each to begin with, and one whenever the server hung up (which two of its reasons may do together)
    assert sum(endpoint.given[user] for user in users) >= 4
    for user in users:
        old = Snapshot.read(tokens.host, tokens.port, user, tokens.password)
        new = Snapshot.read(destination.host, destination.port, f"{user}*{MASTER[0]}", MASTER[1])
        assert (old.total, old.digests()) == (count, new.digests())


def test_a_revoked_account_fails_with_what_to_do_and_the_others_complete(
    trasloco: Trasloco, tokens: Dovecot, endpoint: TokenEndpoint, destination: Dovecot, fresh_user: Fresh
) -> None:
    stays, goes = fresh_user(), fresh_user()
    for user in (stays, goes):
        fill(tokens, user, 10)
    rows = [(user, f"{tokens.host}:{tokens.port}", user, "") for user in (stays, goes)]
    words = ("--source-oauth", credentials(trasloco.directory, endpoint))
    trasloco.migrate(rows, destination, *words)
    fill(tokens, stays, 3)
    endpoint.revoked.add(goes)
    report = trasloco.migrate(rows, destination, *words, expect=1)
    well, failed = last_run(report, 0), last_run(report, 1)
    assert (well["status"], well["error"], fates(well)["copied"]) == ("completed", None, 3)
    assert failed["status"] == "failed"
    assert "Google says “invalid_grant: Account has been deleted”" in failed["error"]
    assert "Check that this user exists in the domain and is not suspended" in failed["error"]
    assert "PRIVATE KEY" not in json.dumps(report)


def test_check_and_copy_sign_in_by_token_too(
    trasloco: Trasloco, tokens: Dovecot, endpoint: TokenEndpoint, destination: Dovecot, fresh_user: Fresh
) -> None:
    by_token, by_password = fresh_user(), fresh_user()
    fill(tokens, by_token, 5)
    file = credentials(trasloco.directory, endpoint)
    where = f"{tokens.host}:{tokens.port}"
    table = trasloco.csv([(by_token, where, by_token, ""), (by_password, where, by_password, tokens.password)])
    plain = ("--tls", "off", "--allow-private-addresses")
    told = trasloco.run("check", str(table), "--source-oauth", file, *plain).stdout
    assert "Source: 2 of 2 logins work" in told
    assert (endpoint.given[by_token], endpoint.given[by_password]) == (1, 0)  # a line with a password signs in by it
    endpoint.revoked.add(by_token)
    told = trasloco.run("check", str(table), "--source-oauth", file, *plain, expect=1).stdout
    assert "invalid_grant" in told
    endpoint.revoked.clear()
    (trasloco.directory / "to").write_text(destination.password, "utf-8")
    copy = ["copy", "--from", f"imap://{by_token}@{where}", "--source-oauth", file]
    copy += ["--to", f"imap://{by_token}@{destination.host}:{destination.port}", "--to-password-file", str(trasloco.directory / "to")]
    trasloco.run(*copy, "--tls", "off")
    assert Snapshot.read(destination.host, destination.port, by_token, destination.password).total == 5


def test_without_credentials_an_empty_password_is_still_a_mistake(trasloco: Trasloco, tokens: Dovecot) -> None:
    table = trasloco.csv([("anna@new.example", f"{tokens.host}:{tokens.port}", "anna", "")])
    assert "The password is missing" in trasloco.run("check", str(table), expect=1).stdout
