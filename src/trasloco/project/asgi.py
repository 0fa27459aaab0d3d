"""What uvicorn serves. Import it inside ``project.database.prepare()``."""

from __future__ import annotations

import warnings
from typing import cast

from django.core.asgi import get_asgi_application

from trasloco.panel.body_limit import Application, BodyLimit
from trasloco.project.health_pages import HealthPages
from trasloco.project.readiness import Readiness
from trasloco.records.connection_pool import conninfo

# WhiteNoise hands style sheets over as plain iterators; a few kilobytes are read in a thread, and nobody waits for them.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators", category=Warning)

application: Application = HealthPages(Readiness(conninfo()), BodyLimit(cast(Application, get_asgi_application())))
