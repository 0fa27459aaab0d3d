"""``trasloco migrate --server``: a CSV becomes a planned migration of another Trasloco, which is then watched."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from trasloco.client.answers import Refusal
from trasloco.client.api_client import ApiClient
from trasloco.documents.plain import plain
from trasloco.documents.units import count_words, size_words
from trasloco.engine.account import GMAIL_CHOICES
from trasloco.plan.problems import Problem
from trasloco.project.accounts_file import show_problems
from trasloco.project.elsewhere.asking import asked, place
from trasloco.project.elsewhere.following import ENDED, watch_there
from trasloco.project.elsewhere.migrate_options import FOR_BOTH, NAMES
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.local_zone import local_zone
from trasloco.project.password_files import one_reads_standard_input, read_secret_text
from trasloco.project.report_file import refuse_unwritable, write_file
from trasloco.project.screen import say, table
from trasloco.project.server_options import refuse_local

_LOOK_SECONDS = 1.0
_UTC = ("Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu", "Etc/GMT", "GMT")


def migrate_there(accounts: str, values: Mapping[str, Any]) -> int:
    """values: click's parameters by name. The exit status. The same command goes on where it was, for 24 hours."""
    refuse_local((*FOR_BOTH, *NAMES))
    one_reads_standard_input(accounts, values["token_file"], values["source_oauth"], values["destination_passwords"])
    refuse_unwritable(values["report"])
    given = _given(accounts, values)
    with asked(values) as client:
        if values["again"]:
            return _once_more(client, given, values)
        migration = _begun(client, given)
        code = migration["code"]
        say(f"Migration {code}: {count_words(migration['accounts'], 'account')} to {plain(migration['destination'] or '?')}.")
        try:
            if migration["stage"] == "draft":
                _check(client, code, leave_out=values["leave_out_failed"])
                client.put(place(code, "schedule"), _schedule(values))
                client.post(place(code, "plan"))
                say("Planned. From now on it goes by itself.")
            elif migration["stage"] in ENDED:
                say(f"All its runs have ended. For one more: the same command with --again {code}.")
        except KeyboardInterrupt:
            say(f"Stopped before it was planned. The draft {code} is kept there; the same command goes on with it.")
            return ExitCode.INTERRUPTED
        return _watch(client, code, values, int(values["runs"]))


def _watch(client: ApiClient, code: str, values: Mapping[str, Any], last: int) -> int:
    """Unless it is left alone. The exit status."""
    if values["detach"]:
        say(f"To watch it: trasloco follow {code} --server {values['server']}")
        return ExitCode.OK
    status = watch_there(client, code, values["server"], last)
    if values["report"] and status != ExitCode.INTERRUPTED:
        write_file(values["report"], client.content(place(code, "report")))
        say(f"The report is in {values['report']}.")
    return status


def _once_more(client: ApiClient, given: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """One more run of a migration whose runs have ended."""
    taken = {name: given[name] for name in ("csv", "mailbox_passwords", "oauth") if name in given}
    migration = client.post(place(values["again"], "again"), taken)
    say(f"Migration {migration['code']}: one more run has begun.")
    return _watch(client, migration["code"], values, 0)


def _given(accounts: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the migration is made of. The CSV is read there, so that nothing is taken here and refused there."""
    unknown = [name for name in values["included"] if name not in GMAIL_CHOICES]
    if unknown:
        raise Halt(f"--include {unknown[0]} is set there, in the panel.", ExitCode.USAGE)
    given: dict[str, Any] = {"source_type": values["source_type"], "csv": read_secret_text(accounts, "ACCOUNTS.csv")}
    given["source_tls"] = values["source_tls"] or "verify"
    given["gmail"] = list(values["included"])
    for name, field in (("destination_passwords", "mailbox_passwords"), ("source_oauth", "oauth")):
        if values[name]:
            given[field] = read_secret_text(values[name], f"--{name.replace('_', '-')}")
    if values["customer"]:
        given["customer"] = values["customer"]
    return given


def _begun(client: ApiClient, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The draft of these accounts, or the migration that the same command has made of it before."""
    key = client.lasting_key("migrate", json.dumps(given, sort_keys=True))
    made = client.post("/migrations", given, key=key)
    try:
        found: Mapping[str, Any] = client.get(place(made["code"]))
    except Refusal as error:
        if error.status != 404:
            raise
        made = client.post("/migrations", given)  # that of before has been deleted
        found = client.get(place(made["code"]))
    if found["stage"] == "draft":
        warnings = [Problem(item["line"], item["column"], item["code"], item["words"], item["remedy"]) for item in made["warnings"]]
        show_problems("To think about", warnings)
    return found


def _check(client: ApiClient, code: str, *, leave_out: bool) -> None:
    """Wait until every login was tried. Raises ``Halt`` where some do not work and are not left out."""
    sums = client.get(place(code, "check"))
    if not sums["checking"] and not sums["ready"]:
        sums = client.post(place(code, "check"), {"failed": True})  # what failed before may work now
    say("The logins are tried, on both sides.")
    while sums["checking"]:
        time.sleep(_LOOK_SECONDS)
        sums = client.get(place(code, "check"))
    if not sums["ready"]:
        _show_failed(client, code)
        if not leave_out:
            words = (
                f"Nothing was begun. Correct what is named: trasloco correct {code} CORRECTED.csv, or the page of the draft. "
                "Then run the same command again. With --leave-out-failed it goes on without these accounts."
            )
            raise Halt(words, ExitCode.SOMETHING_FAILED)
        count = client.post(f"{place(code)}/leave-out-failed")["left_out"]
        say(f"{count_words(count, 'account')} left out.")
    say(
        f"Source: {count_words(sums['folders'], 'folder')}, {count_words(sums['messages'], 'message')}, {size_words(sums['bytes'])}."
        if sums["messages"]
        else "The logins work."
    )


def _show_failed(client: ApiClient, code: str) -> None:
    rows = [
        [str(account["line"]), account["destination"], trouble["side"], f"{trouble['words']} {trouble['remedy']}"]
        for account in client.pages(place(code, "accounts"))
        if account["check"] and not account["left_out"]
        for trouble in account["check"]["troubles"]
    ]
    table("Logins that do not work", ["Line", "Account", "Side", "What happened, and what to do"], rows, numbers=["Line"])
    servers = client.get(place(code, "servers"))
    if servers["missing"]:
        say(f"{count_words(servers['missing'], 'account')} without a server: write it into the CSV, or let it be found in the panel.")


def _named(zone: str) -> str:
    """As the panel lists it: machines without a place of their own are at Etc/UTC."""
    return "UTC" if zone in _UTC else zone


def _schedule(values: Mapping[str, Any]) -> dict[str, Any]:
    window, at, sample = values["window"], values["first_run_at"], values["verify"]
    here = local_zone()
    return {
        "first_run_at": at.replace(tzinfo=here).isoformat() if at else None,
        "second_run_hours": values["second_run_hours"] or None,
        "time_zone": values["time_zone"] or _named(here.key),
        "window_start": window.start.strftime("%H:%M") if window else None,
        "window_end": window.end.strftime("%H:%M") if window else None,
        "recipients": list(values["recipients"]),
        "verification": "" if sample is None else "sample" if sample else "all",
    }
