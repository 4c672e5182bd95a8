"""The words of each node, made of the words of its parts. `sentences` puts the parts in order and gives them names.

A row is said to be of its log, `compute`, or of a selection, `compute (only rows where …)`. Groups are the values of
their key, `the values of run in compute`, or combinations of several, `the combinations of suite and item in evals`. In
a condition on a row its columns stand as they are, and those of another row behind `whose`: its own are then `this
row's`. Whatever is missing, empty or unmatched has one form: `(if there is none: …)`.
"""

from __future__ import annotations

import re
from typing import Any

from zkcompliance import limits
from zkcompliance.card import reading, types
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Groups, Log, Rows, Value
from zkcompliance.quantities import listed

Known = dict[int, str | None]  # the words of a part by its identity; None: longer than a sentence may be

_RELATIONS = {"<": "is below", "<=": "is at most", "==": "is", "!=": "is not"}
_TIMES = {"<": "is before", "<=": "is not after"}
_ARTICLES = ("the ", "the mean ", "the same ", "for its ", "distinct values of ")  # behind which no `the` follows
_NAME = re.compile("“[^“”]*”( holds)?")
_OPPOSITE = {"==": "!=", "!=": "=="}
_EXTREMES = {"min": "the smallest ", "max": "the largest "}
_EXTREME_TIMES = {"min": "the earliest ", "max": "the latest "}


class TooLongError(Exception):
    """Words of more bytes than a sentence of a card may have."""


def phrased(part: Any, known: Known) -> str:
    """A node, some rows, or a tuple of nodes in words: those that are known, or new ones."""
    if isinstance(part, str):
        return part
    if isinstance(part, tuple):
        return listed([_listed(each, known) for each in part])
    if not isinstance(part, Value | Rows):
        return part.name if isinstance(part, Log) else f"the {_plural(part, Rows(part), known)}"
    text = known[id(part)] if id(part) in known else worded(part, known)
    if text is None:
        raise TooLongError
    return text


def worded(part: Value | Rows, known: Known) -> str:
    """A node or some rows, of parts that are in words already. TooLongError where they are too many."""
    if isinstance(part, Rows):
        text = _rows(part, known)
    else:
        text = _spoken(part.said, known) if part.said else _value(part, known)
    if len(text) > limits.MAX_CARD_SENTENCE_BYTES:
        raise TooLongError
    return text


# Rows and groups


def _rows(rows: Rows, known: Known) -> str:
    if isinstance(rows.frame, Groups):
        return f"the {_plural(rows.frame, rows, known)}"
    return rows.frame.name + _only("rows ", rows, known)


def _only(which: str, rows: Rows, known: Known) -> str:
    return "" if rows.where is None else f" (only {which}where {phrased(rows.where, known)})"


def _in_order(rows: Rows, known: Known) -> str:
    return f", in order of {phrased(rows.order, known)}," if rows.order else ""


def _one(frame: core.Frame | None, known: Known) -> str:
    """What one row of a table is called: of groups the word of their key."""
    if not isinstance(frame, Groups):
        return "row"
    if len(frame.keys) > 1:
        return "combination"
    key = frame.keys[0]
    text = _bare(key, known)
    return text if isinstance(key, core.Column) and not _is_name(text) else "value"


def _ones(frame: core.Frame, known: Known) -> str:
    if not isinstance(frame, Groups):
        return "rows"
    return "combinations" if len(frame.keys) > 1 else "values"


def _where_from(groups: Groups, known: Known) -> str:
    inner = groups.rows
    if isinstance(inner.frame, Groups):
        return f"among the {_plural(inner.frame, inner, known)}"
    return f"in {phrased(inner, known)}"


def _singular(groups: Groups, rows: Rows, known: Known) -> str:
    """One of these rows of groups, without an article: `run in compute`, `combination of suite and item in evals`."""
    one, keys = _one(groups, known), phrased(groups.keys, known)
    named = one if len(groups.keys) == 1 and one != "value" else f"{one} of {keys}"
    return f"{named} {_where_from(groups, known)}{_only('those ', rows, known)}"


def _plural(groups: Groups, rows: Rows, known: Known) -> str:
    """All of these rows of groups, without an article."""
    keys = phrased(groups.keys, known)
    return f"{_ones(groups, known)} of {keys} {_where_from(groups, known)}{_only('those ', rows, known)}"


