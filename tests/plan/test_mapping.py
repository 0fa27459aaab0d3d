from __future__ import annotations

import dataclasses
import itertools
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trasloco.imap import utf7
from trasloco.imap.values import Mailbox, Namespace, Namespaces
from trasloco.plan.mapping import Mapping, Pair, Rule, Rules, map_folders

PLAIN = Namespaces(personal=(Namespace(b"", "/"),))
DOTTED = Namespaces(personal=(Namespace(b"INBOX.", "."),), shared=(Namespace(b"shared.", "."),))
EVERYTHING = Rules(skip_roles=())


def box(name: str | bytes, *attributes: str, delimiter: str | None = "/", subscribed: bool = False) -> Mailbox:
    wire = name if isinstance(name, bytes) else utf7.encode(name)
    return Mailbox(wire, delimiter, frozenset(attribute.lower() for attribute in attributes), subscribed)


def boxes(*names: str, delimiter: str | None = "/") -> list[Mailbox]:
    return [box(name, delimiter=delimiter) for name in names]


def names(mapping: Mapping) -> dict[bytes, bytes]:
    return {pair.source.name: pair.destination for pair in mapping.pairs if not pair.container}


def pair_of(mapping: Mapping, source: str) -> Pair:
    return next(pair for pair in mapping.pairs if pair.source.name == utf7.encode(source))


def to_plain(
    *source: Mailbox, there: tuple[Mailbox, ...] = (), rules: Rules = EVERYTHING, bound: dict[bytes, bytes] | None = None
) -> Mapping:
    return map_folders(source, PLAIN, [box("INBOX"), *there], PLAIN, rules=rules, bound=bound)


# Prefixes and delimiters


def test_a_tree_keeps_its_names_between_like_servers() -> None:
    mapping = to_plain(*boxes("INBOX", "Work", "Work/Ärger", "INBOX/Old"))
    assert names(mapping) == {name: name for name in (b"INBOX", b"Work", b"Work/&AMQ-rger", b"INBOX/Old")}
    assert [pair.exists for pair in mapping.pairs] == [True, False, False, False]
    assert [pair.create for pair in mapping.pairs] == [False, True, True, True]
    assert all(pair.renamed == "" for pair in mapping.pairs)


def test_an_inbox_prefix_is_taken_off() -> None:
    source = boxes("INBOX", "INBOX.Sent", "INBOX.Work.2024", "INBOX.Work", delimiter=".")
    mapping = map_folders(source, DOTTED, boxes("INBOX"), PLAIN, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"INBOX.Sent": b"Sent", b"INBOX.Work": b"Work", b"INBOX.Work.2024": b"Work/2024"}
    assert pair_of(mapping, "INBOX.Work.2024").path == ("Work", "2024")


def test_an_inbox_prefix_is_inferred_without_namespace() -> None:
    source = boxes("INBOX", "INBOX.Sent", "INBOX.Work.2024", delimiter=".")
    mapping = map_folders(source, None, boxes("INBOX"), PLAIN, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"INBOX.Sent": b"Sent", b"INBOX.Work.2024": b"Work/2024"}


def test_no_prefix_is_inferred_when_one_folder_stands_outside() -> None:
    mapping = map_folders(boxes("INBOX", "INBOX/A", "B"), None, boxes("INBOX"), PLAIN, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"INBOX/A": b"INBOX/A", b"B": b"B"}


def test_a_prefix_is_put_on_and_both_foo_survive() -> None:
    mapping = map_folders(boxes("INBOX", "Foo", "INBOX/Foo", "INBOX/Bar"), PLAIN, boxes("INBOX", delimiter="."), DOTTED, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"Foo": b"INBOX.Foo", b"INBOX/Foo": b"INBOX.Foo (2)", b"INBOX/Bar": b"INBOX.Bar"}
    assert pair_of(mapping, "Foo").renamed == ""
    assert pair_of(mapping, "INBOX/Bar").renamed == "the destination keeps every folder below INBOX"
    assert "another folder" in pair_of(mapping, "INBOX/Foo").renamed


def test_both_foo_keep_their_names_between_plain_servers() -> None:
    assert names(to_plain(*boxes("INBOX", "Foo", "INBOX/Foo"))) == {name: name for name in (b"INBOX", b"Foo", b"INBOX/Foo")}


