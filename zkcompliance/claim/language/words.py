"""Functions of the claim language: choice, joins, membership, multisets, lengths of time."""

from __future__ import annotations

from typing import Any

from zkcompliance.card import types
from zkcompliance.claim.language.expr import Expr, Ratio, member, unique, whole
from zkcompliance.claim.language.lowering import agree, belong, key_of
from zkcompliance.claim.language.making import constant, lift, make, operand
from zkcompliance.claim.language.operators import choose
from zkcompliance.claim.language.scope import current
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.source import here, refuse

Values = Expr | tuple[Expr, ...]


def select(condition: Expr, a: Any, b: Any) -> Expr:
    """`a` where the condition holds, otherwise `b`."""
    if isinstance(a, Expr):
        return choose(condition, a, operand(b, a))
    if isinstance(b, Expr):
        return choose(condition, operand(a, b), b)
    return choose(condition, lift(a, types.INT, Expr), lift(b, types.INT, Expr))


def smaller(a: Expr, b: Any) -> Expr:
    """The smaller of two values."""
    other = operand(b, a)
    low, high = a.node.range, other.node.range
    return choose(a <= other, a, other, (min(low[0], high[0]), min(low[1], high[1])))


def larger(a: Expr, b: Any) -> Expr:
    """The larger of two values."""
    other = operand(b, a)
    low, high = a.node.range, other.node.range
    return choose(a <= other, other, a, (max(low[0], high[0]), max(low[1], high[1])))


def fraction(part: Expr, of: Expr) -> Ratio:
    """`part` / `of` in ppm, to be compared with: `fraction(a, b) <= percent(30)` is a · 100 % ≤ b · 30 %."""
    if part.node.type != of.node.type or of.node.range[0] < 0:
        raise refuse(
            f"a fraction of {part.node.type} in {of.node.type}", "remedy: two numbers of one unit, none negative"
        )
    return Ratio(part * whole(), of, types.PPM, (part.node, ", as a share of ", of.node, ","))


def within(keys: Values, columns: Values) -> Expr:
    """Whether the keys are the columns of some row of another table: `within((a.x, a.y), (b.x, b.y))`."""
    return member(_tuple(keys), _tuple(columns))


def lookup(keys: Values, columns: Values, value: Expr, *, default: Any = None) -> Expr:
    """`value` on the row of the other table whose `columns` are the `keys`.

    The columns must be unique there: the claim then requires it by itself. default: what a row without a match gets;
    None: every row must have a match, and the claim requires that too.
    """
    asked, given = _tuple(keys), _tuple(columns)
    target, nodes = key_of(given, "lookup")
    agree(asked, given)
    if value.node.frame != target.frame:
        raise refuse("lookup of a value that is not in the table it looks in")
    belong(target, [value], "lookup of a value")
    scope = current("lookup")
    inherent = isinstance(target.frame, core.Groups) and {
        node.index for node in nodes if isinstance(node, core.Key)
    } == set(range(len(target.frame.keys)))
    if not inherent:
        scope.imply(core.Requirement(_name("is unique", nodes), unique(target, given).node, implied=True))
    if default is None:
        found = member(asked, given)
        if found.rows is None:
            raise refuse("lookup of a single value needs a default")
        scope.imply(core.Requirement(_name("has a match", found.node.keys), found.every().node, implied=True))  # type: ignore[attr-defined]
    other = constant(max(0, value.node.range[0]), value.node.type) if default is None else _public(default, value)
    r = value.node.range if default is None else ranges.union(value.node.range, other.range)
    return make(
        core.Lookup, tuple(key.node for key in asked), target, nodes, value.node, other, default is None,
        operands=asked, type=value.node.type, range=r, public=False,
    )  # fmt: skip


def same_rows(left: Values, right: Values) -> Expr:
    """The tuples of one table's columns are those of another's, each as often: equality of multisets."""
    a, b = _tuple(left), _tuple(right)
    agree(a, b)
    (rows, nodes), (others, other_nodes) = key_of(a, "same_rows"), key_of(b, "same_rows")
    said = (nodes, " of ", rows, " are exactly ", other_nodes, " of ", others, ", each as often")
    return Expr(
        core.SameMultiset(rows, nodes, others, other_nodes, type=types.TRUTH, range=ranges.BIT, line=here(), said=said)
    )


def band_of(value: Expr, *edges: int) -> Expr:
    """How many of the ascending edges the value has reached: 0 below the first."""
    if not edges or list(edges) != sorted(set(edges)):
        raise refuse("a band needs ascending edges")
    found = (value >= edges[0]).as_count()
    for edge in edges[1:]:
        found = found + (value >= edge).as_count()
    return found


def seconds(amount: int) -> Expr:
    """A length of time."""
    return lift(amount, types.SECONDS, Expr)


def days(amount: int) -> Expr:
    """A length of time."""
    return seconds(amount * 86400)


def percent(amount: int) -> Expr:
    """A share."""
    return lift(amount * 10_000, types.PPM, Expr)


def _tuple(values: Values) -> tuple[Expr, ...]:
    return values if isinstance(values, tuple) else (values,)


def _public(default: Any, value: Expr) -> core.Value:
    found = operand(default, value)
    if not found.node.public:
        raise refuse("a default depends on rows", "remedy: a default is a literal or a parameter")
    return found.node


def _name(what: str, nodes: tuple[core.Value, ...]) -> str:
    """The name of an implied requirement, by its columns."""
    words = []
    for node in nodes:
        log = node.frame.name if isinstance(node.frame, core.Log) else "groups"
        words.append(f"{log}.{node.name}" if isinstance(node, core.Column) else f"{log} key")
    return f"{' and '.join(words)} {what}"
