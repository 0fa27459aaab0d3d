"""The states of runs and transfers, and the ways a destination is opened."""

from __future__ import annotations

from django.db import models


class DestinationLogin(models.TextChoices):
    """How the destination is opened for each account."""

    MASTER = "master", "login user*master with the master's password"
    AUTHZID = "authzid", "SASL PLAIN with an authorization identity"
    PASSWORD = "password", "a password per account"


class SecondRun(models.TextChoices):
    """What the second run waits for, beside the end of the first: its hour, or that the MX records of all domains have changed
    and nobody can know the old ones any more, and at the latest its hour."""

    HOUR = "hour", "an hour"
    MX = "mx", "the change of the MX records"


class RunState(models.TextChoices):
    """planned (its hour has not come) -> waiting -> running -> an end; a stopped one can be resumed."""

    PLANNED = "planned"
    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    STOPPED = "stopped"


class TransferState(models.TextChoices):
    """waiting -> admitted -> running -> an end; running and admitted go back to waiting when their worker is lost.
    left-out: it failed, or waited for another try, and somebody decided to go on without it; it can be taken in again."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    STOPPED = "stopped"
    LEFT_OUT = "left-out"


UNFINISHED_RUN = (RunState.WAITING, RunState.RUNNING)
ENDED_RUN = (RunState.COMPLETED, RunState.COMPLETED_WITH_ERRORS, RunState.FAILED)
UNFINISHED = (TransferState.WAITING, TransferState.ADMITTED, TransferState.RUNNING)
BUSY = (TransferState.ADMITTED, TransferState.RUNNING)
