"""What a verification found, for people: a line per account, then what needs a person, one by one."""

from __future__ import annotations

from collections.abc import Sequence

from trasloco.documents.units import count_words, size_words
from trasloco.engine.comparison import Finding, Verdict
from trasloco.project.screen import say, table
from trasloco.project.verifying import Verified

_COLUMNS = {
    "Identical": (Verdict.IDENTICAL, Verdict.EQUAL, Verdict.REPAIRED),
    "Line ends": (Verdict.LINE_ENDS,),
    "Headers": (Verdict.HEADERS,),
    "Only there": (Verdict.PRESENT,),
    "Missing": (Verdict.MISSING,),
    "Different": (Verdict.DIFFERENT,),
    "Unknown": (Verdict.UNKNOWN,),
}
_ALWAYS = ("Identical", "Missing", "Different")
_MOST_FINDINGS = 50


def show_verification(results: Sequence[Verified]) -> None:
    """Print the table, the findings, how each kind was compared, and the sum."""
    columns = [name for name in _COLUMNS if name in _ALWAYS or any(_count(item, name) for item in results)]
    rows = [
        [item.account.destination_address, f"{item.found.asked:,}", *(f"{_count(item, name):,}" for name in columns)] for item in results
    ]
    styles = ["" if item.found.well else "red" for item in results]
    table("", ["Account", "Messages", *columns], rows, numbers=["Messages", *columns], styles=styles)
    say()
    _show_findings(results)
    failures = [[item.account.destination_address, item.found.failure.words] for item in results if item.found.failure is not None]
    failures += [[item.account.destination_address, words] for item in results for words in item.found.notes]
    if failures:
        table("To know", ["Account", "What happened, and what to do"], failures)
        say()
    _explain(columns, well=all(item.found.well for item in results))
    say(_sum(results), style="bold")


def _count(item: Verified, column: str) -> int:
    return sum(item.found.counts.get(verdict, 0) for verdict in _COLUMNS[column])


def _show_findings(results: Sequence[Verified]) -> None:
    bad = [(item, finding) for item in results for finding in item.found.findings if finding.verdict.bad]
    if not bad:
        return
    rows = [_row(item, finding) for item, finding in bad[:_MOST_FINDINGS]]
    table("What needs attention", ["Account", "Found", "Source folder", "UID", "On the destination", "What happened"], rows)
    total = sum(count for item in results for verdict, count in item.found.counts.items() if verdict.bad)
    if total > len(rows):
        say(f"and {count_words(total - len(rows), 'more message')}; the JSON report lists the first of each account.")
    say()


def _row(item: Verified, finding: Finding) -> list[str]:
    where = [finding.source_folder, str(finding.source_uid), _place(finding)]
    return [item.account.destination_address, finding.verdict.value, *where, _why(finding)]


def _place(finding: Finding) -> str:
    uid = "" if finding.destination_uid is None else f" UID {finding.destination_uid}"
    return f"{finding.destination_folder}{uid}"


def _why(finding: Finding) -> str:
    if finding.verdict is not Verdict.DIFFERENT:
        return finding.words
    return f"{finding.words}: SHA-256 {finding.expected or 'not known'} was sent, {finding.found} is there"


def _explain(columns: Sequence[str], *, well: bool) -> None:
    """How each kind was compared."""
    say("Identical: the SHA-256 of what the destination has is that of the bytes sent; for adopted and repaired mail both sides were read.")
    words = {
        "Line ends": "Line ends: the same but for line ends, which the destination's server rewrites.",
        "Headers": "Headers: adopted mail with the same body; a delivery or another tool left other header fields.",
        "Only there": "Only there: the message is there under its UID; there was nothing to compare it with.",
        "Missing": "Missing: the server had confirmed it; deleted or moved there since, by its user or a rule of his.",
        "Unknown": "Unknown: where it is on the destination is not known; a further run matches renumbered folders again.",
    }
    for name in columns:
        if name in words and not (name == "Missing" and well):
            say(words[name])
    say()


def _sum(results: Sequence[Verified]) -> str:
    asked = sum(item.found.asked for item in results)
    verified = sum(item.found.verified for item in results)
    size = sum(item.found.size for item in results)
    unwell = sum(not item.found.well for item in results)
    verb = "needs" if unwell == 1 else "need"
    ending = f" {count_words(unwell, 'account')} {verb} attention." if unwell else ""
    figures = f"{verified:,} of {count_words(asked, 'message')} in {count_words(len(results), 'account')}"
    return f"Verified {figures}, {size_words(size)} read.{ending}"
