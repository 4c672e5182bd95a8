"""Writing a table's AIR node by node: equal nodes are one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zkcompliance.stark.air.program import RANGE_BUS, Constraint, Interaction, Kind, Node, Op, Sum, TableAir
from zkcompliance.stark.field.babybear import P


@dataclass(frozen=True)
class NodeRef:
    """A node of a table under construction, by its number; +, − and × make new ones. It has no truth value."""

    table: TableBuilder
    index: int

    def __add__(self, other: NodeRef | int) -> NodeRef:
        return self.table.node(Op.ADD, self.index, self.table.lift(other).index)

    def __sub__(self, other: NodeRef | int) -> NodeRef:
        return self.table.node(Op.SUB, self.index, self.table.lift(other).index)

    def __mul__(self, other: NodeRef | int) -> NodeRef:
        return self.table.node(Op.MUL, self.index, self.table.lift(other).index)

    def __bool__(self) -> bool:
        raise TypeError("a node has no truth value")


@dataclass(eq=False)
class TableBuilder:
    """Collects the nodes, constraints, interactions and sums of one table, over a log or (log None) private."""

    log: int | None = 0
    witness: int = 0
    _nodes: dict[Node, int] = field(default_factory=dict)
    _constraints: list[Constraint] = field(default_factory=list)
    _interactions: list[Interaction] = field(default_factory=list)
    _sums: list[Sum] = field(default_factory=list)
    _short: set[int] = field(default_factory=set)

    def node(self, op: Op, a: int, b: int = 0) -> NodeRef:
        return NodeRef(self, self._nodes.setdefault((int(op), a, b), len(self._nodes)))

    def lift(self, value: NodeRef | int) -> NodeRef:
        return value if isinstance(value, NodeRef) else self.node(Op.CONST, value % P)

    def log_column(self, column: int) -> NodeRef:
        """A committed column of the log."""
        return self.node(Op.LOG, column)

    def witness_column(self) -> NodeRef:
        """A new private column."""
        self.witness += 1
        return self.node(Op.WIT, self.witness - 1)

    def next_row(self, column: NodeRef) -> NodeRef:
        """A witness column's value in the next row (the first row's in the last)."""
        nodes = list(self._nodes)
        return self.node(Op.NEXT, nodes[column.index][1])

    def require_zero(self, name: str, node: NodeRef, kind: Kind = Kind.EVERY) -> None:
        self._constraints.append(Constraint(name, kind, node.index))

    def require_transition(self, name: str, node: NodeRef) -> None:
        """Zero on every row but the last."""
        self.require_zero(name, node, Kind.TRANSITION)

    def require_16_bits(self, *nodes: NodeRef) -> None:
        """Each is in [0, 2^16) on every row; a log column becomes a short one, which the base of the union asks for."""
        kinds = list(self._nodes)
        for node in nodes:
            op, column, _ = kinds[node.index]
            if op == Op.LOG:
                self.short_columns([column])
            else:
                self._interactions.append(Interaction(RANGE_BUS, (node.index,)))

    def short_columns(self, columns: Iterable[int]) -> None:
        """Every value of these log columns is in [0, 2^16)."""
        self._short.update(columns)

    def require_in(self, lookup: int, *nodes: NodeRef) -> None:
        """The tuple is a row of that public table, on every row."""
        self._interactions.append(Interaction(1 + lookup, tuple(node.index for node in nodes)))

    def interact(self, bus: int, multiplicity: NodeRef | None, *nodes: NodeRef, bound: int = 1) -> None:
        """Put the tuple on a bus `multiplicity` times, a value of at most `bound` in magnitude; None: once."""
        times = None if multiplicity is None else multiplicity.index
        self._interactions.append(Interaction(bus, tuple(node.index for node in nodes), times, bound))

    def first(self) -> NodeRef:
        """1 on the first row, 0 elsewhere."""
        return self.node(Op.FIRST, 0)

    def last(self) -> NodeRef:
        """1 on the last row, 0 elsewhere."""
        return self.node(Op.LAST, 0)

    def bucket(self) -> NodeRef:
        """Row number mod max(1, N/2^14): a tuple that holds it is shared by at most 2^14 rows of a segment."""
        return self.node(Op.BUCKET, 0)

    def public(self, number: int, limb: int = 0) -> NodeRef:
        """A 16-bit limb of a public value."""
        return self.node(Op.PUBLIC, number, limb)

    def ordinal(self) -> NodeRef:
        """The number of the segment among those of its slot, from 0."""
        return self.node(Op.ORDINAL, 0)

    def sum_over_rows(self, name: str, selector: NodeRef, limbs: list[NodeRef]) -> None:
        """The total of selector·Σ 2^(16j)·limb_j; the selector must be 0 or 1 and the limbs range-checked."""
        self._sums.append(Sum(name, selector.index, tuple(limb.index for limb in limbs)))

    def build(self, groups: tuple[int, ...]) -> TableAir:
        """The finished table; `groups` deals the interactions to extension columns, the last of them to acc."""
        return TableAir(
            self.log,
            self.witness,
            tuple(self._nodes),
            tuple(self._constraints),
            tuple(self._interactions),
            groups,
            tuple(self._sums),
            tuple(sorted(self._short)),
        )
