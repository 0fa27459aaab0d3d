"""The hot statements of ``PostgresLedger``, each with the reason for its shape.

Every write is one statement, so one round trip and one commit; verbs that many folders ask for side by side take
all of them in one (``gathered``). It begins with ``fence``: the transfer's
row, locked FOR SHARE against whoever takes the transfer over, and only if it is still ours; all the rest
reads from it, so a worker that lost its transfer writes nothing. The count of ``fence`` comes back.
Under READ COMMITTED a statement that waited for that row looks at its newest version again.

``trasloco_ledger_message`` stands for the partition that has the account's rows: ``PostgresLedger`` puts its name there.
"""

# ruff: noqa: S608 - the statements are put together from constants of this module only

from __future__ import annotations

from typing import LiteralString

_FENCE: LiteralString = """
WITH fence AS MATERIALIZED (
    SELECT id FROM trasloco_transfer
    WHERE id = %(transfer)s AND fence = %(fence)s AND status = 'running'
    FOR SHARE
)"""

# Of what is written behind an intent the end may be lost with the database's machine: the intent is still there, and
# the next attempt finds out the same again. So only the intent waits for the disk (which takes what came before along),
# and what nobody could find out again: what moved, what was forgotten, what was parked.
_UNHURRIED: LiteralString = "set_config('synchronous_commit', 'off', true)"

_FOLDER: LiteralString = """id, source_name, destination_name, renamed, source_uidvalidity, destination_uidvalidity,
    source_uidnext, source_messages, source_modseq, run, tally, source_id, destination_id,
    destination_uidnext, departed"""

# Rows come as arrays, one for each column: one plan whatever their number, and no temporary table. unnest() fills short
# arrays up with NULL: a column that is the same in all rows comes as an empty array, and as one value.
_ARRAYS: LiteralString = """%(uids)s::bigint[], %(destination_uids)s::bigint[], %(sizes)s::bigint[], %(fates)s::smallint[],
    %(runs)s::smallint[], %(digests)s::bytea[], %(flags)s::text[], %(reasons)s::text[], %(listed)s::bigint[],
    %(identities)s::bigint[]"""
_NAMES: LiteralString = "source_uid, destination_uid, size, fate, run, digest, flags, reason, listed, identity"
_ROWS: LiteralString = f"unnest({_ARRAYS}) AS r ({_NAMES})"
_VALUES: LiteralString = """r.source_uid, r.destination_uid, r.size, coalesce(r.fate, %(fate)s::smallint),
    coalesce(r.run, %(run)s::smallint), r.digest, coalesce(r.flags, ''), coalesce(r.reason, ''), r.listed, r.identity"""

_COLUMNS: LiteralString = f"folder_id, {_NAMES}"

_REPLACE: LiteralString = """ON CONFLICT (folder_id, source_uid) DO UPDATE SET
    destination_uid = excluded.destination_uid, size = excluded.size, fate = excluded.fate, run = excluded.run,
    digest = excluded.digest, flags = excluded.flags, reason = excluded.reason, listed = excluded.listed,
    identity = excluded.identity"""

# Where the account's rows are, as ``ledger_place`` has decided it. Asked once for a transfer: it never changes.
PLACE: LiteralString = """SELECT coalesce(m.ledger_from, 0) FROM trasloco_account a JOIN trasloco_migration m ON m.id = a.migration_id
WHERE a.id = %(account)s"""

# All pairs of folders of the account.
FOLDERS: LiteralString = f"""SELECT {_FOLDER}, EXISTS (SELECT FROM trasloco_ledger_intent i WHERE i.folder_id = f.id)
FROM trasloco_ledger_folder f WHERE account_id = %(account)s ORDER BY id"""

