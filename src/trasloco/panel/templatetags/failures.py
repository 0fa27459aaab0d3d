"""Words of groups of failures."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.translation import ngettext

from trasloco.records.failure_groups import FailureGroup
from trasloco.records.failure_remedies import Remedies

register = template.Library()


@register.simple_tag
def failure_title(group: FailureGroup, remedies: Remedies) -> str:
    """How many they are, and what it is: "37 accounts: Wrong login or password"."""
    many = number_format(group.count, force_grouping=True)
    if remedies.advice is None:
        words = ngettext("%(many)s account: single messages were refused", "%(many)s accounts: single messages were refused", group.count)
        return words % {"many": many}
    words = ngettext("%(many)s account: %(title)s", "%(many)s accounts: %(title)s", group.count)
    return words % {"many": many, "title": remedies.advice.title}
