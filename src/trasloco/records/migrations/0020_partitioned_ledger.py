"""The messages of the ledger by migration: each has a partition of its own, and what was there before stays together in one.

No row is written anew, and old workers go on: all their statements hold for the partitioned table. Step by step, each a
transaction of its own and done again without harm, because a step that waits for a lock too long begins again from the
start (``project.patient_locks``):

1. ``ledger_from``, a column that may be NULL.
2. That all folders' ids are below 2^32 is said as a constraint, and then looked at row by row while everybody goes on reading and writing.
3. The table gets another name, and with that constraint becomes a partition of a new one without being read. Only this step needs the table
   for itself, for some milliseconds. In the same moment what the version before does with rows' addresses is refused.
4. New folders get their ids by a trigger, whatever version binds them.
"""

from __future__ import annotations

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_COLUMN = "ALTER TABLE trasloco_migration ADD COLUMN IF NOT EXISTS ledger_from bigint"

_SAID = """
DO $$ BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'trasloco_ledger_message'::regclass) = 'r' AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = 'trasloco_ledger_message'::regclass AND conname = 'trasloco_ledger_message_of_old'
    ) THEN
        ALTER TABLE trasloco_ledger_message ADD CONSTRAINT trasloco_ledger_message_of_old CHECK (folder_id < 4294967296) NOT VALID;
    END IF;
END $$
"""

_LOOKED_AT = """
DO $$ BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'trasloco_ledger_message'::regclass) = 'r' THEN
        ALTER TABLE trasloco_ledger_message VALIDATE CONSTRAINT trasloco_ledger_message_of_old;
    END IF;
END $$
"""

# What the second wall (records/wall.py) has made for the old table holds for the new one, which takes its name; nobody but the owner goes
# to a partition directly. PostgreSQL writes the table's name into the words of a policy.
_EXCHANGED = """
DO $$
DECLARE
    rule record;
    lent record;
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'trasloco_ledger_message'::regclass) <> 'r' THEN
        RETURN;
    END IF;
    LOCK TABLE trasloco_ledger_message IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE trasloco_ledger_message RENAME TO trasloco_ledger_message_shared;
    ALTER INDEX trasloco_ledger_message_pkey RENAME TO trasloco_ledger_message_shared_pkey;
    ALTER INDEX trasloco_ledger_message_identity RENAME TO trasloco_ledger_message_shared_identity;
    CREATE TABLE trasloco_ledger_message (LIKE trasloco_ledger_message_shared INCLUDING DEFAULTS INCLUDING STORAGE)
        PARTITION BY RANGE (folder_id);
    ALTER TABLE trasloco_ledger_message ADD CONSTRAINT trasloco_ledger_message_pkey PRIMARY KEY (folder_id, source_uid);
    CREATE INDEX trasloco_ledger_message_identity ON trasloco_ledger_message (identity) WHERE identity IS NOT NULL;
    ALTER TABLE trasloco_ledger_message
        ATTACH PARTITION trasloco_ledger_message_shared FOR VALUES FROM (MINVALUE) TO (4294967296);
    FOR rule IN
        SELECT polname, replace(pg_get_expr(polqual, polrelid), 'trasloco_ledger_message_shared.', 'trasloco_ledger_message.') AS words
        FROM pg_policy WHERE polrelid = 'trasloco_ledger_message_shared'::regclass
    LOOP
        EXECUTE 'ALTER TABLE trasloco_ledger_message ENABLE ROW LEVEL SECURITY';
        EXECUTE format('CREATE POLICY %I ON trasloco_ledger_message USING (%s) WITH CHECK (%s)', rule.polname, rule.words, rule.words);
    END LOOP;
    FOR lent IN
        SELECT r.rolname, e.privilege_type
        FROM pg_class c CROSS JOIN aclexplode(c.relacl) e JOIN pg_roles r ON r.oid = e.grantee
        WHERE c.oid = 'trasloco_ledger_message_shared'::regclass AND e.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT %s ON trasloco_ledger_message TO %I', lent.privilege_type, lent.rolname);
        EXECUTE format('REVOKE %s ON trasloco_ledger_message_shared FROM %I', lent.privilege_type, lent.rolname);
    END LOOP;
END $$
"""

# The version before removes the rows of a deleted migration by their physical address, which means something within one partition only:
# over the new parent it would take rows of others along. It is refused, and a worker of this version does it. A trigger for each
# statement, and for those that name the parent: the way of a message does not come by. In a later release it can go.
_GUARDED = """
CREATE OR REPLACE FUNCTION trasloco_refuse_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF position('ctid' IN current_query()) > 0 THEN
        RAISE EXCEPTION 'rows of a partitioned table cannot be removed by their address; a newer version of Trasloco removes them';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS trasloco_refuse_address ON trasloco_ledger_message;
CREATE TRIGGER trasloco_refuse_address BEFORE DELETE ON trasloco_ledger_message
    FOR EACH STATEMENT EXECUTE FUNCTION trasloco_refuse_address();
"""

# Who binds the first folder of a migration of which nothing was decided is an old worker: it stays with the others. The row's lock
# makes that and records.ledger_place.decide_place come one after the other.
_PLACED = """
CREATE OR REPLACE FUNCTION trasloco_place_ledger_folder() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mine bigint;
    first bigint;
BEGIN
    IF NEW.id >= 4294967296 THEN
        RETURN NEW;
    END IF;
    SELECT m.id, m.ledger_from INTO mine, first
    FROM trasloco_account a JOIN trasloco_migration m ON m.id = a.migration_id WHERE a.id = NEW.account_id;
    IF first IS NULL THEN
        UPDATE trasloco_migration SET ledger_from = 0 WHERE id = mine AND ledger_from IS NULL;
        SELECT ledger_from INTO first FROM trasloco_migration WHERE id = mine;
    END IF;
    NEW.id := NEW.id + coalesce(first, 0);
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS trasloco_place_ledger_folder ON trasloco_ledger_folder;
CREATE TRIGGER trasloco_place_ledger_folder BEFORE INSERT ON trasloco_ledger_folder
    FOR EACH ROW EXECUTE FUNCTION trasloco_place_ledger_folder();
"""


def _do(words: str) -> migrations.RunPython:
    """As one transaction, and not cut in pieces at its semicolons."""

    def act(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        with editor.connection.cursor() as cursor:
            cursor.execute(words)

    return migrations.RunPython(act, atomic=True)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("trasloco_records", "0019_worker_process"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [_do(_COLUMN)], [migrations.AddField("MailMigration", "ledger_from", models.BigIntegerField(null=True))]
        ),
        _do(_SAID),
        _do(_LOOKED_AT),
        _do(_EXCHANGED + ";" + _GUARDED),
        _do(_PLACED),
    ]