# Bind pairs; one that is bound already wins, unless it has no destination yet and is given one: then it
# begins anew. What this statement has just written is not visible to its second SELECT, so that one steps back.
BIND: LiteralString = f"""{_FENCE}, bound AS (
    INSERT INTO trasloco_ledger_folder (account_id, source_name, destination_name, renamed)
    SELECT %(account)s, a.source_name, a.destination_name, a.renamed
    FROM fence, unnest(%(source_names)s::bytea[], %(destination_names)s::bytea[], %(renamed)s::text[])
        WITH ORDINALITY AS a (source_name, destination_name, renamed, place)
    ORDER BY a.place
    ON CONFLICT (account_id, source_name) DO UPDATE SET destination_name = excluded.destination_name, renamed = excluded.renamed,
        source_uidvalidity = NULL, destination_uidvalidity = NULL, source_id = '', destination_id = '',
        destination_uidnext = NULL, source_uidnext = NULL, source_messages = NULL, source_modseq = NULL, run = NULL, tally = NULL,
        departed = 0
    WHERE trasloco_ledger_folder.destination_name = ''::bytea AND excluded.destination_name <> ''::bytea
    RETURNING {_FOLDER}
), listed AS (
    DELETE FROM trasloco_ledger_message USING bound WHERE folder_id = bound.id
), found AS (
    SELECT {_FOLDER} FROM bound
    UNION ALL
    SELECT {_FOLDER} FROM trasloco_ledger_folder f
    WHERE account_id = %(account)s AND source_name = ANY(%(source_names)s::bytea[])
        AND NOT EXISTS (SELECT FROM bound WHERE bound.source_name = f.source_name)
)
SELECT (SELECT count(*) FROM fence), found.*, {_UNHURRIED} FROM found"""

# Keyset pages in the order of the primary key: no transaction stays open while a folder is worked on.
KNOWN: LiteralString = """SELECT source_uid, destination_uid, fate, run, flags, identity FROM trasloco_ledger_message
WHERE folder_id = %(folder)s AND source_uid > %(after)s ORDER BY source_uid LIMIT %(limit)s"""

SUMS: LiteralString = """SELECT folder_id, fate, run, count(*), sum(source_uid)::bigint FROM trasloco_ledger_message
WHERE folder_id = ANY(%(folders)s::bigint[]) GROUP BY folder_id, fate, run"""

# The same pages with everything that is known: for the proof, and for messages that moved.
ROWS: LiteralString = """SELECT source_uid, fate, run, destination_uid, size, digest, flags, reason, listed, identity
FROM trasloco_ledger_message WHERE folder_id = %(folder)s AND source_uid > %(after)s ORDER BY source_uid LIMIT %(limit)s"""

# Where else messages of these identities are: by the partial index, which sources without identities never touch.
TWINS: LiteralString = """SELECT m.folder_id, m.source_uid, m.fate, m.run, m.destination_uid, m.size, m.digest, m.flags, m.reason,
    m.listed, m.identity
FROM trasloco_ledger_message m JOIN trasloco_ledger_folder f ON f.id = m.folder_id
WHERE f.account_id = %(account)s AND m.identity = ANY(%(identities)s::bigint[]) ORDER BY m.folder_id, m.source_uid"""

REVALIDATE: LiteralString = f"""{_FENCE}, done AS (
    UPDATE trasloco_ledger_folder f SET source_uidvalidity = r.source, destination_uidvalidity = r.destination,
        source_id = r.source_id, destination_id = r.destination_id
    FROM fence, unnest(%(folders)s::bigint[], %(sources)s::bigint[], %(destinations)s::bigint[], %(source_ids)s::text[],
        %(destination_ids)s::text[]) AS r (folder, source, destination, source_id, destination_id)
    WHERE f.id = r.folder
)
SELECT count(*), {_UNHURRIED} FROM fence"""

REBIND: LiteralString = f"""{_FENCE}, done AS (
    UPDATE trasloco_ledger_folder SET destination_name = %(destination_name)s FROM fence WHERE trasloco_ledger_folder.id = %(folder)s
)
SELECT count(*) FROM fence"""

# The folder was renumbered: what was on its way may still arrive, and of moves nothing holds any more.
_MOVES: LiteralString = """DELETE FROM trasloco_ledger_intent USING fence
    WHERE folder_id = %(folder)s AND origin_name IS NOT NULL AND NOT origin_stays"""

# A late one is looked for by its bytes, wherever they were to come from.
_NOWHERE: LiteralString = "origin_name = NULL, origin_uidvalidity = NULL, origin_uids = NULL, origin_stays = false"

