"""Where a migration stands, as one word: derived from its runs, never stored.

draft -> planned -> first-run -> between -> second-run -> completed (or with errors, failed);
stopped while a run was stopped by somebody and not resumed.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, TextChoices, Value, When
from django.db.models.fields import CharField
from django.utils.translation import gettext_lazy as _

from trasloco.records.models import UNFINISHED_RUN, MailMigration, Run, RunState


class Stage(TextChoices):
    DRAFT = "draft", _("Draft")
    PLANNED = "planned", _("Planned")
    RUNNING = "running", _("Running")
    BETWEEN = "between", _("Between the runs")
    STOPPED = "stopped", _("Stopped")
    COMPLETED = "completed", _("Completed")
    COMPLETED_WITH_ERRORS = "completed_with_errors", _("Completed with errors")
    FAILED = "failed", _("Failed")


ENDED = (Stage.COMPLETED, Stage.COMPLETED_WITH_ERRORS, Stage.FAILED)


def with_stage(migrations: QuerySet[MailMigration]) -> QuerySet[MailMigration]:
    """Each with ``stage`` (a value of ``Stage``) and ``run_number`` (of the run under way or last ended; None before)."""
    runs = Run.objects.filter(migration=OuterRef("pk"))
    begun = runs.exclude(status=RunState.PLANNED).order_by("-number")
    annotated = migrations.annotate(
        has_planned=Exists(runs.filter(status=RunState.PLANNED)),
        last_status=Subquery(begun.values("status")[:1], output_field=CharField()),
        run_number=Subquery(begun.values("number")[:1], output_field=IntegerField()),
    )
    return annotated.annotate(
        stage=Case(
            When(Q(planned_at=None, last_status=None), then=Value(Stage.DRAFT.value)),
            When(last_status=None, then=Value(Stage.PLANNED.value)),
            When(last_status__in=UNFINISHED_RUN, then=Value(Stage.RUNNING.value)),
            When(last_status=RunState.STOPPED, then=Value(Stage.STOPPED.value)),
            When(has_planned=True, then=Value(Stage.BETWEEN.value)),
            default=F("last_status"),
            output_field=CharField(),
        )
    )


def unfinished(migrations: QuerySet[MailMigration]) -> QuerySet[MailMigration]:
    """Those that were planned and whose last run has not ended: what the limit of a customer counts."""
    open_runs = Run.objects.filter(migration=OuterRef("pk"), status__in=[*UNFINISHED_RUN, RunState.PLANNED, RunState.STOPPED])
    return migrations.filter(Exists(open_runs), deleting_at=None)


def stage_of(migration: MailMigration) -> Stage:
    """The stage of one migration, now."""
    found: Any = with_stage(MailMigration.objects.filter(pk=migration.pk)).get()
    return Stage(found.stage)
