"""The search for the server of one domain of old addresses, and what was found: a proposal until somebody takes it."""

from __future__ import annotations

from django.db import models

from trasloco.records.models.login_check import CheckState
from trasloco.records.models.migration import MailMigration


class ServerSearch(models.Model):
    """state: ok = a server greets there, failed = none was found. address: an old address in the domain.

    Of what was found (empty until then): host, port, starttls; login: what stands in the login column, of
    ``providers.LOGINS``; found_by: of ``sources.discovery.FoundBy``; mx: the mail server that led there, "" for none;
    provider: of ``providers``; greeting: its words; certificate: why its certificate is not trusted, "" = it is.
    tried: pairs of a server that was called and why it is not the one; asked: pairs of a question and its answer. Both
    in the words of ``sources.discovery``, which quote the servers.
    """

    migration = models.ForeignKey(MailMigration, models.CASCADE, related_name="server_searches")
    domain = models.TextField()
    address = models.TextField()
    state = models.CharField(max_length=16, choices=CheckState, default=CheckState.WAITING)
    host = models.TextField(default="")
    port = models.IntegerField(null=True)
    starttls = models.BooleanField(default=False)
    login = models.CharField(max_length=32, default="")
    found_by = models.CharField(max_length=16, default="")
    mx = models.TextField(default="")
    provider = models.CharField(max_length=32, default="")
    greeting = models.TextField(default="")
    certificate = models.TextField(default="")
    tried: models.JSONField[list[list[str]]] = models.JSONField(default=list)
    asked: models.JSONField[list[list[str]]] = models.JSONField(default=list)

    class Meta:
        db_table = "trasloco_server_search"
        constraints = (models.UniqueConstraint(fields=["migration", "domain"], name="trasloco_server_search_once"),)

    def __str__(self) -> str:
        return self.domain
