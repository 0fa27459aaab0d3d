"""What the steps of "new migration" share: the draft, the frame around a step, and what was typed and not accepted yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, TypeAlias

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import P, PanelRequest, migration_of
from trasloco.records.drafts import NotADraft, seal, unseal
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import MailMigration

FORM = ("GET", "HEAD", "POST")
STEPS = ("type", "csv", "check", "when", "review")
MOST_TYPED = 512 * 1024  # characters; 500 lines are a fifth of that

Step: TypeAlias = Callable[Concatenate[PanelRequest, P], HttpResponse]


def step(view: Step[P]) -> Step[P]:
    """A page about a draft. One that has been planned meanwhile (the button pressed twice, another window) has a page
    of its own by now; passwords that cannot be read have to be given again."""

    @wraps(view)
    def guarded(request: PanelRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotADraft:
            return redirect("migration", kwargs["code"])
        except KeyProblem as error:
            messages.error(request, str(error))
            return redirect("new_csv", kwargs["code"])

    return guarded


def draft_of(request: PanelRequest, code: str) -> MailMigration:
    """The draft, if he may see it. Raises Http404; ``NotADraft`` when it is one no more."""
    migration = migration_of(request, code)
    if migration.customer is None:
        raise Http404
    if migration.planned_at is not None:
        raise NotADraft
    return migration


def key_ring() -> KeyRing:
    return KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)


def render_step(
    request: PanelRequest,
    name: str,
    migration: MailMigration | None,
    context: Mapping[str, Any],
    template: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a step, in the frame that shows all five."""
    position = STEPS.index(name)
    titles: Sequence[str] = (_("Type"), _("CSV"), _("Check"), _("When"), _("Review"))
    steps = [
        {"title": title, "name": each, "done": index < position, "here": index == position}
        for index, (each, title) in enumerate(zip(STEPS, titles, strict=True))
    ]
    shown = {"steps": steps, "migration": migration, "area": "migrations", **context}
    return render(request, f"panel/wizard/{template or name}.html", shown, status=status)


def back_to(request: PanelRequest) -> str:
    """Name of the page of an earlier step that was asked for instead of going on, "" for none."""
    wanted = request.POST.get("back", "")
    return f"new_{wanted}" if wanted in STEPS else ""


def keep_typed(request: PanelRequest, migration: MailMigration, name: str, typed: QueryDict) -> None:
    """Keep what was typed into a step and not accepted, until it is. It may hold passwords: only the draft's own key opens it."""
    text = typed.urlencode()
    if len(text) <= MOST_TYPED:
        request.session[_place(migration, name)] = seal(migration, text, name, key_ring())


def typed_before(request: PanelRequest, migration: MailMigration, name: str) -> QueryDict | None:
    """What was kept for the step, None for nothing."""
    sealed = request.session.get(_place(migration, name))
    text = unseal(migration, sealed, name, key_ring()) if sealed else ""
    return QueryDict(text) if text else None


def forget_typed(request: PanelRequest, migration: MailMigration, name: str) -> None:
    """It has been accepted."""
    request.session.pop(_place(migration, name), None)


def _place(migration: MailMigration, name: str) -> str:
    return f"typed-{migration.code}-{name}"
