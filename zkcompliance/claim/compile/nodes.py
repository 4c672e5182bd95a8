"""Core nodes as values of a context: arithmetic, comparison, logic, choice. Leaves belong to each kind of rows."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from zkcompliance.card import types
from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.context import Context, Publics, Table
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.run import Run, carried
from zkcompliance.claim.compile.terms import Term, TooWide, Wide, add, const, digits, leaf, limbs_for, sub, wide
from zkcompliance.claim.meaning import core
from zkcompliance.stark.air.program import Lookup, Op, PublicBit


class Nodes:
    """Compiles the value nodes of one frame; each distinct node once."""

    def __init__(self, ctx: Context, publics: PublicNodes | None) -> None:
        self.ctx = ctx
        self.publics = publics
        self._known: dict[core.Value, Wide] = {}
        self._rests: dict[core.Value, Wide] = {}  # of each quotient that is compiled here

    def value(self, node: core.Value) -> Wide:
        if node not in self._known:
            for part in self._order(node):
                if part not in self._known:
                    try:
                        self._known[part] = self._compile(part)
                    except TooWide as error:
                        raise cannot(f"this could wrap: {error}", part.line, "remedy: smaller factors") from None
        return self._known[node]

    def truth(self, node: core.Value) -> Term:
        """A truth value as one expression in {0, 1}."""
        w = self.value(node)
        if len(w.limbs) != 1 or w.lo < 0 or w.hi > 1:
            raise cannot("a truth value is expected here", node.line)
        return w.limbs[0]

    def _order(self, node: core.Value) -> list[core.Value]:
        """The operands below a node that this context compiles itself, each after its own."""
        order: list[core.Value] = []
        seen: set[core.Value] = set()
        stack: list[tuple[core.Value, bool]] = [(node, False)]
        while stack:
            part, done = stack.pop()
            if done:
                order.append(part)
            elif part not in self._known and part not in seen:
                seen.add(part)
                stack.append((part, True))
                if not self.is_leaf(part):
                    stack += [(child, False) for child in reversed(operands(part))]
        return order

    def is_leaf(self, node: core.Value) -> bool:
        """Whether `leaf_value` compiles the node, with all that is below it."""
        if node.public and self.publics is not None:
            return True
        return not isinstance(node, _OPERATIONS) or self.special(node)

    def special(self, node: core.Value) -> bool:
        """Operations that this context compiles in its own way."""
        return isinstance(node, core.IsIn) or choice_of(node) is not None

    def leaf_value(self, node: core.Value) -> Wide:
        raise NotImplementedError

    def _compile(self, node: core.Value) -> Wide:
        if isinstance(node, core.Const):
            return digits(node.value)
        if node.public and self.publics is not None:
            return self.publics.known(node)
        if self.is_leaf(node):
            return self._is_in(node) if self.special(node) else self.leaf_value(node)
        name = short(node)
        match node:
            case core.Add():
                return self._ranged(node, add(self.value(node.a), self.value(node.b)))
            case core.Sub() if (remainder := self._rest(node)) is not None:
                return remainder
            case core.Sub():
                return self._ranged(node, sub(self.value(node.a), self.value(node.b)))
            case core.Mul():
                return arith.multiply(self.ctx, self.value(node.a), self.value(node.b), name)
            case core.FloorDiv():
                whole, self._rests[node] = arith.divide(self.ctx, self.value(node.a), node.divisor, name)
                return whole
            case core.Compare():
                return wide([self._compare(node)])
            case core.And():
                return wide([self.ctx.times(self.truth(node.a), self.truth(node.b)).within(0, 1)])
            case core.Or():  # 1 − (1 − a)·(1 − b): a product of bits, by which a verifier sees that it is one
                a, b = self.ctx.factors(self.truth(node.a), self.truth(node.b))
                return wide([(1 - (1 - a) * (1 - b)).within(0, 1)])
            case core.Not():
                return wide([(1 - self.truth(node.a)).within(0, 1)])
            case core.Select():
                cases, rest = cases_of(node)
                return arith.select(self.ctx, [(self.truth(c), self.value(a)) for c, a in cases], self.value(rest))
        raise cannot(f"{type(node).__name__} cannot be compiled here", node.line)

    def _rest(self, node: core.Sub) -> Wide | None:
        """Of a − d·⌊a / d⌋ the remainder that its division has anyway."""
        quotient = remainder_of(node)
        return None if quotient is None else self._rests.get(quotient)

    def _ranged(self, node: core.Value, w: Wide) -> Wide:
        """Carries first where sums of sums have grown large."""
        if max(limb.size for limb in w.limbs) < 1 << 24:
            return w
        low = digits(w.lo)
        return (
            add(arith.normalise(self.ctx, sub(w, low), short(node)), low) if w.lo < 0 else arith.normalise(self.ctx, w)
        )

    def _compare(self, node: core.Compare) -> Term:
        a, b, name = self.value(node.a), self.value(node.b), short(node)
        if node.op in ("==", "!="):
            r = arith.equal(self.ctx, a, b, name)
            return r if node.op == "==" else (1 - r).within(0, 1)
        d = sub(b, a) if node.op == "<=" else sub(sub(b, a), digits(1))
        if d.lo == -1 and isinstance(self.ctx, Table) and (sides := _apart(node.op, a, b)):
            return (1 - arith.equal(self.ctx, *sides, name)).within(0, 1)
        return arith.at_least_zero(self.ctx, d, name)

    def _is_in(self, node: core.Value) -> Wide:
        """Of an enum: the pair (value, result) is a row of a public table. Of numbers: some member equals it."""
        choice = choice_of(node)
        if choice is not None and isinstance(self.ctx, Table):
            subject, entries = choice
            value = self.value(subject)
            if len(value.limbs) == 1:
                return wide([self._choice(self.ctx, subject, value.limbs[0], entries)])
        if not isinstance(node, core.IsIn):
            raise cannot("this membership cannot be compiled", node.line)
        if isinstance(node.members, core.Param) or not self._few(node, node.members):
            return wide([self.in_public(node)])
        return wide([self._equals_some(node, node.members)])

    def _few(self, node: core.IsIn, members: tuple[int, ...]) -> bool:
        """Whether an equality for each member costs less than a table of them beside the rows."""
        n = len(self.value(node.value).limbs)
        return len(members) * (n + 1) <= 4 * n + 12

    def in_public(self, node: core.IsIn) -> Term:
        """Whether a value is in a public set of any size."""
        raise cannot("this membership cannot be compiled", node.line)

    def _equals_some(self, node: core.IsIn, members: tuple[int, ...]) -> Term:
        total: Term = const(0)
        for member in members:
            total = total + arith.equal(self.ctx, self.value(node.value), digits(member), short(node))
        total = total.within(0, 1)
        if len(members) > 1:
            self.ctx.zero(f"{short(node)}: at most one member", total * (total - 1))  # which a verifier asks to see
        return total

    def bits(self, entries: list[int | core.Param]) -> list[int | PublicBit]:
        """The entries of a public table's column: constants, or bits of a parameter."""
        if self.publics is None:
            raise TypeError("publics have no tables")
        numbers = self.publics.numbers
        return [PublicBit(numbers[e.name][0], m) if isinstance(e, core.Param) else e for m, e in enumerate(entries)]

    def _choice(self, ctx: Table, subject: core.Value, value: Term, entries: list[int | core.Param]) -> Term:
        bits = self.bits(entries)
        r = ctx.free("in the set", lambda run: chosen(run, bits, run.value(ctx.number, value)), 0, 1)
        ctx.require_in(Lookup(tuple((m, e) for m, e in enumerate(bits))), value, r)
        self.checked(subject)
        return r

    def checked(self, subject: core.Value) -> None:
        """A lookup has shown that an enum is one of its choices."""


