"""The bench of the ledger alone, on a small scale: what it measures is written and removed, and its section stands apart."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from bench import ledger_partitions, ledger_ways
from bench.ledger_growth import LedgerPoint, measure_sizes
from bench.ledger_page import LedgerResults, write_ledger
from bench.ledger_partitions import PartitionPoint, measure_partitions
from bench.ledger_ways import Way, measure_ways
from bench.page import LEDGER_HEADING
from trasloco.project.database import Database

POINT = LedgerPoint(1000, 114_000, 49_000, 50_000.0, 40_000.0, 6.1, 6.2, 300_000.0, 12.0, 0.2, 0.4)


@pytest.fixture
def results() -> LedgerResults:
    ways = [Way(title, {batch: [3.0, 1.0, 2.0] for batch, _ in ledger_ways.BATCHES}) for title in ("INSERT", "COPY")]
    return LedgerResults("a machine", "today", "alone on it", [POINT], ways, [PartitionPoint(10, 5.0, 4.0, 3.0, 2.0, 1.0)])


def test_what_is_measured_is_in_the_ledger_and_gone_afterwards(clean_database: Database) -> None:
    said: list[str] = []
    points = measure_sizes(clean_database, [1500, 1000], said.append)
    assert [point.messages for point in points] == [1000, 1500]
    assert all(100 < point.table / point.messages < 250 and point.indexes > 0 for point in points)
    assert len(said) == 2
    with psycopg.connect(clean_database.conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM trasloco_ledger_message").fetchone() == (0,)


def test_each_way_writes_the_same_number_of_rows(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_ways, "BATCHES", ((1, 2), (20, 1)))
    ways = measure_ways(clean_database, lambda _: None)
    each = "SELECT count(*) FROM trasloco_ledger_message m JOIN trasloco_ledger_folder f ON f.id = m.folder_id GROUP BY f.source_name"
    with psycopg.connect(clean_database.conninfo) as connection:
        assert connection.execute(each).fetchall() == [(3 * 1 + 2 * 20,)] * len(ways)
        assert connection.execute("SELECT count(*) FROM trasloco_ledger_intent").fetchone() == (0,)


def test_a_question_that_says_its_migration_is_measured_beside_one_that_does_not(
    clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_partitions, "COUNTS", (2, 300))
    few, many = measure_partitions(clean_database, lambda _: None)
    assert (few.partitions, many.partitions) == (2, 300)
    assert many.careless > 3 * many.page


def test_the_section_is_written_behind_what_is_there_and_over_what_it_said_before(results: LedgerResults, tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Benchmarks\n\nall else\n\n{LEDGER_HEADING}\n\nold figures\n")
    results.save(tmp_path / "figures.json")
    write_ledger(LedgerResults.load(tmp_path / "figures.json"), tmp_path)
    text = page.read_text()
    assert text.startswith(f"# Benchmarks\n\nall else\n\n{LEDGER_HEADING}\n")
    assert "old figures" not in text
    assert "| 1,000 | 114 | 49 | 50,000 | 40,000 | 6.1 | 6.2 | 300,000 | 12 | 0.20 | 0.40 |" in text
    assert "| 10,000 | 2.0 | 2.0 |" in text
    assert "| 10 | 5.0 | 4.0 | 3.0 | 2.0 | 1.0 |" in text
