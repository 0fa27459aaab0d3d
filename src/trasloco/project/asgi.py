"""What uvicorn serves. Import it inside ``project.database.prepare()``."""

from __future__ import annotations

from typing import cast

from django.core.asgi import get_asgi_application

from trasloco.panel.body_limit import Application, BodyLimit

application = BodyLimit(cast(Application, get_asgi_application()))