def _spoken(said: tuple[Any, ...], known: Known) -> str:
    """What sugar says of itself. A row of groups is one of them."""
    words: list[str] = []
    for each in said:
        before = words[-1] if words else ""
        if before.endswith(" for which "):
            words.append(_compound(each, known))
        elif isinstance(each, Value) and before.endswith(_ARTICLES):
            words.append(_bare(each, known))
        elif isinstance(each, Rows) and isinstance(each.frame, Groups) and before.endswith("row of "):
            words[-1] = before.removesuffix("row of ")
            words.append(_singular(each.frame, each, known))
        elif isinstance(each, Rows) and isinstance(each.frame, Groups) and before.endswith("rows of "):
            words[-1] = before.removesuffix("rows of ")
            words.append(_plural(each.frame, each, known))
        else:
            words.append(_noun(each, known) if isinstance(each, core.Column) else phrased(each, known))
    return "".join(words)


# Values


def _value(node: Value, known: Known) -> str:
    match node:
        case core.Const():
            return _constant(node.type, node.value)
        case core.Param():
            return f"\x02{node.name}\x03"
        case core.Column():
            text = node.log.schema.column(node.name).spoken
            return f"{text} is yes" if node.type == types.TRUTH else f"the {text}"
        case core.Key():
            return phrased(node.groups.keys[node.index], known)
        case core.Add():
            return f"({phrased(node.a, known)} + {phrased(node.b, known)})"
        case core.Sub():
            return f"({phrased(node.a, known)} − {phrased(node.b, known)})"
        case core.Mul():
            return f"{phrased(node.a, known)} × {phrased(node.b, known)}"
        case core.FloorDiv():
            return f"({phrased(node.a, known)} / {node.divisor:,}, rounded down)"
        case core.Compare():
            return _comparison(node.op, node, known)
        case core.And():
            return f"{_joined(node.a, core.Or, known)} and {_joined(node.b, core.Or, known)}"
        case core.Or():
            return f"{_joined(node.a, core.And, known)} or {_joined(node.b, core.And, known)}"
        case core.Not():
            return _negated(node.a, known)
        case core.Select():
            return f"({phrased(node.a, known)} if {phrased(node.condition, known)}, otherwise {phrased(node.b, known)})"
        case core.IsIn():
            return f"{_noun(node.value, known)} is one of {_members(node, known)}"
        case core.Neighbour():
            return _neighbour(node, known)
        case core.Member():
            return _found("there is", node, known)
        case core.Lookup():
            return _lookup(node, known)
        case core.Aggregate():
            return _aggregate(node, known)
        case core.AsOf():
            return _as_of(node, known)
        case core.Running():
            one, same = _one(node.frame, known), _same(node.per, known)
            rows = f"{_those(node.rows, known)}{same}{_in_order(node.rows, known)}"
            return f"the total {_summed(node.arg, known)} in {rows} up to and with this {one}"
        case core.Window():
            return _window(node, known)
    return type(node).__name__


def _constant(kind: types.Type, value: int) -> str:
    """A literal. Where time begins is no date that anybody meant, and no id is none."""
    if kind == types.TIME_POINT and value == 0:
        return "the beginning of time"
    if kind.kind == types.ID and value == 0:
        return "none"
    text = reading.exactly(kind, value)
    return text.replace("_", " ") if kind.kind == types.ENUM else text


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _the(text: str) -> str:
    return text if _is_name(text) else f"the {text}"


def _plain(part: Any) -> Any:
    """A key of groups is what the groups are made by."""
    while isinstance(part, core.Key) and not part.called and not part.said:
        part = part.groups.keys[part.index]
    return part


def _listed(part: Any, known: Known) -> str:
    """One of several values: no article, and of a condition `whether` it holds."""
    text, part = _bare(part, known), _plain(part)
    truth = isinstance(part, Value) and part.type == types.TRUTH and not isinstance(part, core.Column | core.Param)
    return f"whether {text}" if truth else text


def _noun(part: Any, known: Known) -> str:
    """A part as a word among others, where a truth value is no sentence of its own."""
    part = _plain(part)
    if isinstance(part, core.Column) and part.type == types.TRUTH and not part.called:
        return part.log.schema.column(part.name).spoken
    return _compound(part, known)


def _compound(part: Any, known: Known) -> str:
    """A part inside a phrase: a product, or a condition that is a sentence of its own, stands in parentheses."""
    text = phrased(part, known)
    if not isinstance(part, Value) or _is_name(text) or part.said:
        return text
    several = isinstance(part, core.And | core.Or | core.Mul)
    return f"({text})" if several else text


def _bare(part: Value, known: Known) -> str:
    return _noun(part, known).removeprefix("the ")


def _joined(side: Value, other: type[Value], known: Known) -> str:
    """One side of `and` or `or`. What is said of every row ends where its side does."""
    text = phrased(side, known)
    apart = isinstance(side, other) and not side.said and not _is_name(text)
    return f"({text})" if apart or text.startswith("for ") else text


