"""Writing a table's AIR as expressions: equal expressions share one node."""

from __future__ import annotations

from dataclasses import dataclass, field

from zkcompliance.stark.air.program import RANGE_BUS, Constraint, Interaction, Kind, Node, Op, Sum, TableAir
from zkcompliance.stark.field.babybear import P


@dataclass(frozen=True)
class Expr:
    """A node of a table under construction; +, − and × make new ones. It has no truth value."""

    table: TableBuilder
    index: int

    def __add__(self, other: Expr | int) -> Expr:
        return self.table.node(Op.ADD, self.index, self.table.lift(other).index)

    def __sub__(self, other: Expr | int) -> Expr:
        return self.table.node(Op.SUB, self.index, self.table.lift(other).index)

    def __mul__(self, other: Expr | int) -> Expr:
        return self.table.node(Op.MUL, self.index, self.table.lift(other).index)

    def __bool__(self) -> bool:
        raise TypeError("an expression has no truth value")


@dataclass(eq=False)
class TableBuilder:
    """Collects the nodes, constraints, interactions and sums of one table, over a log or (log None) private."""

    log: int | None = 0
    witness: int = 0
    _nodes: dict[Node, int] = field(default_factory=dict)
    _constraints: list[Constraint] = field(default_factory=list)
    _interactions: list[Interaction] = field(default_factory=list)
    _sums: list[Sum] = field(default_factory=list)

    def node(self, op: Op, a: int, b: int = 0) -> Expr:
        return Expr(self, self._nodes.setdefault((int(op), a, b), len(self._nodes)))

    def lift(self, value: Expr | int) -> Expr:
        return value if isinstance(value, Expr) else self.node(Op.CONST, value % P)

    def log_column(self, column: int) -> Expr:
        """A committed column of the log."""
        return self.node(Op.LOG, column)

    def witness_column(self) -> Expr:
        """A new private column."""
        self.witness += 1
        return self.node(Op.WIT, self.witness - 1)

    def next_row(self, column: Expr) -> Expr:
        """A witness column's value in the next row (the first row's in the last)."""
        nodes = list(self._nodes)
        return self.node(Op.NEXT, nodes[column.index][1])

    def require_zero(self, name: str, expr: Expr, kind: Kind = Kind.EVERY) -> None:
        self._constraints.append(Constraint(name, kind, expr.index))

    def require_transition(self, name: str, expr: Expr) -> None:
        """Zero on every row but the last."""
        self.require_zero(name, expr, Kind.TRANSITION)

    def require_16_bits(self, *exprs: Expr) -> None:
        """Each is in [0, 2^16) on every row."""
        self._interactions += [Interaction(RANGE_BUS, (expr.index,)) for expr in exprs]

    def require_in(self, lookup: int, *exprs: Expr) -> None:
        """The tuple is a row of that public table, on every row."""
        self._interactions.append(Interaction(1 + lookup, tuple(expr.index for expr in exprs)))

    def interact(self, bus: int, multiplicity: Expr, *exprs: Expr, bound: int = 1) -> None:
        """Put the tuple on a bus `multiplicity` times, a value of at most `bound` in magnitude."""
        self._interactions.append(Interaction(bus, tuple(expr.index for expr in exprs), multiplicity.index, bound))

    def first(self) -> Expr:
        """1 on the first row, 0 elsewhere."""
        return self.node(Op.FIRST, 0)

    def last(self) -> Expr:
        """1 on the last row, 0 elsewhere."""
        return self.node(Op.LAST, 0)

    def bucket(self) -> Expr:
        """Row number mod max(1, N/2^14): a tuple that holds it is shared by at most 2^14 rows of a segment."""
        return self.node(Op.BUCKET, 0)

    def public(self, number: int, limb: int = 0) -> Expr:
        """A 16-bit limb of a public value."""
        return self.node(Op.PUBLIC, number, limb)

    def ordinal(self) -> Expr:
        """The number of the segment within its log, from 0."""
        return self.node(Op.ORDINAL, 0)

    def sum_over_rows(self, name: str, selector: Expr, limbs: list[Expr]) -> None:
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
        )