_OPERATIONS = (
    core.Const, core.Add, core.Sub, core.Mul, core.FloorDiv, core.Compare, core.And, core.Or, core.Not, core.Select,
    core.IsIn,
)  # fmt: skip


_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def chosen(run: Run, bits: list[int | PublicBit], value: np.ndarray) -> np.ndarray:
    """For each value the bit of its choice."""
    told = [run.publics[e.public] >> e.bit & 1 if isinstance(e, PublicBit) else e for e in bits]
    return np.asarray(np.array(told, np.int64)[np.minimum(value, len(told) - 1)])


def choice_of(node: core.Value) -> tuple[core.Value, list[int | core.Param]] | None:
    """(enum, for each choice 0, 1 or the parameter whose bit decides) for a test of an enum against a public set."""
    if isinstance(node, core.IsIn) and node.value.type.kind == types.ENUM:
        count = len(node.value.type.choices)
        if isinstance(node.members, core.Param):
            return node.value, [node.members] * count
        return node.value, [int(m in node.members) for m in range(count)]
    if isinstance(node, core.Compare) and node.a.type.kind == types.ENUM:
        for value, other, turned in ((node.a, node.b, False), (node.b, node.a, True)):
            if isinstance(other, core.Const) and not isinstance(value, core.Const):
                sides = [(m, other.value) for m in range(len(value.type.choices))]
                return value, [int(_HOLDS[node.op](*(side[::-1] if turned else side))) for side in sides]
    return None


def cases_of(node: core.Select) -> tuple[list[tuple[core.Value, core.Value]], core.Value]:
    """(condition, value) of choices one in the other, and what is left. More than one only where conditions test one
    enum against constant sets that have no choice in common: then no two of them are true."""
    cases, taken, rest = [(node.condition, node.a)], _choices(node.condition), node.b
    while taken is not None and isinstance(rest, core.Select):
        more = _choices(rest.condition)
        if more is None or more[0] != taken[0] or more[1] & taken[1]:
            break
        cases.append((rest.condition, rest.a))
        taken, rest = (taken[0], taken[1] | more[1]), rest.b
    return cases, rest