# The destination's validity changed: rows and marks go in one step, intents become late; a folder that shows fewer messages
# than were brought gets one more.
FORGET: LiteralString = f"""{_FENCE}, hidden AS (
    INSERT INTO trasloco_ledger_intent (folder_id, destination_uidvalidity, destination_uidnext, source_uids, flags, origin_stays, late)
    SELECT %(folder)s, %(destination)s, %(uidnext)s, '{{}}', '{{}}', false, true FROM fence
    WHERE %(exists)s::bigint < (
        SELECT count(*) FROM trasloco_ledger_message WHERE folder_id = %(folder)s AND fate = ANY(%(brought)s::smallint[])
    )
), messages AS (
    DELETE FROM trasloco_ledger_message USING fence WHERE folder_id = %(folder)s
), moves AS (
    {_MOVES}
), late AS (
    UPDATE trasloco_ledger_intent SET late = true, destination_uidvalidity = %(destination)s, destination_uidnext = 1,
        source_uids = CASE WHEN %(source_holds)s THEN source_uids ELSE '{{}}' END,
        flags = CASE WHEN %(source_holds)s THEN flags ELSE '{{}}' END, {_NOWHERE}
    FROM fence WHERE folder_id = %(folder)s AND (origin_name IS NULL OR origin_stays)
), done AS (
    UPDATE trasloco_ledger_folder SET source_uidvalidity = %(source)s, destination_uidvalidity = %(destination)s,
        source_id = '', destination_id = '', destination_uidnext = NULL, departed = 0,
        source_uidnext = NULL, source_messages = NULL, source_modseq = NULL, run = NULL, tally = NULL
    FROM fence WHERE trasloco_ledger_folder.id = %(folder)s
)
SELECT count(*) FROM fence"""

# The source's validity changed: what was brought is kept without its source UID, for who meets it again elsewhere.
RETIRE: LiteralString = f"""{_FENCE}, messages AS (
    DELETE FROM trasloco_ledger_message USING fence WHERE folder_id = %(folder)s
    RETURNING trasloco_ledger_message.*
), kept AS (
    INSERT INTO trasloco_ledger_relic (account_id, source_name, destination_name, destination_uidvalidity,
        source_uid, destination_uid, size, fate, run, digest, flags, reason, listed, identity)
    SELECT f.account_id, f.source_name, f.destination_name, coalesce(f.destination_uidvalidity, 0),
        m.source_uid, m.destination_uid, m.size, m.fate, m.run, m.digest, m.flags, m.reason, m.listed, m.identity
    FROM messages m JOIN trasloco_ledger_folder f ON f.id = m.folder_id WHERE m.fate = ANY(%(brought)s::smallint[])
), moves AS (
    {_MOVES}
), late AS (
    UPDATE trasloco_ledger_intent SET late = true, source_uids = '{{}}', flags = '{{}}', {_NOWHERE}
    FROM fence WHERE folder_id = %(folder)s AND (origin_name IS NULL OR origin_stays)
), done AS (
    UPDATE trasloco_ledger_folder SET source_uidvalidity = NULL, destination_uidvalidity = NULL, source_id = '', destination_id = '',
        destination_uidnext = NULL, source_uidnext = NULL, source_messages = NULL, source_modseq = NULL, run = NULL, tally = NULL,
        departed = 0
    FROM fence WHERE trasloco_ledger_folder.id = %(folder)s
)
SELECT count(*) FROM fence"""

RELICS: LiteralString = """SELECT id, source_name, destination_name, destination_uidvalidity,
    source_uid, fate, run, destination_uid, size, digest, flags, reason, listed, identity FROM trasloco_ledger_relic
WHERE account_id = %(account)s AND id > %(after)s ORDER BY id LIMIT %(limit)s"""

INTENTS: LiteralString = """SELECT id, folder_id, destination_uidvalidity, destination_uidnext, source_uids, flags,
    origin_name, origin_uidvalidity, origin_uids, origin_stays, late
FROM trasloco_ledger_intent WHERE folder_id = %(folder)s ORDER BY id"""

