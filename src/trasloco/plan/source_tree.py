"""The source's folders as a tree of nodes: levels, roles, what is left out. Pure, one pass each.

A node stands for one full path of wire levels. Most carry a ``Mailbox``; a level that no LIST line
named ("A" when only "A/B" was listed) is a node without one. Two names that differ on the wire but
have the same levels (two spellings of INBOX's children) are two nodes, never one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trasloco.imap import utf7
from trasloco.imap.values import Mailbox
from trasloco.plan.labels import ARCHIVE, below_root, label_claim, mark_of
from trasloco.plan.layout import INBOX, Layout, decoded
from trasloco.plan.left_out import Judge, LeftOut, Rule, Rules
from trasloco.plan.roles import Claim, Role, claims, role_by_attribute
from trasloco.sentence import sentence as _


@dataclass(slots=True, eq=False)
class Node:
    """One folder of the source.

    name: wire bytes, also of a level nobody listed. levels: full, decoded.
    path: without the source's prefix, as displayed. parent: None at the top.
    left_out: the rule and its words, None if the folder is to be copied.
    live: it is to be copied, or something below it is. wanted: the name it is to have instead of its own, "" = its own.
    """

    mailbox: Mailbox | None
    name: bytes
    levels: tuple[str, ...]
    path: tuple[str, ...]
    parent: Node | None
    claim: Claim | None = None
    left_out: tuple[Rule, str] | None = None
    live: bool = False
    children: list[Node] = field(default_factory=list)
    wanted: str = ""

    @property
    def inbox(self) -> bool:
        return self.levels == (INBOX,)

    @property
    def selectable(self) -> bool:
        return self.mailbox is not None and self.mailbox.selectable

    @property
    def depth(self) -> int:
        """1 at the top."""
        depth, node = 1, self
        while node.parent is not None:
            depth, node = depth + 1, node.parent
        return depth

    @property
    def display(self) -> str:
        return "/".join(self.path)


@dataclass(frozen=True, slots=True)
class SourceTree:
    """All personal nodes, parents before children, in the order of their wire names; and what is left out."""

    nodes: tuple[Node, ...]
    left_out: tuple[LeftOut, ...]


def grow(mailboxes: Sequence[Mailbox], layout: Layout, rules: Rules) -> SourceTree:
    """Read a LIST into a tree and judge every folder."""
    foreign = []
    nodes: dict[tuple[bytes, ...], Node] = {}
    for mailbox in sorted(set_of(mailboxes), key=lambda item: (len(layout.raw_levels(item)), item.name)):
        prefix = layout.foreign_prefix(mailbox.name)
        if prefix is None:
            _plant(nodes, mailbox, layout)
        elif mailbox.selectable:
            words = _(
                'not part of this mailbox: in the namespace "%(prefix)s" of other users or shared folders', prefix=utf7.decode_name(prefix)
            )
            foreign.append(LeftOut(mailbox, utf7.decode_name(mailbox.name), Rule.FOREIGN, words))
    ordered = sorted(nodes.items(), key=lambda item: (len(item[0]), item[0] != (b"INBOX",), item[0]))
    tree = tuple(node for _, node in ordered)
    _judge(tree, rules)
    for node in reversed(tree):
        node.live = (node.selectable and node.left_out is None) or any(child.live for child in node.children)
    return SourceTree(tree, (*_listed(tree), *foreign))


def set_of(mailboxes: Sequence[Mailbox]) -> Iterator[Mailbox]:
    """Each wire name once; INBOX is one name in whatever case (RFC 9051 5.1). The first line counts."""
    seen = set()
    for mailbox in mailboxes:
        name = b"INBOX" if mailbox.name.upper() == b"INBOX" else mailbox.name
        if name and name not in seen:
            seen.add(name)
            yield mailbox


def _plant(nodes: dict[tuple[bytes, ...], Node], mailbox: Mailbox, layout: Layout) -> None:
    key = layout.raw_levels(mailbox)
    while key in nodes and nodes[key].mailbox is not None:
        key = (*key[:-1], key[-1] + b"\0")  # same levels, other bytes: a NUL cannot come from the wire
    node = _node(nodes, key, layout)
    node.mailbox = mailbox
    node.name = mailbox.name


def _node(nodes: dict[tuple[bytes, ...], Node], key: tuple[bytes, ...], layout: Layout) -> Node:
    """The node of these levels, made with its parents when it is not there."""
    if key in nodes:
        return nodes[key]
    levels = decoded(tuple(level.rstrip(b"\0") for level in key))
    parent = None if len(key) == 1 or levels[:-1] == layout.base else _node(nodes, key[:-1], layout)
    node = nodes[key] = Node(None, layout.join(key), levels, layout.path(levels), parent)
    if key != (b"INBOX",) and levels == (INBOX,):
        node.levels = (INBOX, "")  # a second INBOX is not the INBOX
    if parent is not None:
        parent.children.append(node)
    return node


def _judge(tree: Sequence[Node], rules: Rules) -> None:
    judge = Judge(rules)
    marks = _read_labels(tree) if rules.labels else {}
    found = claims([(node.mailbox.attributes if node.mailbox else frozenset(), node.path) for node in tree])
    for node, claim in zip(tree, found, strict=True):
        node.claim = None if node.inbox else label_claim(claim) if rules.labels else claim
        if node.parent is not None and node.parent.left_out:
            rule, words = node.parent.left_out
            node.left_out = (
                rule,
                words if words.startswith("inside ") else _('inside "%(folder)s": %(why)s', folder=node.parent.display, why=words),
            )
        else:
            names = {node.display, "/".join(node.levels)} | ({utf7.decode_name(node.mailbox.name)} if node.mailbox else set())
            node.left_out = judge.verdict(node.path, names, node.claim, marks.get(node, ""))
    if rules.labels:
        _to_the_top(tree)


def _read_labels(tree: Sequence[Node]) -> dict[Node, str]:
    """All Mail under the archive's name; returns which of ``labels.MARKS`` the folders are."""
    marks = {}
    for node in tree:
        attributes = node.mailbox.attributes if node.mailbox else frozenset()
        if role_by_attribute(attributes) is Role.ALL:
            node.wanted = ARCHIVE
        marks[node] = mark_of(node.path, attributes)
    return marks


def _to_the_top(tree: Sequence[Node]) -> None:
    """Gmail's own folders have no place above them on the destination."""
    for node in tree:
        if below_root(node.path) and node.parent is not None:
            node.parent.children.remove(node)
            node.parent = None


def _listed(tree: Sequence[Node]) -> Iterator[LeftOut]:
    for node in tree:
        if node.left_out and node.mailbox is not None and node.mailbox.selectable:
            yield LeftOut(node.mailbox, node.display, *node.left_out)
