"""Django's settings: everything from the environment, nothing to edit. The database comes from ``database.prepare``."""

from __future__ import annotations

import os
import secrets
from typing import Any

from trasloco.project import database as _database
from trasloco.project.paths import master_key_file as _master_key_file

_opened = _database.current()
DATABASES: dict[str, Any] = {"default": _opened.django() if _opened else {"ENGINE": "django.db.backends.postgresql", "NAME": "trasloco"}}

INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "trasloco.records",
    "trasloco.jobs",
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
DEBUG = False
# Nothing is signed yet: a key of this process is enough until there are sessions.
SECRET_KEY = os.environ.get("TRASLOCO_SECRET_KEY") or secrets.token_urlsafe(48)
LOGGING_CONFIG = None  # the command line decides what is shown

TRASLOCO_MASTER_KEY_FILE = _master_key_file()

# Job rows of past transfers say nothing that the transfers themselves do not say.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "always"}