def test_inbox_in_any_case_is_inbox() -> None:
    mapping = to_plain(box("Inbox"), box("inbox/Foo"), box("INBOX/foo"))
    assert names(mapping) == {b"Inbox": b"INBOX", b"inbox/Foo": b"INBOX/Foo", b"INBOX/foo": b"INBOX/foo"}


def test_two_spellings_of_one_inbox_child_stay_two_folders() -> None:
    mapping = to_plain(box("INBOX"), box("INBOX/Foo"), box("Inbox/Foo"))
    assert sorted(names(mapping).values()) == [b"INBOX", b"INBOX/Foo", b"INBOX/Foo (2)"]


def test_a_folder_named_inbox_below_the_prefix_is_not_the_inbox() -> None:
    source = boxes("INBOX", "INBOX.INBOX", "INBOX.INBOX.Deep", delimiter=".")
    mapping = map_folders(source, DOTTED, boxes("INBOX"), PLAIN, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"INBOX.INBOX": b"INBOX (2)", b"INBOX.INBOX.Deep": b"INBOX (2)/Deep"}
    back = map_folders(source, DOTTED, boxes("INBOX", delimiter="."), DOTTED, rules=EVERYTHING)
    assert names(back) == {name: name for name in (b"INBOX", b"INBOX.INBOX", b"INBOX.INBOX.Deep")}


def test_each_folder_is_split_by_its_own_delimiter() -> None:
    mapping = to_plain(box("INBOX", delimiter=None), box("a.b", delimiter="."), box("c.d", delimiter=None))
    assert names(mapping) == {b"INBOX": b"INBOX", b"a.b": b"a/b", b"c.d": b"c.d"}


def test_a_destination_without_subfolders_flattens() -> None:
    mapping = map_folders(boxes("INBOX", "A/B", "A", "INBOX/C"), PLAIN, boxes("INBOX", delimiter=None), None, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"A": b"A", b"A/B": b"A_B", b"INBOX/C": b"C"}


def test_a_parent_that_takes_no_children_flattens() -> None:
    there = [box("INBOX", "\\Noinferiors"), box("A", "\\Noinferiors")]
    mapping = map_folders(boxes("INBOX", "INBOX/C", "INBOX/C/D", "A", "A/B"), PLAIN, there, PLAIN, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"INBOX/C": b"C", b"INBOX/C/D": b"C/D", b"A": b"A", b"A/B": b"A_B"}
    assert "takes no folders below" in pair_of(mapping, "A/B").renamed


def test_other_peoples_folders_are_left_out_and_named() -> None:
    spaces = Namespaces((Namespace(b"INBOX.", "."),), (Namespace(b"user.", "."),), (Namespace(b"", "."),))
    source = boxes("INBOX", "INBOX.Mine", "user.anna", "Public", delimiter=".")
    mapping = map_folders(source, spaces, boxes("INBOX"), PLAIN)
    assert names(mapping) == {b"INBOX": b"INBOX", b"INBOX.Mine": b"Mine"}
    assert {item.display: item.kind for item in mapping.left_out} == {"user.anna": Rule.FOREIGN, "Public": Rule.FOREIGN}


def test_no_folder_is_put_where_the_destination_keeps_other_peoples() -> None:
    spaces = Namespaces((Namespace(b"", "/"),), (Namespace(b"Other Users/", "/"),), ())
    mapping = map_folders(boxes("INBOX", "Other Users", "Other Users/x"), PLAIN, boxes("INBOX"), spaces, rules=EVERYTHING)
    assert names(mapping)[b"Other Users"] == b"Other Users (2)"
    assert names(mapping)[b"Other Users/x"] == b"Other Users (2)/x"


# Names


def test_the_destinations_delimiter_in_a_name_is_replaced_and_told() -> None:
    source = [box("INBOX", delimiter="."), box("a/b", delimiter="."), box("a_b", delimiter=".")]
    mapping = map_folders(source, None, boxes("INBOX"), PLAIN, rules=EVERYTHING)
    assert names(mapping) == {b"INBOX": b"INBOX", b"a_b": b"a_b", b"a/b": b"a_b (2)"}
    assert '"/" separates levels' in pair_of(mapping, "a/b").renamed
    assert pair_of(mapping, "a_b").renamed == ""


