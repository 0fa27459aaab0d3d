"""The owner of a mailbox signs in at his provider, for a migration that opens it by token: how far that is."""

from __future__ import annotations

from django.db import models

from trasloco.records.models.migration import MailMigration


class SignInState(models.TextChoices):
    """asked (a worker is to begin, or to finish) -> open (the owner can sign in) -> done or failed; either may be begun anew."""

    ASKED = "asked"
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


class OwnerSignIn(models.Model):
    """mailbox: lower case, as of ``OauthSettings.consents``. turn: grows with every new beginning; an answer of an older one is
    not written. url: where the owner goes; code: what he types there, "" for none; expires_at: when both stop holding, None =
    not said. secret: ciphertext of ``google_question.Asked`` and of what was pasted, as JSON. words, remedy: why it failed.

    What the owner allowed is no field of this: it goes into ``MailMigration.source_oauth``.
    """

    migration = models.ForeignKey(MailMigration, models.CASCADE, related_name="sign_ins")
    mailbox = models.TextField()
    state = models.CharField(max_length=16, choices=SignInState, default=SignInState.ASKED)
    turn = models.IntegerField(default=1)
    url = models.TextField(default="")
    code = models.TextField(default="")
    expires_at = models.DateTimeField(null=True)
    secret = models.BinaryField(null=True)
    words = models.TextField(default="")
    remedy = models.TextField(default="")

    class Meta:
        db_table = "trasloco_owner_sign_in"
        constraints = (models.UniqueConstraint(fields=["migration", "mailbox"], name="trasloco_owner_sign_in_once"),)

    def __str__(self) -> str:
        return self.mailbox
