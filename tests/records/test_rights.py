"""What follows from a role, from the rows as they are now."""

from __future__ import annotations

import pytest

from tests.fix_people import Cast


def _viewer(cast: Cast, name: str):  # type: ignore[no-untyped-def] # models cannot be imported before Django is set up
    from trasloco.records.models import Person
    from trasloco.records.rights import Viewer

    return Viewer.of(Person.objects.get(pk=cast.people[name].pk))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("superuser", {"MIGRATE", "HISTORY", "PEOPLE", "SETTINGS", "OPERATE"}),
        ("admin", {"MIGRATE", "HISTORY", "PEOPLE", "SETTINGS"}),
        ("team", {"MIGRATE", "HISTORY"}),
        ("manager", {"MIGRATE"}),
    ],
)
def test_a_role_has_its_rights_and_no_more(name: str, wanted: set[str], cast: Cast) -> None:
    from trasloco.records.rights import Right

    viewer = _viewer(cast, name)
    assert {right.name for right in Right if viewer.may(right)} == wanted


def test_migrations_are_seen_by_customer_and_by_domain(cast: Cast) -> None:
    seen = {name: set(_viewer(cast, name).migrations().values_list("code", flat=True)) for name in cast.people if name != "invited"}
    everything = {cast.draft.code, cast.moving.code, cast.wide.code}
    assert seen["superuser"] == seen["admin"] == seen["team"] == everything
    assert seen["manager"] == {cast.draft.code, cast.moving.code}, "wholly in his domain"
    assert seen["manager-elsewhere"] == set()
    assert seen["stranger"] == set()


def test_a_manager_of_all_domains_sees_what_goes_into_several(cast: Cast) -> None:
    from trasloco.records.models import Domain

    cast.people["manager"].membership.domains.set(Domain.objects.filter(customer=cast.alpha))
    assert cast.wide.code in _viewer(cast, "manager").migrations().values_list("code", flat=True)


def test_a_draft_without_accounts_is_its_makers_and_not_another_managers(cast: Cast) -> None:
    from trasloco.records.drafts import start_draft
    from trasloco.records.history import Actor

    draft = start_draft(Actor(cast.people["manager"]), cast.alpha, "standard", "verify")
    for name, sees in (("manager", True), ("admin", True), ("team", True), ("manager-elsewhere", False), ("stranger", False)):
        assert _viewer(cast, name).migrations().filter(pk=draft.pk).exists() is sees, name


def test_a_manager_moves_into_his_domains_only(cast: Cast) -> None:
    assert [str(domain) for domain in _viewer(cast, "manager").domains()] == ["alpha.example"]
    assert [str(domain) for domain in _viewer(cast, "admin").domains()] == ["alpha.example", "other.example"]
    assert [str(domain) for domain in _viewer(cast, "stranger").domains()] == ["beta.example"]


def test_what_is_being_deleted_is_gone_for_everybody(cast: Cast) -> None:
    from django.utils import timezone

    cast.moving.deleting_at = timezone.now()
    cast.moving.save(update_fields=["deleting_at"])
    for name in ("superuser", "admin", "manager"):
        assert cast.moving.code not in _viewer(cast, name).migrations().values_list("code", flat=True)


def test_only_who_may_change_people_finds_them(cast: Cast) -> None:
    assert not _viewer(cast, "team").people().exists()
    assert not _viewer(cast, "manager").people().exists()
    assert [person.email for person in _viewer(cast, "stranger").people()] == ["stranger@beta.example"]
    assert _viewer(cast, "superuser").people().count() == len(cast.people)


def test_who_belongs_to_nobody_may_nothing(cast: Cast) -> None:
    from trasloco.records.rights import Right

    cast.people["admin"].membership.delete()
    viewer = _viewer(cast, "admin")
    assert not any(viewer.may(right) for right in Right)
    assert not viewer.migrations().exists()
    assert not viewer.people().exists()
    assert not viewer.domains().exists()


def test_a_membership_of_a_superuser_takes_nothing_from_him(cast: Cast) -> None:
    from trasloco.records.models import Membership
    from trasloco.records.rights import Right

    Membership.objects.create(person=cast.people["superuser"], customer=cast.beta, role="manager")
    viewer = _viewer(cast, "superuser")
    assert viewer.may(Right.OPERATE)
    assert viewer.migrations().count() == 3


def test_people_of_a_locked_customer_may_not_sign_in(cast: Cast) -> None:
    from trasloco.records.customers import lock_customer
    from trasloco.records.history import SCHEDULE
    from trasloco.records.rights import may_sign_in

    lock_customer(SCHEDULE, cast.alpha, locked=True)
    found = {name: may_sign_in(person) for name, person in cast.people.items()}
    assert found["superuser"]
    assert found["stranger"]
    assert not any(found[name] for name in ("admin", "team", "manager"))