def _negated(node: Value, known: Known) -> str:
    """The opposite of a condition, in words of its own where it has some."""
    text = phrased(node, known)
    if _is_name(text) and text.endswith(" holds"):
        return f"{text.removesuffix('holds')}does not hold"
    if isinstance(node, core.Compare) and node.said[1:] == (" is given",):
        return f"{text.removesuffix('is given')}is missing"
    if isinstance(node, core.Compare) and not node.said and node.op in _OPPOSITE:
        return _comparison(_OPPOSITE[node.op], node, known)
    if isinstance(node, core.IsIn) and not node.said:
        return f"{_noun(node.value, known)} is none of {_members(node, known)}"
    if isinstance(node, core.Member) and not node.said:
        return _found("there is no", node, known)
    if isinstance(node, core.Column):
        return f"{text.removesuffix('yes')}no"
    if isinstance(node, core.Param):
        return f"not {text}"
    if isinstance(node, core.And | core.Or) and not node.said:
        both = [_negated(side, known) for side in (node.a, node.b)]
        if not any(each.startswith("not (") for each in both):
            return f"({(' or ' if isinstance(node, core.And) else ' and ').join(both)})"
    if isinstance(node, core.Neighbour) and node.said:
        return text.replace("there is an ", "there is no ", 1).replace("there is a ", "there is no ", 1)
    return f"not ({text})"


def _compared(side: Value, known: Known) -> str:
    """One side of a comparison: a truth value that is itself a sentence stands apart."""
    if isinstance(side, core.Column):
        return _noun(side, known)
    text = phrased(side, known)
    whole = isinstance(side, core.Param | core.Const | core.Select | core.Not)
    return text if side.type != types.TRUTH or whole else f"({text})"


def _comparison(op: str, node: core.Compare, known: Known) -> str:
    if isinstance(node.a, core.Const) or (isinstance(node.a, core.Param) and not isinstance(node.b, core.Const)):
        turned = {"<": "is above", "<=": "is at least"}
        if node.a.type.kind == types.TIME:
            turned = {"<": "is after", "<=": "is not before"}
        if op in turned:
            return f"{phrased(node.b, known)} {turned[op]} {phrased(node.a, known)}"
    relation = _RELATIONS[op]
    if node.a.type.kind == types.TIME:
        relation = _TIMES.get(op, relation)
    return f"{_compared(node.a, known)} {relation} {_compared(node.b, known)}"


def _members(node: core.IsIn, known: Known) -> str:
    if isinstance(node.members, core.Param):
        return phrased(node.members, known)
    shown = [_constant(node.value.type, member) for member in node.members]
    return ", ".join(sorted(shown) if node.value.type.kind == types.ID else shown)


# Of other rows


def _same(per: tuple[Value, ...], known: Known) -> str:
    return f" with the same {phrased(per, known).removeprefix('the ')}" if per else ""


def _those(rows: Rows, known: Known) -> str:
    if isinstance(rows.frame, Groups):
        return phrased(rows, known)
    return f"the rows of {phrased(rows, known)}"


def _row_of(rows: Rows, known: Known) -> str:
    return f"{'of' if isinstance(rows.frame, Groups) else 'row of'} {phrased(rows, known)}"


def _if_none(value: Value | None, known: Known) -> str:
    return "" if value is None else f" (if there is none: {phrased(value, known)})"


def _apart(part: Value, known: Known) -> str:
    """A value behind `whose` or `this row's`: in parentheses where it is more than one column's words."""
    text, part = _bare(part, known), _plain(part)
    if (
        isinstance(part, core.Column)
        or part.said[1:2] == (" (where missing, ",)
        or text.startswith("(")
        or " " not in text
        or _is_name(text)
    ):
        return text
    return f"({text})"


def _own(value: Value, known: Known) -> str:
    """A value of the row that asks."""
    text = phrased(value, known)
    if value.frame is None or _is_name(text):
        return text
    one = _one(value.frame, known)
    if isinstance(value, core.Key) and len(value.groups.keys) == 1:
        return f"this {one}"
    return f"this {one}'s {_apart(value, known)}"


def _alike(columns: tuple[Value, ...], keys: tuple[Value, ...], known: Known) -> list[str]:
    return [f"whose {_apart(c, known)} is {_own(k, known)}" for c, k in zip(columns, keys, strict=True)]


def _matching(target: Rows, columns: tuple[Value, ...], keys: tuple[Value, ...], known: Known) -> str:
    """The row of a table that has these keys, without an article."""
    if not isinstance(target.frame, Groups):
        return f"row of {phrased(target, known)} {' and '.join(_alike(columns, keys, known))}"
    one = _singular(target.frame, target, known)
    if len(target.frame.keys) == 1:
        return f"{one} that is {_own(keys[0], known)}"
    return f"{one} {' and '.join(_alike(columns, keys, known))}"