def test_empty_levels_and_control_characters_are_replaced() -> None:
    mapping = to_plain(box("INBOX"), box("a//b"), box("/c"), box(b"d/"), box(b"e\x07"))
    assert names(mapping) == {b"INBOX": b"INBOX", b"a//b": b"a/_/b", b"/c": b"_/c", b"d/": b"d/_", b"e\x07": b"e_"}


def test_names_that_are_not_modified_utf7_are_read_as_sent() -> None:
    mapping = to_plain(box("INBOX"), box(b"R&D"), box("Grüße".encode()), box("Grüße".encode("latin-1")))
    assert names(mapping)[b"R&D"] == b"R&-D"
    assert sorted(names(mapping).values())[:2] == [b"Gr&APwA3w-e", b"Gr&APwA3w-e (2)"]


def test_long_names_are_cut_apart() -> None:
    first, second = "ä" * 190 + "1", "ä" * 190 + "2"
    mapping = to_plain(box("INBOX"), box(first), box(second))
    made = [pair.destination for pair in mapping.pairs if pair.destination != b"INBOX"]
    assert len(set(made)) == 2
    assert all(len(name) <= 200 for name in made)
    assert "shortened" in pair_of(mapping, first).renamed


def test_names_alike_but_for_normal_form_are_not_merged() -> None:
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    mapping = to_plain(box("INBOX"), box(composed), box(decomposed))
    assert len({unicodedata.normalize("NFC", pair.destination_display) for pair in mapping.pairs}) == 3


def test_a_destination_that_ignores_case_gets_no_two_names_alike() -> None:
    mapping = to_plain(*boxes("INBOX", "foo", "Foo"), there=(box("Foo"),), rules=Rules(case_insensitive=True))
    assert names(mapping) == {b"INBOX": b"INBOX", b"Foo": b"Foo", b"foo": b"foo (2)"}


def test_spaces_quotes_and_wildcards_stay() -> None:
    kept = [" lead", "trail ", 'q"uote', "back\\slash", "50%*", "~tilde", "#hash", "😀"]
    assert {pair.destination_display for pair in to_plain(*boxes(*kept)).pairs} == set(kept)


# Containers, existing folders, subscriptions


def test_an_unselectable_parent_is_only_a_container() -> None:
    mapping = to_plain(box("INBOX"), box("A", "\\Noselect"), box("A/B"), box("Lonely", "\\NonExistent"))
    assert [(pair.display, pair.container, pair.create) for pair in mapping.pairs] == [
        ("INBOX", False, False),
        ("A", True, False),
        ("A/B", False, True),
    ]


def test_an_unselectable_folder_on_the_destination_is_created() -> None:
    pair = pair_of(to_plain(box("INBOX"), box("A"), there=(box("A", "\\Noselect"),)), "A")
    assert (pair.exists, pair.create) == (False, True)


def test_only_missing_subscriptions_are_asked_for() -> None:
    source = [box("INBOX", subscribed=True), box("A", subscribed=True), box("B", subscribed=True), box("C")]
    mapping = to_plain(*source, there=(box("A", subscribed=True),))
    assert {pair.display: pair.subscribe for pair in mapping.pairs} == {"INBOX": True, "A": False, "B": True, "C": False}


# Roles


def test_roles_meet_by_attribute_whatever_the_names() -> None:
    mapping = to_plain(box("INBOX"), box("Gesendete Objekte", "\\Sent"), box("Gesendete Objekte/2023"), there=(box("Sent", "\\Sent"),))
    assert names(mapping)[b"Gesendete Objekte"] == b"Sent"
    assert names(mapping)[b"Gesendete Objekte/2023"] == b"Sent/2023"
    pair = pair_of(mapping, "Gesendete Objekte")
    assert (pair.role, pair.exists, pair.special_use) == ("sent", True, "")
    assert pair.renamed == "the destination's \\Sent folder"
    assert pair_of(mapping, "Gesendete Objekte/2023").renamed == "its parent folder has another name there"