# The intents are on disk before the first byte is sent: synchronous_commit stays on. An array of arrays would have to be
# a rectangle, so arrays come as texts.
BEGIN: LiteralString = f"""{_FENCE}
INSERT INTO trasloco_ledger_intent (folder_id, destination_uidvalidity, destination_uidnext, source_uids, flags,
    origin_name, origin_uidvalidity, origin_uids, origin_stays)
SELECT r.folder, r.uidvalidity, r.uidnext, r.uids::bigint[], r.flags::text[],
    r.origin_name, r.origin_uidvalidity, r.origin_uids::bigint[], r.origin_stays
FROM fence, unnest(%(folders)s::bigint[], %(uidvalidities)s::bigint[], %(uidnexts)s::bigint[], %(uids)s::text[], %(flags)s::text[],
    %(origin_names)s::bytea[], %(origin_uidvalidities)s::bigint[], %(origin_uids)s::text[], %(origin_stays)s::boolean[])
    WITH ORDINALITY AS r (folder, uidvalidity, uidnext, uids, flags, origin_name, origin_uidvalidity, origin_uids, origin_stays, place)
ORDER BY r.place
RETURNING folder_id, id"""

CONFIRM: LiteralString = f"{_FENCE} SELECT count(*), {_UNHURRIED} FROM fence"

# Rows and intents in one step; the rows hang on their intent, so that one settled already writes nothing. In the order of
# the primary key: a join may turn it round, and the index would then be half empty pages.
SETTLE: LiteralString = f"""{_FENCE}, intent AS (
    DELETE FROM trasloco_ledger_intent i USING fence WHERE i.id = ANY(%(intents)s::bigint[])
    RETURNING i.id, folder_id
), written AS (
    INSERT INTO trasloco_ledger_message ({_COLUMNS})
    SELECT intent.folder_id, {_VALUES}
    FROM intent JOIN unnest(%(of)s::bigint[], {_ARRAYS}) AS r (intent, {_NAMES}) ON r.intent = intent.id
    ORDER BY intent.folder_id, r.source_uid
    {_REPLACE}
)
SELECT id, {_UNHURRIED} FROM intent"""

# What has arrived and what has not, in one step: a row that is written while the intent still names its message would
# let it be looked for once too often.
NARROW: LiteralString = f"""{_FENCE}, done AS (
    UPDATE trasloco_ledger_intent i SET source_uids = %(late)s::bigint[], flags = %(late_flags)s::text[], late = true, {_NOWHERE}
    FROM fence WHERE i.id = %(intent)s RETURNING folder_id
), written AS (
    INSERT INTO trasloco_ledger_message ({_COLUMNS})
    SELECT done.folder_id, {_VALUES} FROM done, {_ROWS}
    {_REPLACE}
)
SELECT count(*) FROM done"""

RECORD: LiteralString = f"""{_FENCE}, written AS (
    INSERT INTO trasloco_ledger_message ({_COLUMNS})
    SELECT %(folder)s, {_VALUES} FROM fence, {_ROWS}
    {_REPLACE}
)
SELECT count(*), {_UNHURRIED} FROM fence"""

REFLAG: LiteralString = f"""{_FENCE}, done AS (
    UPDATE trasloco_ledger_message m SET flags = r.flags
    FROM fence, unnest(%(uids)s::bigint[], %(flags)s::text[]) AS r (source_uid, flags)
    WHERE m.folder_id = %(folder)s AND m.source_uid = r.source_uid
)
SELECT count(*), {_UNHURRIED} FROM fence"""

