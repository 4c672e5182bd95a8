"""What a program may count (docs/spec/buses.md): asks that cannot cancel each other, and sums of selected rows.

Which multiplicities and selectors a program may have is judged by ranges that follow from its constraints; what they do
not bound is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import permutations

from zkcompliance import limits
from zkcompliance.errors import MalformedProgram
from zkcompliance.verify.field import P
from zkcompliance.verify.layout import buckets
from zkcompliance.verify.program import (
    ADD,
    BUCKET,
    CONST,
    EVERY,
    FIRST,
    IS_FIRST,
    IS_LAST,
    LAST,
    LOG,
    MOMENTS,
    MUL,
    NEXT,
    OPERATIONS,
    ORDINAL,
    PUBLIC,
    SUB,
    TRANSITION,
    UNIT,
    WIT,
    Interaction,
    Node,
    Program,
    Table,
)

Range = tuple[int, int]
_BIT = (0, 1)
_LIMB = (0, 65535)
_SWEEPS = 6  # over all tables; the claims of the catalogue need two


class Ranges:
    """What a table's constraints and asks say of its nodes: integers low … high, of which each value is one, mod p.

    Equal nodes have one number, that of the first of them; a column has one range, in this row and in the next.
    """

    def __init__(self, program: Program, table: Table) -> None:
        self.nodes = table.nodes
        first: dict[Node, int] = {}
        self.number: list[int] = []
        for op, a, b in table.nodes:
            node = Node(op, self.number[a], self.number[b]) if op in OPERATIONS else Node(op, a, b)
            self.number.append(first.setdefault(node, len(self.number)))
        self.key = [  # the number by which a node's range is known
            first.get(Node(WIT, node.a, 0), number) if node.op == NEXT else number
            for node, number in zip(self.nodes, self.number, strict=True)
        ]
        roots = [{c.node for c in table.constraints if c.kind == kind} for kind in range(4)]
        self.zero, self.moves = roots[EVERY], roots[TRANSITION]
        self.first, self.last = ({self.number[i] for i in roots[kind]} for kind in (FIRST, LAST))
        self.start = {
            self.number[self.nodes[i].a]: self.nodes[i].b for i in sorted(roots[FIRST]) if self.nodes[i].op == SUB
        }
        self.products = {  # x and y of every constraint x·y = 0
            (self.number[x], self.number[y])
            for root in self.zero
            if self.nodes[root].op == MUL
            for x, y in permutations(self.nodes[root][1:])
        }
        self.indicators = self._indicators()
        self.found: dict[int, Range] = {}
        self.reached: dict[int, set[int]] = {}  # what is 1 wherever a node is
        self.news = False
        short = set(table.short)
        for i, node in enumerate(self.nodes):
            self.learn(i, _LIMB if node.op == LOG and node.a in short else _range_of(node, program))

    def _indicators(self) -> dict[int, int]:
        """(x − 1) + Σ w·d where x·d = 0 for every d → x: times x, it is x·(x − 1)."""
        ones: dict[int, int] = {}
        for i, (op, a, b) in enumerate(self.nodes):
            if op == SUB and self._is_one(b):
                ones[i] = a
            elif op == ADD and a in ones and self.nodes[b].op == MUL:
                x = self.number[ones[a]]
                if any((x, self.number[factor]) in self.products for factor in self.nodes[b][1:]):
                    ones[i] = ones[a]
        return ones

    def of(self, node: int) -> Range | None:
        return self.found.get(self.key[node])

    def learn(self, node: int, new: Range | None) -> None:
        """`new` holds of a node on every row, besides what is known of it."""
        old = self.of(node)
        if new is not None and old is not None:
            if max(old[1] - new[0], new[1] - old[0]) < P:
                new = max(old[0], new[0]), min(old[1], new[1])
            else:  # the value may be two integers that are the same mod p: one range says one of them
                new = min(old, new, key=_width)
        if new is not None and new != old and new[0] <= new[1] and max(-new[0], new[1]) < P:
            self.found[self.key[node]] = new
            self.news = True

    def sweep(self) -> None:
        """Every node and constraint once, in the order of the nodes."""
        for i, (op, a, b) in enumerate(self.nodes):
            if op not in OPERATIONS:
                continue
            self.learn(i, self._combined(op, a, b))
            if i in self.zero and op == MUL:
                self._product(a, b)
                self._product(b, a)
            elif i in self.zero and op == SUB:  # a = b
                self.learn(a, self.of(b))
                self.learn(b, self.of(a))
            elif i in self.zero and i in self.indicators:
                self.learn(self.indicators[i], _BIT)
            elif (
                i in self.moves and op == SUB and self.number[a] in self.last
            ):  # a = b but on the last row, where a = 0
                self.learn(a, _with_zero(self.of(b)))
            elif i in self.moves and op == SUB:
                self._carried(a, b)

    def _combined(self, op: int, a: int, b: int) -> Range | None:
        x, y = self.of(a), self.of(b)
        if x is None or y is None:
            return None
        if op == ADD:
            return x[0] + y[0], x[1] + y[1]
        if op == SUB:
            plus, product = self.nodes[a], self.nodes[b]
            bits = plus.op == ADD and product.op == MUL and all(self.of(i) == _BIT for i in plus[1:])
            if bits and sorted(self.number[i] for i in plus[1:]) == sorted(self.number[i] for i in product[1:]):
                return _BIT  # a + b − a·b, either of two bits
            if x == y == _BIT and self._implies(self.number[b], self.number[a]):
                return _BIT
            return x[0] - y[1], x[1] - y[0]
        ends = [i * j for i in x for j in y]
        return min(ends), max(ends)

    def _carried(self, a: int, b: int) -> None:
        """a = b but on the last row, a the next x: x is what it is on the first row, or a b.

        Or b = s·x + (t − s)·y for bits s and t with s·(t − s) = 0: that is x, or 0, or y.
        """
        x = self.key[a]
        begins = (0, 0) if x in self.first else self.of(self.start[x]) if x in self.start else None
        if self.nodes[a].op != NEXT or self.nodes[x].op != WIT or begins is None:
            return
        (op, kept, new), value = self.nodes[b], self.of(b)
        if op == ADD and self.nodes[kept].op == self.nodes[new].op == MUL:
            (_, s, old), (_, rest, y) = self.nodes[kept], self.nodes[new]
            less, t, same = self.nodes[rest]
            apart = less == SUB and self.number[same] == self.number[s]
            if apart and (self.number[s], self.number[rest]) in self.products and self.number[old] == x:
                value = _with_zero(self.of(y)) if self.of(s) == self.of(t) == _BIT else value
        self.learn(x, None if value is None else _around((begins, value)))

    def _product(self, x: int, y: int) -> None:
        """x·(x − w) = 0 or x·(w − x) = 0: x is 0 or w; x·(x + w) = 0: x is 0 or −w."""
        op, a, b = self.nodes[y]
        if op not in (ADD, SUB):
            return
        for same, other in ((a, b), (b, a)):
            value = self.of(other)
            if self.number[same] == self.number[x] and value is not None:
                self.learn(x, _with_zero(value if op == SUB else (-value[1], -value[0])))

    def counted(self, interaction: Interaction) -> Range | None:
        """The range of its multiplicity."""
        return (1, 1) if interaction.multiplicity == UNIT else self.of(interaction.multiplicity)

    def asked(self, interaction: Interaction, ranges: Sequence[Range | None]) -> None:
        """Its tuple is within `ranges` on every row where it asks; a value that is 0 where it does not, on all."""
        asks = interaction.multiplicity
        for node, value in zip(interaction.nodes, ranges, strict=True):
            if asks == UNIT:
                self.learn(node, value)
            elif value is not None and self.of(asks) == _BIT and (self.number[node], self.number[asks]) in self.unless:
                self.learn(node, _with_zero(value))

    def _implies(self, x: int, y: int) -> bool:
        """Whether the bit x is 1 only where y is, among the first 64 nodes that it leads to, breadth first."""
        if x not in self.reached:
            seen, todo = {x}, [x]
            for node in todo:  # grows
                todo += [after for after in self.implied.get(node, ()) if after not in seen]
                seen.update(todo)
                if len(seen) > 64:
                    break
            self.reached[x] = set(todo[:65])
        return y in self.reached[x]

    @cached_property
    def implied(self) -> dict[int, list[int]]:
        """x → y of x·(1 − y) = 0 and of x·(y − x) = 0, and of z'·(1 − y) = 0 where x is the next row's z, or 0.

        The last in two steps: x → z' → y, z' "on a row that is not the last" being numbered after all nodes.
        """
        moved: dict[int, set[int]] = {}  # z' → every y of z'·(1 − y) = 0 but on the last row
        for op, z, rest in (self.nodes[i] for i in self.moves):
            if op == MUL and self.nodes[rest].op == SUB and self._is_one(self.nodes[rest].a):
                moved.setdefault(self.number[z], set()).add(self.number[self.nodes[rest].b])
        pairs = set(self.unless)
        for x, rest in self.products:
            op, y, less = self.nodes[rest]
            if op == SUB and self.number[less] == x:
                pairs.add((x, self.number[y]))
        for op, x, z in (self.nodes[i] for i in self.moves):
            if op == SUB and self.number[x] in self.last:
                pairs.add((self.number[x], len(self.nodes) + self.number[z]))
        pairs |= {(len(self.nodes) + z, y) for z, after in moved.items() for y in after}
        found: dict[int, list[int]] = {}
        for x, y in sorted(pairs):
            after = found.setdefault(x, [])
            if len(after) < 65:  # more are never reached
                after.append(y)
        return found

    @cached_property
    def unless(self) -> set[tuple[int, int]]:
        """x and s of every constraint x·(1 − s) = 0."""
        pairs = ((x, self.nodes[y]) for x, y in self.products)
        return {(x, self.number[node.b]) for x, node in pairs if node.op == SUB and self._is_one(node.a)}

    def _is_one(self, node: int) -> bool:
        return self.nodes[node] == Node(CONST, 1, 0)


def _with_zero(value: Range | None) -> Range | None:
    return None if value is None else (min(0, value[0]), max(0, value[1]))


def _around(values: Iterable[Range | None]) -> Range | None:
    """The least range around all, None where one is not known."""
    known = list(values)
    lows, highs = [v[0] for v in known if v is not None], [v[1] for v in known if v is not None]
    return (min(lows), max(highs)) if known and len(lows) == len(known) else None


def _range_of(node: Node, program: Program) -> Range | None:
    op, a, b = node
    if op == CONST:
        return (a, a) if a <= P // 2 else (a - P, a - P)
    if op in MOMENTS:
        return _LIMB
    if op == PUBLIC:
        return 0, (1 << min(16, program.publics[a].bits - 16 * b)) - 1
    most = {IS_FIRST: 1, IS_LAST: 1, BUCKET: buckets(limits.MAX_LOG_ROWS_LOG2) - 1, ORDINAL: limits.MAX_SEGMENTS - 1}
    return (0, most[op]) if op in most else None


def ranges_of(program: Program) -> list[Ranges]:
    """Of every table, as far as docs/spec/buses.md says that they are known."""
    tables = [Ranges(program, table) for table in program.tables]
    general = 1 + len(program.lookups)
    public: list[list[Range | None]] = [[_LIMB]]
    for lookup in program.lookups:
        entries = ([(0, 1) if e.kind else (e.a, e.a) for e in column] for column in zip(*lookup.rows, strict=True))
        public.append([_around(column) for column in entries])
    uses = [(found, i) for found, table in zip(tables, program.tables, strict=True) for i in table.interactions]
    for _ in range(_SWEEPS):
        for found in tables:
            found.news = False
        for found, interaction in uses:
            if interaction.bus < general:
                found.asked(interaction, public[interaction.bus])
        for found in tables:
            found.sweep()
        _share_publics(tables)
        _share_buses([use for use in uses if use[1].bus >= general])
        if not any(found.news for found in tables):
            break
    return tables


def _share_publics(tables: Sequence[Ranges]) -> None:
    """A public value is the same in every table."""
    known: dict[Node, Range | None] = {}
    for _ in range(2):
        for found in tables:
            for i, node in enumerate(found.nodes):
                if node.op == PUBLIC:
                    found.learn(i, known.get(node))
                    known[node] = found.of(i)


def _share_buses(uses: Sequence[tuple[Ranges, Interaction]]) -> None:
    """What is asked with one sign on a general bus is a tuple of an interaction that is not of that sign.

    Asks that are not known to be within their bound are no asks yet: they could add up to p, which is none.
    """
    for sign in (1, -1):
        around: dict[int, list[list[Range | None]]] = {}
        asks: list[tuple[Ranges, Interaction]] = []
        for found, interaction in uses:
            value = found.counted(interaction)
            if _signed(value, sign) and _bounded(value, interaction.bound):
                asks.append((found, interaction))
                continue
            columns = around.setdefault(interaction.bus, [[] for _ in interaction.nodes])
            for column, node in zip(columns, interaction.nodes, strict=True):
                column.append(found.of(node))
        ranges = {bus: [_around(column) for column in columns] for bus, columns in around.items()}
        for found, interaction in asks:
            if interaction.bus in ranges:
                found.asked(interaction, ranges[interaction.bus])


def _signed(value: Range | None, sign: int) -> bool:
    return value is not None and min(sign * value[0], sign * value[1]) >= 0


def _bounded(value: Range | None, bound: int) -> bool:
    return value is not None and max(-value[0], value[1]) <= bound


def _width(value: Range) -> int:
    return value[1] - value[0]


@lru_cache(maxsize=8)  # as many as are decoded once
def check_multiplicities(program: Program) -> None:
    """Raises MalformedProgram where a multiplicity or a selector is none of those that docs/spec/buses.md has."""
    general = 1 + len(program.lookups)
    for t, table in enumerate(program.tables):
        for i, interaction in enumerate(table.interactions):
            if interaction.bus < general and interaction.multiplicity != UNIT:
                raise MalformedProgram(f"table {t}, interaction {i}: on the range bus and on lookups one asks once")
    tables = ranges_of(program)
    signs: dict[int, list[Range]] = {}
    free: dict[int, str] = {}
    for t, (table, found) in enumerate(zip(program.tables, tables, strict=True)):
        for i, interaction in enumerate(table.interactions):
            if interaction.bus < general:
                continue
            place, value = f"table {t}, interaction {i}", found.counted(interaction)
            if value is not None and _bounded(value, interaction.bound):
                signs.setdefault(interaction.bus, []).append(value)
            elif interaction.bus in free or not _is_free(found, interaction.multiplicity):
                if value is not None:
                    raise MalformedProgram(f"{place}: its multiplicity may be larger than its bound")
                raise MalformedProgram(f"{place}: nothing bounds its multiplicity")
            else:
                free[interaction.bus] = place
        for item in table.sums:
            value = found.of(item.selector)
            if value is None or value[0] < 0 or value[1] > 1:
                raise MalformedProgram(f"table {t}, sum {item.name}: its selector may be other than 0 and 1")
    for bus, place in free.items():
        if not any(all(_signed(value, sign) for value in signs.get(bus, ())) for sign in (1, -1)):
            raise MalformedProgram(f"{place}: what is looked up there is asked with both signs")


def _is_free(found: Ranges, node: int) -> bool:
    """A witness column, or 0 − it."""
    op, a, b = found.nodes[node]
    return op == WIT or (op == SUB and found.nodes[a] == Node(CONST, 0, 0) and found.nodes[b].op == WIT)