def test_roles_meet_by_name_in_any_language() -> None:
    mapping = to_plain(box("INBOX"), box("Posta inviata"), box("Entwürfe"), there=(box("Sent"), box("Drafts")))
    assert names(mapping)[b"Posta inviata"] == b"Sent"
    assert pair_of(mapping, "Entwürfe").destination == b"Drafts"


def test_one_folder_per_role_and_the_attribute_wins() -> None:
    mapping = to_plain(box("INBOX"), box("Sent"), box("Sent Items", "\\Sent"), box("Inviati"), there=(box("Sent", "\\Sent"),))
    assert names(mapping) == {b"INBOX": b"INBOX", b"Sent Items": b"Sent", b"Sent": b"Sent (2)", b"Inviati": b"Inviati"}
    assert [pair.display for pair in mapping.pairs if pair.role == "sent"] == ["Sent Items"]


def test_without_attributes_the_name_of_the_destination_wins() -> None:
    mapping = to_plain(*boxes("INBOX", "Inviati", "Sent"), there=(box("Sent", "\\Sent"),))
    assert names(mapping) == {b"INBOX": b"INBOX", b"Sent": b"Sent", b"Inviati": b"Inviati"}


def test_a_missing_role_is_declared_on_creation() -> None:
    mapping = to_plain(box("INBOX"), box("Verzonden items"), box("Archief", "\\Archive"), box("Alles", "\\All"))
    assert pair_of(mapping, "Verzonden items").special_use == "\\Sent"
    assert pair_of(mapping, "Archief").special_use == "\\Archive"
    assert pair_of(mapping, "Alles").special_use == ""


def test_nothing_lands_in_the_destinations_trash_or_views() -> None:
    there = (box("Deleted", "\\Trash"), box("Everything", "\\All"))
    mapping = to_plain(box("INBOX"), box("Deleted", "\\Archive"), box("Everything"), there=there)
    assert names(mapping) == {b"INBOX": b"INBOX", b"Deleted": b"Deleted (2)", b"Everything": b"Everything (2)"}


def test_gmail_folders_without_special_treatment() -> None:
    source = [
        box("INBOX"),
        box("[Gmail]", "\\Noselect"),
        box("[Gmail]/Posta inviata", "\\Sent"),
        box("[Gmail]/Spam", "\\Junk"),
        box("Lists"),
    ]
    mapping = to_plain(*source, there=(box("Sent", "\\Sent"),), rules=Rules())
    assert names(mapping) == {b"INBOX": b"INBOX", b"Lists": b"Lists", b"[Gmail]/Posta inviata": b"Sent"}
    assert [item.words for item in mapping.left_out] == ["Junk is left out (role \\Junk)"]


# What is left out


def test_trash_and_junk_are_left_out_with_what_is_below() -> None:
    mapping = to_plain(
        box("INBOX"),
        box("Trash", "\\Trash"),
        box("Trash/Old"),
        box("Posta indesiderata"),
        box("Papierkorb"),
        box("Work/Trash"),
        rules=Rules(),
    )
    assert names(mapping) == {b"INBOX": b"INBOX", b"Work/Trash": b"Work/Trash"}
    assert {item.display: item.words for item in mapping.left_out} == {
        "Trash": "Trash is left out (role \\Trash)",
        "Trash/Old": 'inside "Trash": Trash is left out (role \\Trash)',
        "Posta indesiderata": 'Junk is left out (named "Posta indesiderata")',
        "Papierkorb": 'Trash is left out (named "Papierkorb")',
    }


def test_the_operators_list_matches_subfolders_too() -> None:
    rules = Rules(skip_folders=("lists/*-DEV", "Old?", "[x]"))
    mapping = to_plain(*boxes("INBOX", "Lists/py-dev", "Lists/py-dev/2020", "Lists/py", "Old1", "Old", "[x]", "x"), rules=rules)
    assert set(names(mapping)) == {b"INBOX", b"Lists/py", b"Old", b"x"}
    assert {item.words for item in mapping.left_out} == {
        'left out by --skip-folder "lists/*-DEV"',
        'inside "Lists/py-dev": left out by --skip-folder "lists/*-DEV"',
        'left out by --skip-folder "Old?"',
        'left out by --skip-folder "[x]"',
    }


