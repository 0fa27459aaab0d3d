"""UIDs for messages that their source tells apart by name only: the statement behind ``Ledger.numbers``.

One statement, fenced as all writes of a ledger are; it waits for the disk, as rows of messages will mean these numbers.
"""

from __future__ import annotations

from typing import LiteralString

NUMBERS: LiteralString = """
WITH fence AS MATERIALIZED (
    SELECT id FROM trasloco_transfer
    WHERE id = %(transfer)s AND fence = %(fence)s AND status = 'running'
    FOR SHARE
), given AS (
    SELECT name, place FROM unnest(%(names)s::bytea[]) WITH ORDINALITY AS g (name, place)
), fresh AS (
    SELECT name, (SELECT coalesce(max(number), 0) FROM trasloco_ledger_number WHERE account_id = %(account)s)
        + row_number() OVER (ORDER BY place) AS number
    FROM given, fence
    WHERE NOT EXISTS (SELECT FROM trasloco_ledger_number n WHERE n.account_id = %(account)s AND n.name = given.name)
), added AS (
    INSERT INTO trasloco_ledger_number (account_id, name, number) SELECT %(account)s, name, number FROM fresh
)
SELECT (SELECT count(*) FROM fence), coalesce(known.number, fresh.number)
FROM given LEFT JOIN trasloco_ledger_number known ON known.account_id = %(account)s AND known.name = given.name
    LEFT JOIN fresh ON fresh.name = given.name
ORDER BY place"""
