"""The ledger's tables: written by ``postgres_ledger`` with SQL of its own; their models are here so that one tool owns the schema."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trasloco.engine.fate import Fate
from trasloco.records.models.migration import Account

FATE_CODES = {Fate.COPIED: 1, Fate.ADOPTED: 2, Fate.MOVED: 3, Fate.SKIPPED: 4, Fate.REFUSED: 5, Fate.VANISHED: 6}
FATES = {code: fate for fate, code in FATE_CODES.items()}


class LedgerFolder(models.Model):
    """``engine.ledger.FolderRecord``: a pair of folders. tally: the six fates in the order of ``FATE_CODES``."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="folders")
    source_name = models.BinaryField()
    destination_name = models.BinaryField()
    renamed = models.TextField(default="")
    source_uidvalidity = models.BigIntegerField(null=True)
    destination_uidvalidity = models.BigIntegerField(null=True)
    source_uidnext = models.BigIntegerField(null=True)
    source_messages = models.BigIntegerField(null=True)
    source_modseq = models.BigIntegerField(null=True)
    run = models.PositiveSmallIntegerField(null=True)
    tally = ArrayField(models.IntegerField(), null=True)
    source_id = models.TextField(default="", db_default="")
    destination_id = models.TextField(default="", db_default="")
    destination_uidnext = models.BigIntegerField(null=True)
    departed = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "trasloco_ledger_folder"
        constraints = (models.UniqueConstraint(fields=["account", "source_name"], name="trasloco_ledger_folder_once"),)

    def __str__(self) -> str:
        return f"ledger folder {self.pk}"


class LedgerMessage(models.Model):
    """``engine.ledger.MessageRow``; the table is made by SQL in the migrations, as lean as it can be."""

    pk = models.CompositePrimaryKey("folder_id", "source_uid")
    folder = models.ForeignKey(LedgerFolder, models.CASCADE, db_constraint=False, related_name="messages")
    source_uid = models.BigIntegerField()
    destination_uid = models.BigIntegerField(null=True)
    size = models.BigIntegerField()
    fate = models.SmallIntegerField()
    run = models.SmallIntegerField()
    digest = models.BinaryField(null=True)
    flags = models.TextField(default="")
    reason = models.TextField(default="")
    listed = models.BigIntegerField(null=True)
    identity = models.BigIntegerField(null=True)

    class Meta:
        db_table = "trasloco_ledger_message"
        managed = False

    def __str__(self) -> str:
        return f"message {self.source_uid} of ledger folder {self.folder_id}"


class LedgerRelic(models.Model):
    """``engine.ledger.Relic``: a message that was brought, known by a source UID that means nothing any more."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="relics")
    source_name = models.BinaryField()
    destination_name = models.BinaryField()
    destination_uidvalidity = models.BigIntegerField()
    source_uid = models.BigIntegerField()
    destination_uid = models.BigIntegerField(null=True)
    size = models.BigIntegerField()
    fate = models.SmallIntegerField()
    run = models.SmallIntegerField()
    digest = models.BinaryField(null=True)
    flags = models.TextField(default="")
    reason = models.TextField(default="")
    listed = models.BigIntegerField(null=True)
    identity = models.BigIntegerField(null=True)

    class Meta:
        db_table = "trasloco_ledger_relic"

    def __str__(self) -> str:
        return f"relic {self.pk}"


class LedgerNumber(models.Model):
    """The UID that a message of a POP3 source has here, by its UIDL."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="numbers")
    name = models.BinaryField()
    number = models.BigIntegerField()

    class Meta:
        db_table = "trasloco_ledger_number"
        constraints = (models.UniqueConstraint(fields=["account", "name"], name="trasloco_ledger_number_once"),)

    def __str__(self) -> str:
        return f"number {self.number}"


class ParkedMessage(models.Model):
    """A message the destination takes in no form, as it is on the source; goes with the migration."""

    folder = models.ForeignKey(LedgerFolder, models.CASCADE, related_name="parked")
    source_uid = models.BigIntegerField()
    at = models.DateTimeField()
    message = models.BinaryField()

    class Meta:
        db_table = "trasloco_parked_message"
        constraints = (models.UniqueConstraint(fields=["folder", "source_uid"], name="trasloco_parked_message_once"),)

    def __str__(self) -> str:
        return f"parked message {self.source_uid} of ledger folder {self.folder_id}"


class LedgerIntent(models.Model):
    """``engine.ledger.Intent``: a batch begun and not settled. origin_*: of messages moved or copied within the destination.
    late: looked for, and not there."""

    folder = models.ForeignKey(LedgerFolder, models.CASCADE, related_name="intents")
    destination_uidvalidity = models.BigIntegerField(null=True)
    destination_uidnext = models.BigIntegerField()
    source_uids = ArrayField(models.BigIntegerField())
    flags = ArrayField(models.TextField(), default=list, db_default=[])
    origin_name = models.BinaryField(null=True)
    origin_uidvalidity = models.BigIntegerField(null=True)
    origin_uids = ArrayField(models.BigIntegerField(), null=True)
    origin_stays = models.BooleanField(default=False, db_default=False)
    late = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "trasloco_ledger_intent"

    def __str__(self) -> str:
        return f"intent {self.pk}"
