"""Destination systems: their secrets, their pinned certificate, and what refuses to go."""

from __future__ import annotations

from tests.fix_people import MASTER_SECRET, Cast
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret


def _again(cast: Cast):  # type: ignore[no-untyped-def] # models cannot be imported before Django is set up
    from trasloco.records.models import DestinationSystem

    return DestinationSystem.objects.get(pk=cast.system.pk)


def _pinned(cast: Cast):  # type: ignore[no-untyped-def]
    from trasloco.records.systems import keep_test

    type(cast.system).objects.filter(pk=cast.system.pk).update(trust="pin")
    keep_test(cast.system.pk, "a@example.net", "Dovecot", "ab" * 32, well=True)
    return _again(cast)


def test_the_password_is_a_ciphertext_and_stays_when_none_is_given(cast: Cast, ring: KeyRing) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.systems import master_secret, save_system

    system = _again(cast)
    assert MASTER_SECRET.encode() not in bytes(system.secret)
    save_system(SCHEDULE, system, None, ring)
    kept = master_secret(_again(cast), ring)
    assert kept is not None
    assert kept.reveal() == MASTER_SECRET
    save_system(SCHEDULE, _again(cast), Secret("another"), ring)
    changed = master_secret(_again(cast), ring)
    assert changed is not None
    assert changed.reveal() == "another"


def test_a_system_of_passwords_per_mailbox_keeps_no_master(cast: Cast, ring: KeyRing) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.systems import master_secret, save_system

    system = _again(cast)
    system.form = "password"
    save_system(SCHEDULE, system, Secret("left over"), ring)
    found = _again(cast)
    assert (found.user, found.secret, found.wrapped_key) == ("", None, None)
    assert master_secret(found, ring) is None


def test_the_first_test_that_goes_well_pins_and_later_ones_do_not(cast: Cast) -> None:
    from trasloco.records.systems import keep_test

    assert _pinned(cast).fingerprint == "ab" * 32
    keep_test(cast.system.pk, "a@example.net", "Dovecot", "cd" * 32, well=True)
    assert _again(cast).fingerprint == "ab" * 32


def test_a_test_that_fails_pins_nothing(cast: Cast) -> None:
    from trasloco.records.systems import keep_test

    type(cast.system).objects.filter(pk=cast.system.pk).update(trust="pin")
    keep_test(cast.system.pk, "a@example.net", "refused", "ab" * 32, well=False)
    assert _again(cast).fingerprint == ""


def test_another_server_forgets_the_certificate_and_another_name_does_not(cast: Cast, ring: KeyRing) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.systems import save_system

    system = _pinned(cast)
    system.name = "Renamed"
    save_system(SCHEDULE, system, None, ring)
    assert _again(cast).fingerprint == "ab" * 32
    system.host = "mx2.example.net"
    save_system(SCHEDULE, system, None, ring)
    found = _again(cast)
    assert (found.fingerprint, found.tested_well, found.tested_address) == ("", None, "")


def test_a_certificate_can_be_forgotten(cast: Cast) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import HistoryEntry
    from trasloco.records.systems import forget_certificate

    forget_certificate(SCHEDULE, _pinned(cast))
    assert (_again(cast).fingerprint, _again(cast).tested_well) == ("", None)
    forget_certificate(SCHEDULE, _again(cast))
    assert HistoryEntry.objects.filter(verb="certificate-forgotten").count() == 1


def test_a_system_that_serves_a_domain_stays(cast: Cast) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import DestinationSystem
    from trasloco.records.systems import remove_system

    assert not remove_system(SCHEDULE, cast.system)
    assert remove_system(SCHEDULE, cast.spare)
    assert [system.name for system in DestinationSystem.objects.all()] == ["Ours"]
