"""A change that waits for a table lets others use it meanwhile, and is made in the end."""

from __future__ import annotations

import threading

import psycopg
import pytest

from trasloco.project.database import Database


def test_a_change_that_must_wait_holds_nobody_up_and_is_made_in_the_end(clean_database: Database) -> None:
    from django.db import connection

    from trasloco.project.patient_locks import with_patient_locks

    tries = 0

    def change() -> None:
        nonlocal tries
        tries += 1
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE patience ADD COLUMN more integer")

    with psycopg.connect(clean_database.conninfo, autocommit=True) as other, psycopg.connect(clean_database.conninfo) as backup:
        other.execute("CREATE TABLE patience (id integer)")
        try:
            backup.execute("SELECT * FROM patience")  # in a transaction that stays open, as that of pg_dump
            seen = threading.Event()

            def reader() -> None:
                while tries < 2:
                    with psycopg.connect(clean_database.conninfo, autocommit=True) as connected:
                        connected.execute("SELECT * FROM patience")
                seen.set()
                backup.commit()

            thread = threading.Thread(target=reader)
            thread.start()
            with_patient_locks(change, 0.2, 0.2)
            thread.join()
            assert seen.is_set()
            assert tries >= 2
            assert other.execute("SELECT more FROM patience").fetchall() == []
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == ("0",)
        finally:
            backup.rollback()
            other.execute("DROP TABLE patience")


def test_what_is_wrong_for_another_reason_is_raised(clean_database: Database) -> None:
    from django.db import ProgrammingError, connection

    from trasloco.project.patient_locks import with_patient_locks

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE no_such_table ADD COLUMN more integer")

    with pytest.raises(ProgrammingError):
        with_patient_locks(change)
