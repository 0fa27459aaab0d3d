from __future__ import annotations

import json
import tomllib
import unicodedata
from importlib import resources
from pathlib import Path

import pytest

from trasloco.imap import utf7
from trasloco.plan.roles import Claim, Role, claims, fold_name, is_non_mail, role_by_attribute, roles_by_name

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "folder_names.json"
NOTHING: frozenset[str] = frozenset()


def claim(*path: str, attributes: tuple[str, ...] = ()) -> Claim | None:
    return claims([(frozenset(attributes), path)])[0]


@pytest.mark.parametrize("role", list(Role))
def test_special_use_attributes(role: Role) -> None:
    assert claim("Whatever", "deep", "down", attributes=(role.attribute.lower(), "\\haschildren")) == Claim(role)


@pytest.mark.parametrize(("attribute", "role"), [("\\spam", Role.JUNK), ("\\allmail", Role.ALL), ("\\starred", Role.FLAGGED)])
def test_xlist_attributes_count_after_special_use(attribute: str, role: Role) -> None:
    assert role_by_attribute(frozenset({attribute})) is role
    assert role_by_attribute(frozenset({attribute, "\\trash"})) is Role.TRASH


def test_an_attribute_silences_the_name_of_its_own_folder_only() -> None:
    found = claims([(frozenset({"\\sent"}), ("Trash",)), (NOTHING, ("Papierkorb",))])
    assert found == [Claim(Role.SENT), Claim(Role.TRASH, "Papierkorb")]


@pytest.mark.parametrize(
    "name",
    ["Cestino", "CESTINO", " Posta  eliminata ", "\u00c9le\u0301ments supprimés", "E\u0301le\u0301ments supprime\u0301s", "ごみ箱", "Koš"],
)
def test_names_in_any_case_form_and_spacing(name: str) -> None:
    assert roles_by_name((name,)) == (Role.TRASH,)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("Spam",), True),
        (("INBOX", "Spam"), True),
        (("Inbox", "Spam"), True),
        (("[Gmail]", "Spam"), True),
        (("[Google Mail]", "Spam"), True),
        (("Work", "Spam"), False),
        (("INBOX", "Work", "Spam"), False),
        (("Spam", "2020"), False),
        ((), False),
    ],
)
def test_names_count_near_the_top_only(path: tuple[str, ...], found: bool) -> None:
    assert bool(roles_by_name(path)) is found


def test_ambiguous_names_take_the_role_that_is_missing() -> None:
    assert claims([(NOTHING, ("Lixo",)), (NOTHING, ("Spam",))])[0] == Claim(Role.TRASH, "Lixo")
    assert claims([(NOTHING, ("Lixo",)), (frozenset({"\\trash"}), ("Bin",))])[0] == Claim(Role.JUNK, "Lixo")
    assert claims([(NOTHING, ("Lixo",))])[0] == Claim(Role.TRASH, "Lixo")
    assert claims([(NOTHING, ("Lixo",)), (NOTHING, ("Trash",)), (NOTHING, ("Junk",))])[0] == Claim(Role.TRASH, "Lixo")
    assert [item.role for item in claims([(NOTHING, ("Lixo",)), (NOTHING, ("Søppel",))]) if item] == [Role.TRASH, Role.JUNK]


def test_inbox_never_has_a_role() -> None:
    assert claim("inbox", attributes=("\\trash",)) is None


def test_claims_read_as_words() -> None:
    assert str(Claim(Role.TRASH)) == "role \\Trash"
    assert str(Claim(Role.JUNK, "Posta indesiderata")) == 'named "Posta indesiderata"'


def test_folders_without_mail() -> None:
    for name in (
        "Kalender",
        "Calendário",
        "Kalenteri",
        "Naptár",
        "Takvim",
        "Ημερολόγιο",
        "לוח שנה",
        "予定表",
        "日历",
        "行事曆",
        "일정",
        "Календар",
    ):
        assert is_non_mail((name,)), name
    assert not is_non_mail(("工作",))  # tasks, and what somebody calls his folder about work
    assert is_non_mail(("INBOX", "tâches"))
    assert not is_non_mail(("Work", "Kalender"))
    assert not is_non_mail(("Mail",))


def test_the_data_holds_every_fact_of_the_reference() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no {REFERENCE.name} beside the project to compare with")
    reference = json.loads(REFERENCE.read_text("utf-8"))
    ours = tomllib.loads(resources.files("trasloco.plan").joinpath("folder_names.toml").read_text("utf-8"))
    lists = ours["roles"] | {"outlook_nonmail": ours["outlook"]["non_mail"], "other_noise": ours["noise"]["names"]}
    told = {role: [item["name"] for item in items] for role, items in reference["roles"].items()}
    # Of Outlook's folders we know more languages than the reference has.
    assert set(told["outlook_nonmail"]) <= set(lists["outlook_nonmail"])
    assert told == lists | {"outlook_nonmail": told["outlook_nonmail"]}
    assert {name: sorted(roles) for name, roles in ours["ambiguous"].items()} == reference["ambiguous"]


def test_every_name_of_the_reference_is_known_as_it_comes_on_the_wire() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no {REFERENCE.name} beside the project to compare with")
    reference = json.loads(REFERENCE.read_text("utf-8"))
    for role, items in reference["roles"].items():
        for item in items:
            name = utf7.decode_name(item["mutf7"].encode())
            assert fold_name(name) == item["key"]
            if role in set(Role):
                assert role in roles_by_name((unicodedata.normalize("NFD", name).upper().swapcase(),)) or role in roles_by_name((name,))
                assert role in roles_by_name((unicodedata.normalize("NFD", name),))
