"""The first superuser: a one-time link that the terminal shows, as long as there is none.

Import it inside ``project.database.prepare()``.
"""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from trasloco.records.first_superuser import SALT, superuser_exists


def first_start_path() -> str:
    """The path of the page where the superuser is made; "" when there is one already."""
    if superuser_exists():
        return ""
    return reverse("first_start", args=[signing.dumps("first", salt=SALT)])