def test_skipping_inbox_does_not_skip_what_a_prefix_puts_below_it() -> None:
    source = boxes("INBOX", "INBOX.A", delimiter=".")
    mapping = map_folders(source, DOTTED, boxes("INBOX"), PLAIN, rules=Rules(skip_folders=("inbox",)))
    assert names(mapping) == {b"INBOX.A": b"A"}


def test_outlooks_folders_without_mail_are_left_out_only_when_told() -> None:
    source = boxes("INBOX", "Kalender", "Sync Issues/Conflicts", "Sync Issues")
    assert len(to_plain(*source).pairs) == 4
    assert names(to_plain(*source, rules=Rules(skip_non_mail=True))) == {b"INBOX": b"INBOX"}


# Bound pairs and second tries


def test_bound_pairs_stay_and_their_children_follow() -> None:
    bound = {b"A": b"Renamed", b"Gone": b"B"}
    mapping = to_plain(*boxes("INBOX", "A", "A/Child", "B"), there=(box("Sent", "\\Sent"),), bound=bound)
    assert names(mapping) == {b"INBOX": b"INBOX", b"A": b"Renamed", b"A/Child": b"Renamed/Child", b"B": b"B (2)"}


def test_children_follow_a_bound_parent_that_is_no_longer_listed() -> None:
    mapping = to_plain(*boxes("INBOX", "A/New"), bound={b"A": b"Other"})
    assert names(mapping)[b"A/New"] == b"Other/New"


def test_a_namesake_on_the_destination_is_taken_before_the_role_folder() -> None:
    mapping = to_plain(box("INBOX"), box("Sent Items", "\\Sent"), box("Sent"), there=(box("Sent", "\\Sent"), box("Sent Items")))
    assert names(mapping) == {b"INBOX": b"INBOX", b"Sent Items": b"Sent Items", b"Sent": b"Sent"}


def test_alternatives_are_free_different_and_end_with_a_plain_name() -> None:
    mapping = to_plain(*boxes("INBOX", ' a"b.c* ', "a_b.c_"))
    pair = pair_of(mapping, ' a"b.c* ')
    tries = list(mapping.alternatives(pair, "Invalid mailbox name: Character not allowed: '\"'"))
    assert tries[0].path == ('a"b.c*',)
    assert tries[1].path == (" a_b.c* ",)
    assert len({item.destination for item in tries}) == len(tries)
    assert not {item.destination for item in tries} & set(names(mapping).values())
    assert tries[-1].destination.startswith(b"folder-")
    assert tries == list(mapping.alternatives(pair, "Invalid mailbox name: Character not allowed: '\"'"))


def test_alternatives_keep_the_parents_that_exist_and_bring_inbox_children_up() -> None:
    mapping = to_plain(*boxes("INBOX", "INBOX/A:1", "B:2", "B:2/C:3"))
    assert "A:1" in [item.path[0] for item in mapping.alternatives(pair_of(mapping, "INBOX/A:1"))]
    below = [item for item in mapping.alternatives(pair_of(mapping, "B:2/C:3")) if len(item.path) == 2]
    assert below
    assert all(item.path[0] == "B:2" for item in below)


def test_an_accepted_alternative_is_bound_and_its_children_follow() -> None:
    source = boxes("INBOX", "A:1", "A:1/B")
    first = to_plain(*source)
    accepted = next(first.alternatives(pair_of(first, "A:1")))
    second = to_plain(*source, bound={b"A:1": accepted.destination})
    assert names(second)[b"A:1/B"] == accepted.destination + b"/B"


# Random trees

LEVELS = st.sampled_from(
    [
        "INBOX",
        "inbox",
        "Sent",
        "Sent Items",
        "Trash",
        "Lixo",
        "Archiv",
        "a",
        "A",
        "a_b",
        "a/b",
        "a.b",
        "a (2)",
        "",
        "é",
        "e\u0301",
        "x" * 230,
    ]
)
ATTRIBUTES = st.sampled_from([(), (), (), ("\\noselect",), ("\\sent",), ("\\trash",), ("\\archive",), ("\\noinferiors",), ("\\all",)])
SPACES = st.sampled_from([None, PLAIN, DOTTED, Namespaces((Namespace(b"", "."),), (Namespace(b"a.", "."),), ())])


