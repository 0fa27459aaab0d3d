"""The ledger of a pair of mailboxes goes with whoever moves them: one migration takes it over from another.

Each account has a ledger of its own, so that a migration can be removed as a whole; but what is known of a source
mailbox and its destination must not depend on the CSV they stand in. So an account that is about to run, and whose
pair was run since by another account of the same owner, first gets a copy of that one's ledger. What the other has
brought is *adopted* in it, of run 0; what this account itself has brought keeps its fate. ``ledger_turn`` grows with
every take-over, so the greatest one is the newest ledger. Admission lets one transfer into a mailbox at a time.

In the caller's transaction, by SQL: a ledger may have millions of rows.
"""

# ruff: noqa: S608 - the statements are put together from constants of this module only

from __future__ import annotations

from django.db import connection

from trasloco.engine.diff import BROUGHT
from trasloco.engine.fate import Fate
from trasloco.records.ledger_place import folder_rows, rows_of
from trasloco.records.models import FATE_CODES, Account
from trasloco.sentence import sentence as _

_BROUGHT = ", ".join(str(FATE_CODES[fate]) for fate in sorted(BROUGHT))
_ADOPTED = FATE_CODES[Fate.ADOPTED]


def _mailbox(account: str, port: str) -> str:
    """Of a server, by port: the two that IMAP has by name lead to the same mailboxes (RFC 8314 3.2)."""
    return f"CASE WHEN {account}{port} IN (143, 993) THEN 0 ELSE {account}{port} END"


# The account of the same pair and the same owner that has the newest ledger. Its migration is not deleted before we have a copy.
_NEWEST = f"""
SELECT b.id, b.ledger_turn, n.code, n.id
FROM trasloco_account a JOIN trasloco_migration m ON m.id = a.migration_id
JOIN trasloco_account b ON lower(b.destination_address) = lower(a.destination_address) AND b.id <> a.id
    AND b.ledger_turn IS NOT NULL AND b.login = a.login AND lower(b.source_host) = lower(a.source_host)
    AND {_mailbox("b.", "source_port")} = {_mailbox("a.", "source_port")}
JOIN trasloco_migration n ON n.id = b.migration_id AND n.deleting_at IS NULL AND n.customer_id IS NOT DISTINCT FROM m.customer_id
    AND lower(n.destination->>'host') = lower(m.destination->>'host')
    AND {_mailbox("(n.destination->>'port')::int", "")} = {_mailbox("(m.destination->>'port')::int", "")}
WHERE a.id = %(me)s ORDER BY b.ledger_turn DESC, b.id DESC LIMIT 1
FOR KEY SHARE OF n
"""

_COLUMNS = """destination_name, renamed, source_uidvalidity, destination_uidvalidity, source_uidnext, source_messages, source_modseq,
    source_id, destination_id, destination_uidnext, departed"""
_RELIC = (
    "source_name, destination_name, destination_uidvalidity, source_uid, destination_uid, size, digest, flags, reason, listed, identity"
)
_INTENT = (
    "destination_uidvalidity, destination_uidnext, source_uids, flags, origin_name, origin_uidvalidity, origin_uids, origin_stays, late"
)

# The folders of this account and of the other that are the same folder of the source.
_SAME = """trasloco_ledger_folder theirs JOIN trasloco_ledger_folder mine
    ON mine.account_id = %(me)s AND mine.source_name = theirs.source_name AND theirs.account_id = %(other)s"""

# No name of a folder has a NUL: so marked, the old rows make place for the new ones and are still there to be asked.
_ASIDE = r"'\x00'::bytea"
_OLD = rf"SELECT id FROM trasloco_ledger_folder WHERE account_id = %(me)s AND substring(source_name FROM 1 FOR 1) = {_ASIDE}"
_NEW = "SELECT id FROM trasloco_ledger_folder WHERE account_id = %(me)s"

# Of a parent table: in which of its partitions.
_MINE_OLD, _MINE_NEW = rows_of(folder="o.folder_id"), rows_of(folder="n.folder_id")

