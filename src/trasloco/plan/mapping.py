"""Which source folder goes into which destination folder. Pure: two trees in, pairs out.

The order of decisions, each stronger than the next:
1. What an earlier run has bound stays bound, whatever has been renamed since.
2. INBOX is INBOX.
3. A role goes to the destination's folder with that role: one source folder per role, chosen by
   attribute, then by likeness of name. Where the destination has none, the folder keeps its name
   and ``special_use`` says what CREATE may declare (RFC 6154 section 3). Where the destination has a
   folder of the very same name, that one is meant: it is what an aborted try has left, and mapping
   the tree again after its folders were created must give the same pairs, ledger or not.
4. Every other folder keeps its path, below wherever its parent went: the source's prefix taken off,
   the destination's put on, the delimiter translated.
5. Names the destination cannot hold are changed, and a name taken already gets " (2)": first come
   the exact names, then the changed ones, so that no folder loses its name to a makeshift.

No two source folders ever share a destination folder. A folder that holds no mail in itself
(\\Noselect) gives a ``container`` pair when something below it is copied: never to be selected or
created for its own sake, since servers make parents by themselves (RFC 9051 6.3.4).

When the destination refuses a name, take ``Mapping.alternatives``, bind the pair to what was
accepted and map again with that binding: the folders below follow.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trasloco.imap.values import Mailbox, Namespaces
from trasloco.plan import naming
from trasloco.plan.clauses import in_a_row
from trasloco.plan.labels import below_root
from trasloco.plan.layout import INBOX, Layout
from trasloco.plan.left_out import LeftOut, Rule, Rules
from trasloco.plan.placement import Levels, Placement
from trasloco.plan.roles import Role, fold_name
from trasloco.plan.source_tree import Node, grow
from trasloco.sentence import sentence as _

__all__ = ["Alternative", "LeftOut", "Mapping", "Pair", "Rule", "Rules", "map_folders"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One source folder and its place on the destination.

    path, destination_path: decoded levels without the side's prefix, for display.
    role: the role this pair has on the destination (``roles.Role`` value), "" for an ordinary folder.
    destination: wire bytes, exactly as listed when the folder exists.
    exists: it is there and can be selected. create: it is to be created (also when a \\Noselect one is there).
    container: holds no mail; only the parent of other pairs; neither created nor selected.
    subscribe: subscribed on the source, not on the destination.
    special_use: attribute for CREATE ... (USE (...)), "\\\\Sent", "" for none; a server may refuse it.
    renamed: why the destination's path is not the source's, in words; "" when it is the same.
    """

    source: Mailbox
    path: tuple[str, ...]
    role: str
    destination: bytes
    destination_path: tuple[str, ...]
    exists: bool
    create: bool
    subscribe: bool
    container: bool = False
    special_use: str = ""
    renamed: str = ""

    @property
    def display(self) -> str:
        return "/".join(self.path)

    @property
    def destination_display(self) -> str:
        return "/".join(self.destination_path)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another destination name for a refused one. exists: it is there already, CREATE is not needed."""

    destination: bytes
    path: tuple[str, ...]
    exists: bool
    words: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """The plan of one account: ``pairs`` in the order of creation (parents first), and what is left out."""

    pairs: tuple[Pair, ...]
    left_out: tuple[LeftOut, ...]
    _placement: Placement = field(repr=False, compare=False)

    def alternatives(self, pair: Pair, words: str = "") -> Iterator[Alternative]:
        """Names to try when the destination refused to create ``pair``'s; ``words``: the server's answer.

        None of them is another pair's. Least change first; the order is always the same."""
        place = self._placement
        levels = place.levels_of_name(pair.destination)
        parents = {place.levels_of_name(other.destination) for other in self.pairs if not other.container}
        fixed = next((n for n in range(len(levels) - 1, 0, -1) if levels[:n] in parents or place.existing(levels[:n])), 0)
        for attempt in naming.alternatives(levels, words, fixed=fixed, base=place.base):
            mark = place.layout.delimiter
            if not all(level and not (mark and mark in level) for level in attempt.levels):
                continue
            if place.objection(attempt.levels, Role(pair.role) if pair.role else None):
                continue
            there = place.existing(attempt.levels)
            wire = there.name if there else place.layout.wire(attempt.levels)
            yield Alternative(wire, place.layout.path(attempt.levels), there is not None and there.selectable, attempt.words)


