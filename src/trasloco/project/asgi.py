"""What uvicorn serves. Import it inside ``project.database.prepare()``."""

from __future__ import annotations

import warnings

from django.core.asgi import get_asgi_application

# WhiteNoise hands style sheets over as plain iterators; a few kilobytes are read in a thread, and nobody waits for them.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators", category=Warning)

application = get_asgi_application()