_STATEMENTS = (
    f"UPDATE trasloco_ledger_folder SET source_name = {_ASIDE} || source_name WHERE account_id = %(me)s",
    f"""INSERT INTO trasloco_ledger_folder (account_id, source_name, run, tally, {_COLUMNS})
    SELECT %(me)s, source_name, CASE WHEN run IS NOT NULL THEN 0 END,
        CASE WHEN tally IS NOT NULL THEN ARRAY[0, tally[1] + tally[2] + tally[3], 0, tally[4], tally[5], tally[6]] END, {_COLUMNS}
    FROM trasloco_ledger_folder WHERE account_id = %(other)s""",
    f"""INSERT INTO trasloco_ledger_message (folder_id, source_uid, destination_uid, size, fate, run, digest, flags, reason, listed,
        identity)
    SELECT mine.id, m.source_uid, m.destination_uid, m.size, CASE WHEN m.fate IN ({_BROUGHT}) THEN {_ADOPTED} ELSE m.fate END, 0,
        m.digest, m.flags,
        CASE WHEN m.reason = '' AND m.fate IN ({_BROUGHT}) AND m.fate <> {_ADOPTED} THEN %(words)s ELSE m.reason END, m.listed,
        m.identity
    FROM {_SAME} {folder_rows(folder="theirs.id", migration="%(their_migration)s")}""",
    f"""INSERT INTO trasloco_ledger_intent (folder_id, {_INTENT})
    SELECT mine.id, i.{_INTENT.replace(", ", ", i.")} FROM {_SAME} JOIN trasloco_ledger_intent i ON i.folder_id = theirs.id""",
    "DELETE FROM trasloco_ledger_number WHERE account_id = %(me)s",
    """INSERT INTO trasloco_ledger_number (account_id, name, number)
    SELECT %(me)s, name, number FROM trasloco_ledger_number WHERE account_id = %(other)s""",
    "DELETE FROM trasloco_ledger_relic WHERE account_id = %(me)s",
    f"""INSERT INTO trasloco_ledger_relic (account_id, run, fate, {_RELIC})
    SELECT %(me)s, 0, {_ADOPTED}, {_RELIC} FROM trasloco_ledger_relic WHERE account_id = %(other)s""",
    # What this account has brought itself is still its own.
    f"""UPDATE trasloco_ledger_message n SET fate = o.fate, run = o.run, reason = o.reason
    FROM trasloco_ledger_folder mine JOIN trasloco_ledger_folder old ON old.account_id = mine.account_id
        AND old.source_name = {_ASIDE} || mine.source_name AND old.source_uidvalidity = mine.source_uidvalidity
    JOIN trasloco_ledger_message o ON o.folder_id = old.id AND o.folder_id = ANY(ARRAY({_OLD})) AND {_MINE_OLD}
        AND o.run > 0 AND o.fate IN ({_BROUGHT})
    WHERE mine.account_id = %(me)s AND n.folder_id = mine.id AND n.folder_id = ANY(ARRAY({_NEW})) AND {_MINE_NEW}
        AND n.source_uid = o.source_uid AND n.fate = {_ADOPTED}
        AND n.digest IS NOT DISTINCT FROM o.digest""",
    f"""UPDATE trasloco_parked_message p SET folder_id = mine.id
    FROM trasloco_ledger_folder mine JOIN trasloco_ledger_folder old ON old.account_id = mine.account_id
        AND old.source_name = {_ASIDE} || mine.source_name
    WHERE mine.account_id = %(me)s AND p.folder_id = old.id""",
    f"DELETE FROM trasloco_ledger_message m WHERE m.folder_id = ANY(ARRAY({_OLD})) AND {rows_of()}",
    f"DELETE FROM trasloco_ledger_intent WHERE folder_id IN ({_OLD})",
    f"DELETE FROM trasloco_parked_message WHERE folder_id IN ({_OLD})",
    f"DELETE FROM trasloco_ledger_folder WHERE id IN ({_OLD})",
    "UPDATE trasloco_account SET ledger_turn = %(turn)s WHERE id = %(me)s",
)


def take_over(account: Account) -> str | None:
    """Give the account the newest ledger of its pair of mailboxes; the code of the migration it came from, None
    when its own is the newest. The account's transfer is the only one into its mailbox (see ``jobs.dispatch``)."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"me": account.pk})
        newest = cursor.fetchone()
        mine = account.ledger_turn or 0
        if newest is None or newest[1] <= mine:
            if not mine:
                cursor.execute("UPDATE trasloco_account SET ledger_turn = 1 WHERE id = %s", [account.pk])
            return None
        other, turn, code, theirs = newest
        whose = {"me": account.pk, "migration": account.migration_id, "other": other, "their_migration": theirs}
        values = whose | {"turn": turn + 1, "words": _("brought by migration %(migration)s", migration=str(code))}
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
        return str(code)
