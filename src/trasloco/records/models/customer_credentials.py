"""OAuth credentials that a customer keeps for his migrations, so that they are not pasted for each of them."""

from __future__ import annotations

from django.db import models

from trasloco.records.models.people import Customer


class CustomerCredentials(models.Model):
    """provider: "microsoft" or "google". kind, client_id: as of ``OauthSettings``, to be shown. secret: its ciphertext, without what
    owners allowed, with a data key of its own, encrypted with key ``key_id`` of the key ring."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="credentials")
    provider = models.CharField(max_length=16)
    kind = models.CharField(max_length=32)
    client_id = models.TextField(default="")
    secret = models.BinaryField()
    wrapped_key = models.BinaryField()
    key_id = models.CharField(max_length=32)
    given_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "trasloco_customer_credentials"
        constraints = (models.UniqueConstraint(fields=["customer", "provider"], name="trasloco_customer_credentials_once"),)

    def __str__(self) -> str:
        return f"{self.provider} of {self.customer_id}"

    @property
    def vault_code(self) -> str:
        """What their ciphertext is bound to."""
        return f"customer {self.customer_id} {self.provider}"
