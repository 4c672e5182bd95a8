"""Functions of the claim language: choice, joins, membership, multisets, lengths of time."""

from __future__ import annotations

import dataclasses
from typing import Any

from zkcompliance.card import types
from zkcompliance.claim.language.closed import word
from zkcompliance.claim.language.expr import Expr, Ratio, member, say, unique, whole
from zkcompliance.claim.language.lowering import agree, belong, columns, key_of
from zkcompliance.claim.language.making import constant, lift, literal, make, operand
from zkcompliance.claim.language.operators import choose, compare
from zkcompliance.claim.language.scope import current
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.source import here, refuse

Values = Expr | tuple[Expr, ...]


@word
def select(condition: Expr, a: Any, b: Any) -> Expr:
    """`a` where the condition holds, otherwise `b`."""
    if isinstance(a, Expr):
        return choose(condition, a, operand(b, a))
    if isinstance(b, Expr):
        return choose(condition, operand(a, b), b)
    if not isinstance(condition, Expr):
        raise refuse("select by what is no condition", "remedy: select(table.x == …, a, b)")
    return choose(condition, lift(a, types.INT, Expr), lift(b, types.INT, Expr))


@word
def smaller(a: Any, b: Any) -> Expr:
    """The smaller of two values."""
    a, b = _pair("smaller", a, b)
    low, high = a.node.range, b.node.range
    made = choose(compare("<=", a, b), a, b, (min(low[0], high[0]), min(low[1], high[1])))
    return say(made, "(the smaller of ", a.node, " and ", b.node, ")")


@word
def larger(a: Any, b: Any) -> Expr:
    """The larger of two values."""
    a, b = _pair("larger", a, b)
    low, high = a.node.range, b.node.range
    made = choose(compare("<=", a, b), b, a, (max(low[0], high[0]), max(low[1], high[1])))
    return say(made, "(the larger of ", a.node, " and ", b.node, ")")


def _pair(word: str, a: Any, b: Any) -> tuple[Expr, Expr]:
    """Two values of one type, at least one of them no literal."""
    if not isinstance(a, Expr) and not isinstance(b, Expr):
        raise refuse(f"the {word} of two literals", "remedy: write it yourself; one side is a column or a parameter")
    return (a, operand(b, a)) if isinstance(a, Expr) else (operand(a, b), b)


@word
def fraction(part: Expr, of: Expr) -> Ratio:
    """`part` / `of` in ppm, to be compared with: `fraction(a, b) <= percent(30)` is a · 100 % ≤ b · 30 %."""
    columns((part, of), "a fraction")
    if part.node.type != of.node.type or part.node.type.kind != types.NUMBER or of.node.range[0] < 0:
        raise refuse(
            f"a fraction of {part.node.type} in {of.node.type}", "remedy: two numbers of one unit, none negative"
        )
    parts = (part.node, ", as a share of ", of.node, ",")
    return Ratio(part * whole(), of, types.RATE, parts, "where both are 0")


@word
def let(name: str, value: Expr) -> Expr:
    """The same value under a name: sentences say the name, and once what it stands for."""
    columns((value,), "let")
    current("let").name(name, value.node)
    return Expr(dataclasses.replace(value.node, called=name), value.rows)


@word
def within(keys: Values, among: Values) -> Expr:
    """Whether the keys are the columns of some row of another table: `within((a.x, a.y), (b.x, b.y))`."""
    return member(_tuple(keys), _tuple(among))


@word
def lookup(keys: Values, among: Values, value: Expr, *, default: Any = None) -> Expr:
    """`value` on the row of the other table whose columns `among` are the `keys`.

    The columns must be unique there: the claim then requires it by itself. default: what a row without a match gets;
    None: every row must have a match, and the claim requires that too.
    """
    asked, given = _tuple(keys), _tuple(among)
    target, nodes = key_of(given, "lookup")
    agree(asked, given)
    columns((value,), "lookup")
    if value.node.frame != target.frame:
        raise refuse(
            "lookup of a value that is not in the table it looks in",
            "remedy: lookup(mine.key, other.key, other.value)",
        )
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
            raise refuse("lookup of a single value needs a default", "remedy: lookup(…, default=0)")
        scope.imply(core.Requirement(_name("has a match", found.node.keys), found.every().node, implied=True))  # type: ignore[attr-defined]
    other = constant(max(0, value.node.range[0]), value.node.type) if default is None else _public(default, value)
    r = value.node.range if default is None else ranges.union(value.node.range, other.range)
    return make(
        core.Lookup, tuple(key.node for key in asked), target, nodes, value.node, other, default is None,
        operands=asked, type=value.node.type, range=r, public=False,
    )  # fmt: skip


@word
def same_rows(left: Values, right: Values) -> Expr:
    """The tuples of one table's columns are those of another's, each as often: equality of multisets."""
    a, b = _tuple(left), _tuple(right)
    agree(a, b)
    (rows, nodes), (others, other_nodes) = key_of(a, "same_rows"), key_of(b, "same_rows")
    said = (*_tuples(rows, nodes), " are exactly ", *_tuples(others, other_nodes), ", each as often")
    return Expr(
        core.SameMultiset(rows, nodes, others, other_nodes, type=types.TRUTH, range=ranges.BIT, line=here(), said=said)
    )


@word
def band_of(value: Expr, *edges: Any) -> Expr:
    """How many of the ascending edges the value has reached: 0 below the first."""
    columns((value,), "band_of")
    literals = [operand(edge, value) for edge in edges]
    numbers = [edge.node.value for edge in literals if isinstance(edge.node, core.Const)]
    if not edges or len(numbers) != len(edges) or numbers != sorted(set(numbers)):
        raise refuse("a band needs ascending edges", "remedy: literals, as in band_of(x, 10**23, 10**25)")
    found = (value >= literals[0]).as_count()
    for edge in literals[1:]:
        found = found + (value >= edge).as_count()
    said = [part for edge in literals for part in (", ", edge.node)][1:]
    return say(found, "(the number of the edges ", *said, " that ", value.node, " has reached)")


@word
def seconds(amount: int) -> Expr:
    """A length of time."""
    return lift(amount, types.SECONDS, Expr)


@word
def days(amount: int) -> Expr:
    """A length of time."""
    return seconds(literal(amount, types.INT) * 86400)


@word
def percent(amount: int) -> Expr:
    """A share."""
    return lift(literal(amount, types.INT) * 10_000, types.PPM, Expr)


def _tuples(rows: core.Rows, nodes: tuple[core.Value, ...]) -> tuple[Any, ...]:
    """Tuples over rows, in words; of groups by all their keys the groups are the tuples."""
    keys = [node.index for node in nodes if isinstance(node, core.Key)]
    if isinstance(rows.frame, core.Groups) and keys == list(range(len(nodes))) == list(range(len(rows.frame.keys))):
        return (rows,)
    return ("the ", nodes, " of the rows of ", rows)


def _tuple(values: Values) -> tuple[Expr, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


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