def map_folders(
    source: Sequence[Mailbox],
    source_namespaces: Namespaces | None,
    destination: Sequence[Mailbox],
    destination_namespaces: Namespaces | None,
    *,
    bound: collections.abc.Mapping[bytes, bytes] | None = None,
    rules: Rules | None = None,
) -> Mapping:
    """Plan one account.

    source, destination: all of LIST of each side; namespaces None = the server has no NAMESPACE.
    bound: source wire name -> destination wire name of earlier runs; also those whose source is gone
    keep their destination to themselves.
    """
    rules = rules or Rules()
    tree = grow(source, Layout.of(source, source_namespaces), rules)
    layout = Layout.of(destination, destination_namespaces)
    placement = Placement(destination, layout, case_insensitive=rules.case_insensitive)
    planner = _Planner(tree.nodes, placement, dict(bound or {}))
    planner.place_all()
    pairs = [planner.pair(node) for node in tree.nodes if node.live and node.mailbox is not None]
    pairs.sort(key=lambda pair: len(placement.levels_of_name(pair.destination)))
    return Mapping(tuple(pairs), tree.left_out, placement)


Placed = tuple[Levels, tuple[str, ...]]
"""Full destination levels, and why they are not the folder's own."""


class _Planner:
    """The state of one ``map_folders``: where each node goes, and why not elsewhere."""

    def __init__(self, nodes: Sequence[Node], placement: Placement, bound: dict[bytes, bytes]) -> None:
        self.nodes = [node for node in nodes if node.live]
        self.placement = placement
        self.bound = bound
        self.place: dict[Node, Levels] = {}
        self.why: dict[Node, tuple[str, ...]] = {}
        self.role: dict[Node, Role] = self._role_holders()

    def _bound_name(self, node: Node) -> bytes | None:
        return self.bound.get(node.name)

    def _role_holders(self) -> dict[Node, Role]:
        """The one source folder that stands for each role."""
        holders: dict[Node, Role] = {}
        for role in Role:
            there = self.placement.role_folders(role)
            name = fold_name(self.placement.levels_of(there[0][1])[-1]) if there else role.value
            able = [node for node in self.nodes if node.claim and node.claim.role is role and node.selectable and not node.left_out]

            def rank(node: Node, role: Role = role, name: str = name) -> tuple[bool, bool, bool, int]:
                own = fold_name(node.path[-1])
                return not (node.claim and node.claim.by_attribute), own != name, own != role.value, len(node.path)

            if able:
                holders[min(able, key=rank)] = role
        return holders

    def place_all(self) -> None:
        """Decide every node's place, in the order of the module's docstring.

        On trial first: a role's holder whose own name is there already keeps it. The name that another
        holder leaves for the role's folder is then free for nobody, lest the next mapping found it there
        and took it for the holder's own. Holders below holders follow them, so the upper ones come first."""
        moved: dict[Node, Levels] = {}
        kept_free: list[Levels] = []
        plain = {levels: node for node, (levels, _) in self._arrange(self.placement.fork(), {}, ()).items()}
        for node, role in sorted(self.role.items(), key=lambda item: item[0].depth):
            there = self._role_folder(role, node, plain)
            if there is None or self._bound_name(node) is not None:
                continue
            own, _ = self._arrange(self.placement.fork(), moved, kept_free)[node]
            namesake = self.placement.existing(own)
            if namesake is None or not namesake.selectable:
                moved[node] = self.placement.levels_of(there)
                if not node.wanted:
                    kept_free.append(own)
        for node, (levels, why) in self._arrange(self.placement, moved, kept_free).items():
            self.place[node], self.why[node] = levels, why

    def _role_folder(self, role: Role, holder: Node, plain: dict[Levels, Node]) -> Mailbox | None:
        """The destination's folder for a role: the declared one; else one that has only the name of it, unless
        another source folder goes there by its own name (it may be there only because that one was copied)."""
        for by_attribute, mailbox in self.placement.role_folders(role):
            if by_attribute or plain.get(self.placement.levels_of(mailbox), holder) is holder:
                return mailbox
        return None

    def _arrange(self, placement: Placement, moved: dict[Node, Levels], kept_free: Sequence[Levels]) -> dict[Node, Placed]:
        """Each node's place and why it is not its own, parents before children. ``moved``: to the role's folder."""
        placed: dict[Node, Placed] = {}
        placement.take_all(self.bound.values())
        for node in self.nodes:
            if (name := self._bound_name(node)) is not None:
                placed[node] = placement.levels_of_name(name), (_("as in an earlier run"),)
            elif node.inbox:
                placement.take((INBOX,))
                placed[node] = (INBOX,), ()
        for node, levels in moved.items():
            if placement.take(levels):
                placed[node] = levels, (_("the destination's %(role)s folder", role=self.role[node].attribute),)
        for levels in kept_free:
            placement.take(levels)
        waiting: dict[int, list[Node]] = {}
        for node in self.nodes:
            if node not in placed:
                waiting.setdefault(node.depth, []).append(node)
        for depth in sorted(waiting):
            self._arrange_level(placement, placed, waiting[depth])
        return placed

    @staticmethod
    def _arrange_level(placement: Placement, placed: dict[Node, Placed], nodes: list[Node]) -> None:
        """Place folders of one depth: those that keep an existing name, those that keep theirs, the changed."""
        proposals = []
        for node in nodes:
            parent = placed[node.parent][0] if node.parent is not None else placement.base
            role = node.claim.role if node.claim else None
            levels, reasons = placement.propose(parent, node.wanted or node.levels[-1])
            there = placement.existing(levels)
            exact = there is not None and placement.levels_of(there) == levels
            changed = bool(reasons) or bool(placement.objection(levels, role))
            proposals.append((changed, not node.selectable, not exact, node, role, levels, reasons))
        for *_order, node, role, levels, reasons in sorted(proposals, key=lambda item: item[:3]):
            settled, objections = placement.settle(levels, role)
            placed[node] = settled, (*reasons, *objections)

    def pair(self, node: Node) -> Pair:
        assert node.mailbox is not None
        there = self.placement.existing(self.place[node])
        levels = self.placement.levels_of(there) if there is not None else self.place[node]
        exists = there is not None and there.selectable
        container = not node.selectable or node.left_out is not None
        role = self.role.get(node)
        path = self.placement.layout.path(levels)
        listed = there.name if there is not None and exists else self.placement.layout.wire(levels)  # never "name/" of a \Noselect
        declare = role is not None and not exists and not role.view and not self.placement.role_folders(role)
        return Pair(
            source=node.mailbox,
            path=node.path,
            role=role.value if role else "",
            destination=self._bound_name(node) or listed,
            destination_path=path,
            exists=exists,
            create=not exists and not container,
            subscribe=node.mailbox.subscribed and not (there is not None and there.subscribed),
            container=container,
            special_use=role.attribute if role and declare else "",
            renamed=self._renamed(node, path),
        )

    def _renamed(self, node: Node, path: Levels) -> str:
        if path == node.path:
            return ""
        if self.why[node]:
            return in_a_row(self.why[node])
        if node.wanted:
            return _("mail without a label of its own, which is the archive")
        if below_root(node.path) and node.parent is None:
            return _("Gmail's own folders stand at the top")
        if node.parent is not None and node.parent.inbox and self.placement.base == (INBOX,):
            return _("the destination keeps every folder below INBOX")
        if path[-1:] != node.path[-1:]:
            return _("the destination has it in another spelling")
        return _("its parent folder has another name there")
