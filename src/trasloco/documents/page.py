"""One self-contained HTML page: a template of ``pages/`` in the common frame, escaped throughout, in the active language."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from django.template import Context, Engine
from django.utils.translation import get_language


def render(name: str, values: Mapping[str, Any]) -> str:
    """The whole document. name: a file of ``pages/``. values: plain texts and numbers; all are escaped."""
    with resources.as_file(resources.files("trasloco.documents").joinpath("pages")) as directory:
        engine = Engine(dirs=[str(directory)], autoescape=True, libraries={"i18n": "django.templatetags.i18n"})
        context = {**values, "language": get_language() or "en"}
        return engine.get_template(name).render(Context(context, use_l10n=False, use_tz=False))
