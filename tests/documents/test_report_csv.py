from __future__ import annotations

import csv
import io

import pytest

from tests.project.sample_report import fates, folder, run, sample_report
from trasloco.documents.report_csv import COLUMNS, csv_report


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_one_line_for_each_folder_and_one_for_a_run_without_any() -> None:
    rows = read(csv_report(sample_report()))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["destination"], row["run"], row["folder_source"]) for row in rows][:2] == [
        ("anna@example.net", "1", "INBOX"),
        ("anna@example.net", "1", "Rechnungen/Größe & Maß"),
    ]
    assert [row["status"] for row in rows if row["destination"] == "dora@example.net"] == ["failed"]
    for row in rows:
        assert int(row["messages"]) == sum(int(row[fate]) for fate in fates() if fate != "source")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1+1", "\r=1"])
def test_no_folder_name_becomes_a_formula(name: str) -> None:
    report = {"migration": "m", "accounts": [{"source": "a", "destination": "b", "runs": [run(1, "completed", [folder(name, name)])]}]}
    text = csv_report(report).decode("utf-8-sig")
    (row,) = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
    assert row[COLUMNS.index("folder_source")] == "'" + name
    assert row[COLUMNS.index("folder_destination")] == "'" + name


def test_it_opens_in_a_spreadsheet_with_its_letters() -> None:
    data = csv_report(sample_report())
    assert data.startswith(b"\xef\xbb\xbfmigration;")
    assert "Größe".encode() in data


def test_single_messages_have_lines_that_do_not_change_the_sums() -> None:
    shown = folder("INBOX", "INBOX", copied=2, skipped=3)
    shown["exceptions"] = [
        {"uid": 7, "fate": "copied", "size": 70, "reason": "=repaired"},
        {"uid": 8, "fate": "skipped", "size": 80, "reason": "x"},
    ]
    shown["exceptions_left_out"] = 2
    report = {"migration": "m", "accounts": [{"source": "a", "destination": "b", "runs": [run(1, "completed", [shown])]}]}
    rows = read(csv_report(report))
    assert [(row["message_uid"], row["message_fate"], row["message_size"], row["message_reason"]) for row in rows] == [
        ("", "", "", ""),
        ("7", "repaired", "70", "'=repaired"),
        ("8", "skipped", "80", "x"),
        ("", "", "", "and 2 more messages, not listed here: trasloco proof lists them all"),
    ]
    assert sum(int(row["messages"]) for row in rows) == 5