def _choices(condition: core.Value) -> tuple[core.Value, int] | None:
    """(enum, mask of the choices it lets through) of a test of an enum against a constant set."""
    choice = choice_of(condition)
    bits = [] if choice is None else [e for e in choice[1] if isinstance(e, int)]
    if choice is None or len(bits) < len(choice[1]):
        return None
    return choice[0], sum(bit << m for m, bit in enumerate(bits))


def remainder_of(node: core.Value) -> core.FloorDiv | None:
    """The quotient ⌊a / d⌋ if the node is a − d·⌊a / d⌋."""
    match node:
        case core.Sub(a=a, b=core.Mul(a=core.FloorDiv() as quotient, b=core.Const(value=factor))):
            return quotient if quotient.a == a and quotient.divisor == factor else None
    return None


def operands(node: core.Value) -> list[core.Value]:
    """What is compiled before a node."""
    if (quotient := remainder_of(node)) is not None:
        return [node.a, quotient]  # type: ignore[attr-defined]
    if isinstance(node, core.Select):
        cases, rest = cases_of(node)
        return [*(part for case in cases for part in case), rest]
    return list(core.children(node))


class PublicNodes(Nodes):
    """Expressions of constants and parameters: derived publics, at no cost per row."""

    ctx: Publics

    def __init__(self, ctx: Publics, numbers: dict[str, list[int]]) -> None:
        super().__init__(ctx, None)
        self.numbers = numbers
        self._bits: dict[core.Value, Wide] = {}

    def special(self, node: core.Value) -> bool:
        return isinstance(node, core.IsIn)

    def _few(self, node: core.IsIn, members: tuple[int, ...]) -> bool:
        return True  # there is no cost per row

    def leaf_value(self, node: core.Value) -> Wide:
        if isinstance(node, core.IsIn):
            return self._is_in(node)
        if not isinstance(node, core.Param):
            raise cannot(f"a public {type(node).__name__} cannot be compiled", node.line)
        (number,) = self.numbers[node.name]
        bits = self.ctx.board.publics[number].bits
        limbs = [leaf(Op.PUBLIC, number, j, (1 << min(16, bits - 16 * j)) - 1) for j in range(-(-bits // 16))]
        return wide(limbs, 0, (1 << bits) - 1)

    def known(self, node: core.Value) -> Wide:
        """The node's value where rows use it: a truth value that is worked out is a public of one bit of its own, since
        what bounds it is asked in one table, and each has to know that it is 0 or 1."""
        w = self.value(node)
        if w.constant is not None or (w.lo, w.hi) != (0, 1) or w.limbs[0].op == Op.PUBLIC:
            return w
        if node not in self._bits:
            self._bits[node] = wide([self.ctx.bit(short(node), lambda run: run.value(-1, w.limbs[0]))], 0, 1)
            arith.require_zero(self.ctx, sub(w, self._bits[node]), short(node))
        return self._bits[node]

    def shifted(self, node: core.Value, low: int) -> Wide:
        """The node's value less `low`, which is at least 0, in 16-bit limbs."""
        w = self.value(node)
        if w.constant is not None:
            return digits(w.constant - low)
        return arith.normalise(self.ctx, sub(w, digits(low)) if low else w, "a default")

    def whole(self, node: core.Value) -> tuple[int, int]:
        """(public, offset): the node's value is that public's plus the offset."""
        w = self.value(node)
        if w.constant is not None:
            raise cannot("a constant is no public", node.line)
        low = min(w.lo, 0)
        w = sub(w, digits(low)) if low else w
        first = w.limbs[0]
        same = all(e.op == Op.PUBLIC and e.a == first.a and e.b == j for j, e in enumerate(w.limbs))
        if not (same and first.a not in self.ctx.pools and self.ctx.board.publics[first.a].bits <= 16 * len(w.limbs)):
            n = max(len(w.limbs), limbs_for(w.hi))
            kept = w
            out = self.ctx.own(n, short(node), lambda run: _digits_of(run, kept, n))
            arith.require_zero(self.ctx, sub(kept, wide(out)), short(node))
            first = out[0]
        return first.a, low


def _apart(op: str, a: Wide, b: Wide) -> tuple[Wide, Wide] | None:
    """Of a < b where a is at most b, and of a ≤ b where a is at most b + 1 and one of them a constant: what is equal
    where it is false. None where their digits do not say whether they are equal, or would need columns for it."""
    if op == "<=" and a.constant is not None:
        a = digits(a.constant - 1)
    elif op == "<=" and b.constant is not None:
        b = digits(b.constant + 1)
    elif op == "<=":
        return None
    flat = all(limb.degree <= 1 for limb in (*a.limbs, *b.limbs))
    return (a, b) if flat and a.normal and b.normal else None


def _digits_of(run: Run, w: Wide, n: int) -> list[np.ndarray]:
    return carried([run.value(-1, limb) for limb in w.limbs], n)


def short(node: core.Value) -> str:
    """A constraint's name: what the node does. No line: the digest must not change with the claim's comments."""
    return type(node).__name__.lower()
