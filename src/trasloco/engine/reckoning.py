"""Enforces that every source message has exactly one fate: the ledger is read again and held against what
was seen on the source and what was counted.

Whatever else goes wrong in a run, a message without a fate, or one counted twice, does not go unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence

from trasloco.engine.diff import BROUGHT
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import Ledger, Sum
from trasloco.engine.tally_words import tally_words
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

_NAMED = 5  # UIDs shown


async def reckon(ledger: Ledger, folder_id: int, inventory: Inventory, tally: Tally, run: int, folder: str) -> None:
    """Compare inventory, rows and ``tally`` of one folder at the end of its pass. folder: as displayed.

    Raises TransferError "sums-differ", to be tried again later: then the rows decide anew.
    """
    if _adds_up(await ledger.sums(folder_id), inventory, tally, run):
        return
    rows, seen = Tally(), 0
    without: list[int] = []
    position = 0
    async for chunk in ledger.known(folder_id):
        for row in chunk:
            while position < len(inventory) and inventory.uids[position] < row.source_uid:
                without.append(inventory.uids[position])
                position += 1
            listed = position < len(inventory) and inventory.uids[position] == row.source_uid
            if listed:
                position += 1
            if listed and row.fate in BROUGHT:
                rows.add(row.fate if row.run == run else Fate.ADOPTED)
            elif listed and row.run != run:
                without.append(row.source_uid)
                continue
            elif listed or (row.fate is Fate.VANISHED and row.run == run):
                rows.add(row.fate)
            seen += listed
    without.extend(inventory.uids[position:])
    if not without and rows == tally:
        return
    raise TransferError(_failure(folder, without, rows, tally, len(inventory) - seen))


def _adds_up(sums: Sequence[Sum], inventory: Inventory, tally: Tally, run: int) -> bool:
    """Whether the rows are those of the messages listed and no others, each with the fate it was counted with.

    As many rows as messages, with the same sum of UIDs: a row too many and one too few do not cancel each other out,
    for rows are written for listed UIDs only. False is no verdict: then row by row is looked at.
    """
    rows = Tally()
    for each in sums:
        brought = each.fate in BROUGHT
        if each.fate is Fate.VANISHED or (each.run != run and not brought):
            return False
        rows.add(Fate.ADOPTED if brought and each.run != run else each.fate, each.messages)
    listed = (sum(each.messages for each in sums), sum(each.uids for each in sums)) == (len(inventory), sum(inventory.uids))
    return listed and rows == tally


def _failure(folder: str, without: list[int], rows: Tally, tally: Tally, missing: int) -> Failure:
    if without:
        named: str = ", ".join(str(uid) for uid in without[:_NAMED])
        if missing > _NAMED:
            named = _("%(names)s and %(more)s more", names=named, more=missing - _NAMED)
        words = ngettext(
            "Trasloco's own sums do not match: %(n)s message of “%(folder)s” has no fate at the end of the pass (UID %(why)s). "
            "Nothing is lost; the folder is gone through again.",
            "Trasloco's own sums do not match: %(n)s messages of “%(folder)s” have no fate at the end of the pass (UID %(why)s). "
            "Nothing is lost; the folder is gone through again.",
            missing,
            folder=folder,
            why=named,
        )
    else:
        words = _(
            "Trasloco's own sums do not match: “%(folder)s”: the ledger has %(clause)s, counted were %(rest)s. "
            "Nothing is lost; the folder is gone through again.",
            folder=folder,
            clause=tally_words(rows),
            rest=tally_words(tally),
        )
    return Failure(SideName.OURS, Scope.ACCOUNT, Retry.LATER, "sums-differ", words)
