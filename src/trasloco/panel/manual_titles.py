"""What the pages of the manual are called in its contents, in the person's language, whatever language they are written in."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MANUAL_TITLES: dict[str, str | Promise] = {
    "cut-over": _("The day of the cut-over, hour by hour"),
    "csv": _("The CSV, and each problem it can have"),
    "sources": _("The four types of source, and what to switch on there first"),
    "providers": _("Servers and providers, one by one"),
    "gmail": _("Gmail and Google Workspace: labels, archive, limits"),
    "oauth": _("Microsoft and Google by tokens instead of passwords"),
    "pacing": _("Hours, bytes of a day, rates, connections"),
    "errors": _("Failures, one by one, and what to do"),
    "log": _("What the log of an account says"),
    "proof": _("What a proof says, and how to check it"),
    "quirks": _("Deviations of servers that are known"),
    "quick-start": _("Quick start"),
    "service": _("Start, proxy, settings, backup, upgrade"),
    "operating": _("Watching the service: workers, queues, probes"),
    "metrics": _("Logs, metrics and traces for other programs"),
    "settings": _("What can be set in the panel"),
    "commands": _("The commands and their options"),
    "exit-codes": _("How commands end"),
    "reliability": _("The faults it was put through, and how each ends"),
    "security": _("Security"),
    "api": _("The REST API"),
}
