"""The verbs about people: each once, each noted, never without an admin."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.fix_people import PASSWORD, Cast


def _again(cast: Cast, name: str):  # type: ignore[no-untyped-def] # models cannot be imported before Django is set up
    from trasloco.records.models import Person

    return Person.objects.get(pk=cast.people[name].pk)


def _actor(cast: Cast):  # type: ignore[no-untyped-def]
    from trasloco.records.history import Actor

    return Actor(cast.people["superuser"])


def test_an_address_is_taken_whatever_its_case(cast: Cast) -> None:
    from trasloco.records.people_actions import AddressTaken, invite, make_superuser

    with pytest.raises(AddressTaken):
        invite(_actor(cast), cast.beta, "ADMIN@alpha.EXAMPLE", "", "team", [], "en")
    with pytest.raises(AddressTaken):
        make_superuser(_actor(cast), "Team@alpha.example", PASSWORD)


def test_the_last_admin_cannot_be_removed_changed_or_kept_out(cast: Cast) -> None:
    from trasloco.records.people_actions import LastAdmin, change_person, remove_person

    admin = _again(cast, "admin")
    attempts: list[Callable[[], None]] = [
        lambda: remove_person(_actor(cast), admin),
        lambda: change_person(_actor(cast), admin, "", "team", [], active=True),
        lambda: change_person(_actor(cast), admin, "", "admin", [], active=False),
    ]
    for attempt in attempts:
        with pytest.raises(LastAdmin):
            attempt()
    assert _again(cast, "admin").membership.role == "admin"


def test_an_admin_who_may_not_sign_in_does_not_count(cast: Cast) -> None:
    from trasloco.records.people_actions import LastAdmin, change_person, remove_person

    change_person(_actor(cast), _again(cast, "team"), "", "admin", [], active=False)
    with pytest.raises(LastAdmin):
        remove_person(_actor(cast), _again(cast, "admin"))
    change_person(_actor(cast), _again(cast, "team"), "", "admin", [], active=True)
    remove_person(_actor(cast), _again(cast, "admin"))


def test_two_admins_who_remove_each_other_at_once_leave_one(cast: Cast) -> None:
    from django.db import connection

    from trasloco.records.history import Actor
    from trasloco.records.models import Membership
    from trasloco.records.people_actions import LastAdmin, change_person, remove_person

    change_person(_actor(cast), _again(cast, "team"), "", "admin", [], active=True)
    pair = [_again(cast, "admin"), _again(cast, "team")]
    both, outcomes = threading.Barrier(2), []

    def remove(me: int) -> None:
        both.wait()
        try:
            remove_person(Actor(None), pair[1 - me])
            outcomes.append("removed")
        except LastAdmin:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=(me,)) for me in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["refused", "removed"]
    assert Membership.objects.filter(customer=cast.alpha, role="admin").count() == 1


def test_a_removed_persons_migrations_stay_with_his_name(cast: Cast) -> None:
    from trasloco.records.models import HistoryEntry, MailMigration
    from trasloco.records.people_actions import change_person, remove_person

    change_person(_actor(cast), _again(cast, "team"), "", "admin", [], active=True)
    remove_person(_actor(cast), _again(cast, "admin"))
    migration = MailMigration.objects.get(pk=cast.moving.pk)
    assert migration.asked_by is None
    assert migration.asked_by_name == "Admin"
    assert HistoryEntry.objects.filter(verb="person-removed", subject="admin@alpha.example", customer=cast.alpha).exists()


def test_an_invitation_is_accepted_once(cast: Cast) -> None:
    from trasloco.records.people_actions import accept_invitation

    first, second = _again(cast, "invited"), _again(cast, "invited")
    assert accept_invitation(first, PASSWORD, "192.0.2.7")
    assert not accept_invitation(second, "another long password", None), "read before the first was accepted"
    assert _again(cast, "invited").check_password(PASSWORD)


def test_a_renewed_invitation_is_for_who_has_no_password(cast: Cast) -> None:
    from trasloco.records.people_actions import accept_invitation, renew_invitation

    before = _again(cast, "invited")
    stale = _again(cast, "invited")
    assert renew_invitation(_actor(cast), before)
    assert not accept_invitation(stale, PASSWORD, None), "the link before is bound to another text"
    assert not _again(cast, "invited").has_usable_password()
    assert not renew_invitation(_actor(cast), _again(cast, "team"))
    assert _again(cast, "team").check_password(PASSWORD)


def test_a_profile_changes_what_it_names(cast: Cast) -> None:
    from trasloco.records.history import Actor
    from trasloco.records.models import HistoryEntry
    from trasloco.records.people_actions import change_profile

    change_profile(Actor(cast.people["team"]), cast.people["team"], "Tea", "it", "Europe/Rome")
    person = _again(cast, "team")
    assert (person.name, person.language, person.time_zone) == ("Tea", "it", "Europe/Rome")
    assert HistoryEntry.objects.filter(verb="profile-changed", customer=cast.alpha).exists()
