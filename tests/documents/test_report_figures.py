from __future__ import annotations

from tests.project.sample_report import run, sample_report
from trasloco.documents.report_figures import attention, now, reasons, used_fates, well


def test_the_latest_run_of_each_account_counts() -> None:
    figures = now(sample_report())
    assert figures["source"] == 992 + 3
    assert figures["source"] == sum(figures[fate] for fate in ("copied", "adopted", "moved", "skipped", "refused", "vanished"))


def test_a_run_that_failed_does_not_hide_what_is_there() -> None:
    report = sample_report()
    anna = report["accounts"][0]
    anna["messages"] = anna["runs"][-1]["messages"]
    before = now(report)
    anna["runs"].append(run(3, "failed", [], "could not sign in"))
    assert now(report) == before
    assert ("skipped", "Papierkorb", 'Trash is left out (named "Papierkorb")', 41) in reasons(anna)


def test_failed_and_refused_accounts_need_attention_and_no_others() -> None:
    found = attention(sample_report())
    assert [item.account for item in found] == ["bob → bob@example.net", "dora@old.example → dora@example.net"]
    assert found[0].words.startswith("2 refused")
    assert not well(sample_report())


def test_only_columns_with_something_in_them() -> None:
    assert used_fates([{"copied": 3, "skipped": 0}, {"refused": 1}]) == ["source", "copied", "refused"]


def test_reasons_are_counted() -> None:
    account = sample_report()["accounts"][0]
    assert reasons(account) == [
        ("skipped", "Papierkorb", 'Trash is left out (named "Papierkorb")', 41),
        ("skipped", "Rechnungen/Größe & Maß", "larger than 50 MiB", 2),
    ]
