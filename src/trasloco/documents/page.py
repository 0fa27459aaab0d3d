"""One self-contained HTML page: a template of ``pages/`` in the common frame, escaped throughout."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from django.template import Context, Engine


def render(name: str, values: Mapping[str, Any]) -> str:
    """The whole document. name: a file of ``pages/``. values: plain texts and numbers; all are escaped."""
    with resources.as_file(resources.files("trasloco.documents").joinpath("pages")) as directory:
        template = Engine(dirs=[str(directory)], autoescape=True).get_template(name)
        return template.render(Context(dict(values), use_l10n=False, use_tz=False))
