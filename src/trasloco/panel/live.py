"""Parts of a page that come again every two seconds, without disturbing whoever reads them.

The part is sent only when it says something else than the last time: the browser names what it has
(``X-Seen``, kept by panel.js) and gets 204 when that still holds. A part that will not change any more ends the asking
(286, htmx's own status for it).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from trasloco.panel.access import PanelRequest

_TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')  # another one each time
UNCHANGED, LAST = 204, 286


def live_part(request: PanelRequest, template: str, context: Mapping[str, Any], *, more: bool) -> HttpResponse:
    """more: can it still change?"""
    html = render_to_string(template, dict(context), request)
    digest = hashlib.sha256(_TOKENS.sub("", html).encode()).hexdigest()[:24]
    unchanged = request.headers.get("X-Seen") == digest
    response = HttpResponse("" if unchanged and more else html, status=UNCHANGED if unchanged and more else 200 if more else LAST)
    response.headers["X-Digest"] = digest
    return response