def _found(how: str, node: core.Member, known: Known) -> str:
    article = " a " if how == "there is" else " "
    return f"{how}{article}{_matching(node.target, node.columns, node.keys, known)}"


def _lookup(node: core.Lookup, known: Known) -> str:
    """What groups by all their keys are asked for is asked of the rows that have those keys."""
    other = _if_none(None if node.matched else node.default, known)
    groups = node.target.frame
    if not isinstance(groups, Groups):
        row = _matching(node.target, node.columns, node.keys, known)
        return f"{_the(_bare(node.value, known))} on that {row}{other}"
    places = [each.index if isinstance(each, core.Key) else -1 for each in node.columns]
    whole = sorted(places) == list(range(len(groups.keys))) and node.target.where is None
    if not whole:
        return f"{_noun(node.value, known)} for the {_matching(node.target, node.columns, node.keys, known)}{other}"
    among = "those rows of" if isinstance(groups.rows.frame, Log) else "those of"
    keys = tuple(groups.keys[place] for place in places)
    rows = f"{among} {phrased(groups.rows, known)} {' and '.join(_alike(keys, node.keys, known))}"
    counted = isinstance(node.value, core.Aggregate) and node.value.arg is None and not node.value.called
    return f"the number of {rows}{other}" if counted else f"{_noun(node.value, known)} over {rows}{other}"


def _aggregate(node: core.Aggregate, known: Known) -> str:
    grouped = node.by is not None
    if node.arg is None and grouped:
        return f"the number of its {_ones(node.rows.frame, known)}"
    if node.arg is None:
        distinct = "distinct " if isinstance(node.rows.frame, Groups) else "rows of "
        return f"the number of {distinct}{phrased(node.rows, known).removeprefix('the ')}"
    of = "" if grouped else f" {'over' if isinstance(node.rows.frame, Groups) else 'in'} {phrased(node.rows, known)}"
    empty = _if_none(node.empty, known)
    if node.kind != "sum":
        kinds = _EXTREME_TIMES if node.arg.type == types.TIME_POINT else _EXTREMES
        return f"{kinds[node.kind]}{_bare(node.arg, known)}{of}{empty}"
    one, only = _chosen(node.arg, known)
    where = f" (counting only {_ones(node.rows.frame, known)} where {only})" if only else ""
    return f"the total {_summed(one, known)}{of}{where}"


def _summed(value: Value, known: Known) -> str:
    """What a total is of: `FLOP spent`, or `of the largest score`."""
    column = isinstance(value, core.Column) and not value.called
    return _bare(value, known) if column else f"of {_noun(value, known)}"


def _chosen(value: Value, known: Known) -> tuple[Value, str]:
    """What a total is of that is a choice between something and 0, and where it is not 0; "": always."""
    if isinstance(value, core.Select) and not value.said and not value.called:
        if _is_zero(value.b):
            return value.a, phrased(value.condition, known)
        if _is_zero(value.a):
            return value.b, _negated(value.condition, known)
    return value, ""


def _is_zero(value: Value) -> bool:
    return isinstance(value, core.Const) and value.value == 0


def _neighbour(node: core.Neighbour, known: Known) -> str:
    side = "closest earlier" if node.step < 0 else "closest later"
    row = f"{side} {_row_of(node.rows, known)}{_in_order(node.rows, known)}"
    return f"{_the(_bare(node.arg, known))} on the {row}{_same(node.per, known)}{_if_none(node.default, known)}"


def _window(node: core.Window, known: Known) -> str:
    at, one = _apart(node.at, known), _one(node.frame, known)
    among = "those of" if isinstance(node.rows.frame, Groups) else "those rows of"
    after = "after" if node.at.type.kind == types.TIME else "above"
    own = f"this {one}'s {at}"
    total = f"the total {_summed(node.arg, known)} in {among} {phrased(node.rows, known)}{_same(node.per, known)}"
    return f"{total} whose {at} is {after} {own} − {phrased(node.length, known)} and not {after} {own}"


def _as_of(node: core.AsOf, known: Known) -> str:
    """Of several rows that are equally late it is the last."""
    most = "the latest that is not after" if node.order.type.kind == types.TIME else "the greatest that is not above"
    order = f"whose {_apart(node.order, known)} is {most} {_own(node.at, known)}"
    alike = " and ".join([*_alike(node.columns, node.keys, known), order])
    row = f"the last {_row_of(node.target, known)} {alike}"
    return f"{_the(_apart(node.value, known))} on {row}{_if_none(node.default, known)}"