# A message that moved: its old row goes, the new one comes, in one step. The old folder's marks go too: should
# the message come back there, the folder must be looked at. So do the relics it was known by, and the move's intent.
MOVED: LiteralString = f"""{_FENCE}, departed AS (
    DELETE FROM trasloco_ledger_message m
    USING fence WHERE m.folder_id = %(old_folder)s AND m.source_uid = ANY(%(old_uids)s::bigint[])
), unmarked AS (
    UPDATE trasloco_ledger_folder f SET source_uidnext = NULL, source_messages = NULL, source_modseq = NULL,
        departed = greatest(0, f.departed - cardinality(%(old_uids)s::bigint[]))
    FROM fence WHERE f.id = %(old_folder)s
), relics AS (
    DELETE FROM trasloco_ledger_relic r USING fence WHERE r.account_id = %(account)s AND r.id = ANY(%(relics)s::bigint[])
), intent AS (
    DELETE FROM trasloco_ledger_intent i USING fence WHERE i.id = %(intent)s
), written AS (
    INSERT INTO trasloco_ledger_message ({_COLUMNS})
    SELECT %(folder)s, {_VALUES} FROM fence, {_ROWS}
    {_REPLACE}
)
SELECT count(*) FROM fence"""

# A message the destination takes in no form, kept as it is on the source; the same one again replaces it.
PARK: LiteralString = f"""{_FENCE}, kept AS (
    INSERT INTO trasloco_parked_message (folder_id, source_uid, at, message)
    SELECT %(folder)s, %(uid)s, now(), %(message)s FROM fence
    ON CONFLICT (folder_id, source_uid) DO UPDATE SET at = excluded.at, message = excluded.message
)
SELECT m.code FROM fence, trasloco_account a JOIN trasloco_migration m ON m.id = a.migration_id WHERE a.id = %(account)s"""

# Lines of the report as far as the run has come; the outcome's own lines replace them at the end. Names that look the
# same have one line, as they would one after the other.
_NOTE: LiteralString = """INSERT INTO trasloco_folder_tally
        (transfer_id, position, source, destination, note, copied, adopted, moved, skipped, refused, vanished)
    SELECT fence.id, (SELECT count(*) FROM trasloco_folder_tally t WHERE t.transfer_id = fence.id) + row_number() OVER (ORDER BY n.place),
        n.source, n.destination, n.note, n.copied, n.adopted, n.moved, n.skipped, n.refused, n.vanished
    FROM fence, (
        SELECT DISTINCT ON (source) * FROM unnest(%(shown_sources)s::text[], %(shown_destinations)s::text[], %(notes)s::text[],
            %(copied)s::bigint[], %(adopted)s::bigint[], %(moved)s::bigint[], %(skipped)s::bigint[], %(refused)s::bigint[],
            %(vanished)s::bigint[])
            WITH ORDINALITY AS u (source, destination, note, copied, adopted, moved, skipped, refused, vanished, place)
        ORDER BY source, place DESC
    ) AS n
    ON CONFLICT (transfer_id, source) DO UPDATE SET destination = excluded.destination, note = excluded.note,
        copied = excluded.copied, adopted = excluded.adopted, moved = excluded.moved,
        skipped = excluded.skipped, refused = excluded.refused, vanished = excluded.vanished"""

COMPLETE: LiteralString = f"""{_FENCE}, done AS (
    UPDATE trasloco_ledger_folder f SET renamed = r.renamed,
        source_uidvalidity = r.source_uidvalidity, destination_uidvalidity = r.destination_uidvalidity,
        source_uidnext = r.source_uidnext, source_messages = r.source_messages, source_modseq = r.source_modseq,
        run = r.run, tally = r.tally::integer[], destination_uidnext = r.destination_uidnext,
        departed = r.departed
    FROM fence, unnest(%(folders)s::bigint[], %(renamed)s::text[], %(source_uidvalidities)s::bigint[],
        %(destination_uidvalidities)s::bigint[], %(source_uidnexts)s::bigint[], %(source_messages)s::bigint[],
        %(source_modseqs)s::bigint[], %(runs)s::smallint[], %(tallies)s::text[], %(destination_uidnexts)s::bigint[],
        %(departed)s::integer[])
        AS r (folder, renamed, source_uidvalidity, destination_uidvalidity, source_uidnext, source_messages, source_modseq, run, tally,
            destination_uidnext, departed)
    WHERE f.id = r.folder
), noted AS (
    {_NOTE}
)
SELECT count(*), {_UNHURRIED} FROM fence"""

LEFT_OUT: LiteralString = f"""{_FENCE}, noted AS (
    {_NOTE}
)
SELECT count(*), {_UNHURRIED} FROM fence"""