Tree = tuple[list[Mailbox], Namespaces | None]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    spaces = draw(SPACES)
    delimiter = spaces.personal[0].delimiter if spaces else draw(st.sampled_from(["/", ".", "_", None]))
    prefix = spaces.personal[0].prefix if spaces else b""
    tree = {b"INBOX": box("INBOX", delimiter=delimiter)}
    for levels in draw(st.lists(st.lists(LEVELS, min_size=1, max_size=3), max_size=12)):
        plain = [level.replace(delimiter, "") if delimiter else level for level in levels]
        name = prefix + (delimiter or "").encode().join(utf7.encode(level) for level in plain)
        if name and name.upper() != b"INBOX":
            tree[name] = box(name, *draw(ATTRIBUTES), delimiter=delimiter)
    return list(tree.values()), spaces


def check_sound(mapping: Mapping) -> None:
    made = [pair.destination for pair in mapping.pairs if not pair.container]
    assert len(set(made)) == len(made)
    new = [unicodedata.normalize("NFC", pair.destination_display) for pair in mapping.pairs if pair.create]
    assert len(set(new)) == len(new)
    delimiter = mapping._placement.layout.delimiter
    seen: list[tuple[str, ...]] = []
    for pair in mapping.pairs:
        levels = mapping._placement.levels_of_name(pair.destination)
        assert pair.exists or all(level and not (delimiter and delimiter in level) for level in levels)
        assert not any(later[: len(levels)] == levels for later in seen if len(later) > len(levels)), "a child before its parent"
        seen.append(levels)
        assert (pair.renamed == "") == (pair.path == pair.destination_path)


@settings(max_examples=400, deadline=None)
@given(trees(), trees(), st.booleans())
def test_random_trees_map_soundly(source: Tree, there: Tree, skip: bool) -> None:
    rules = Rules() if skip else EVERYTHING
    mapping = map_folders(*source, *there, rules=rules)
    check_sound(mapping)
    assert mapping == map_folders(list(reversed(source[0])), source[1], list(reversed(there[0])), there[1], rules=rules)
    selectable = {mailbox.name for mailbox in source[0] if mailbox.selectable}
    copied = {pair.source.name for pair in mapping.pairs if not pair.container}
    left_out = {item.source.name for item in mapping.left_out}
    assert copied | left_out == selectable
    assert not copied & left_out
    for pair in itertools.islice(mapping.pairs, 3):
        others = {other.destination for other in mapping.pairs if not other.container}
        assert all(item.destination not in others for item in mapping.alternatives(pair))


@settings(max_examples=400, deadline=None)
@given(trees(), trees())
@example((boxes("INBOX", "Sent", "Sent Items"), PLAIN), (boxes("INBOX"), PLAIN))
def test_mapping_again_gives_the_same_with_and_without_the_bindings(source: Tree, there: Tree) -> None:
    first = map_folders(*source, *there, rules=EVERYTHING)
    listed = {mailbox.name: mailbox for mailbox in there[0]}
    delimiter = first._placement.layout.delimiter
    for pair in first.pairs:
        if pair.create:
            old = listed.get(pair.destination, Mailbox(pair.destination, delimiter))
            listed[pair.destination] = dataclasses.replace(old, attributes=old.attributes - {"\\noselect"})
    bound = map_folders(*source, list(listed.values()), there[1], rules=EVERYTHING, bound=names(first))
    check_sound(bound)
    assert names(bound) == names(first)
    if there[1] is not None:  # without NAMESPACE the prefix of the destination is inferred from what is there
        assert names(map_folders(*source, list(listed.values()), there[1], rules=EVERYTHING)) == names(first)


@pytest.mark.parametrize("case_insensitive", [False, True])
def test_a_large_tree_is_quick(case_insensitive: bool) -> None:
    source = boxes("INBOX", *(f"Projects/{number % 50}/Folder {number}" for number in range(10_000)))
    mapping = to_plain(*source, rules=Rules(case_insensitive=case_insensitive))
    assert len(mapping.pairs) == 10_001
