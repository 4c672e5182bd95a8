"""A claim read aloud: its requirements as sentences, its parameters with units, what it reveals."""

from __future__ import annotations

from typing import Any

from zkcompliance.card import reading, types
from zkcompliance.card.parameter import Parameter
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Groups, Log, Reveal, Rows, Value

_RELATIONS = {"<": "is below", "<=": "is at most", "==": "is", "!=": "is not"}
_TIMES = {"<": "is before", "<=": "is not after"}
_KINDS = {"sum": "the total ", "min": "the smallest ", "max": "the largest "}
_PREPOSITIONS = {"at": "time", "from": "beginning", "until": "end"}
NOT_PROVEN = "that the log is complete and that its rows are true: a row is as good as its source."


def explain(claim: ClaimDefinition) -> str:
    """The claim as plain text for a person."""
    lines = [f"{claim.id}, version {claim.version}: {claim.title}", ""]
    more = claim.doc.split("\n", 1)[1].strip("\n") if "\n" in claim.doc else ""
    lines += [more, ""] if more else []
    lines += ["Logs:", *(f"  {log.name}: {log.schema.doc or log.schema.name}" for log in claim.logs), ""]
    if claim.params:
        lines += ["Parameters (public):", *(f"  {parameter(spec)}" for spec in claim.params), ""]
    lines.append("It holds when all of this is so:")
    for number, each in enumerate(claim.requirements, 1):
        implied = " (asked by a join)" if each.implied else ""
        lines.append(f"  {number}. {each.name}{implied}: {sentence(each.value)}")
    lines += ["", "Revealed beyond the parameters and each segment's size rounded up to a power of two:"]
    lines += [f"  {revealed(each)}" for each in claim.reveals] or ["  nothing."]
    return "\n".join([*lines, f"Not proven: {NOT_PROVEN}"])


def parameter(spec: Parameter) -> str:
    """One parameter: name, type, what it is, bounds, default."""
    if spec.places:
        bounds = f"at most {spec.places}"
    elif spec.is_set:
        bounds = f"any of {', '.join(spec.type.choices)}"
    elif spec.type.choices:
        bounds = f"one of {', '.join(spec.type.choices)}"
    elif (spec.low, spec.high) != (0, types.LARGEST_OF.get(spec.type)):
        bounds = f"from {spec.show(spec.low)} to {spec.show(spec.high)}"
    else:
        bounds = ""
    kind = "set" if spec.type.choices and spec.is_set else str(spec.type) if spec.type.kind != types.ENUM else "choice"
    default = "" if spec.default is None else f"; default {spec.show(spec.default)}"
    return f"{spec.name} ({kind}{', ' + bounds if bounds else ''}{default}){': ' + spec.doc if spec.doc else ''}"


def revealed(each: Reveal) -> str:
    """One reveal."""
    rounding = "" if each.figures is None else f", rounded down to {each.figures} significant figures"
    return f"{each.name}: {phrase(each.value)}{rounding}."


def sentence(value: Value) -> str:
    """A condition with a capital and a full stop."""
    text = phrase(value)
    return f"{text[:1].upper()}{text[1:]}."


def phrase(part: Any) -> str:
    """A node, some rows, or a tuple of nodes in words."""
    if isinstance(part, str):
        return part
    if isinstance(part, tuple):
        words = [phrase(each) for each in part]
        return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    if isinstance(part, Rows):
        return _rows(part)
    if not isinstance(part, Value):
        return _frame(part)
    return _spoken(part.said) if part.said else _value(part)


def _spoken(said: tuple[Any, ...]) -> str:
    """What sugar says of itself. A row of groups is a group."""
    words: list[str] = []
    for each in said:
        if isinstance(each, Rows) and isinstance(each.frame, Groups) and words and words[-1].endswith(" row of "):
            words[-1] = words[-1].removesuffix("row of ") + "group of "
        words.append(phrase(each))
    return "".join(words)


def _frame(frame: Log | Groups) -> str:
    if isinstance(frame, Log):
        return frame.name
    return f"{_rows(frame.rows)} with the same {phrase(frame.keys)}"


def _rows(rows: Rows) -> str:
    text = _frame(rows.frame)
    if rows.where is not None:
        text += f" where {phrase(rows.where)}"
    if rows.order:
        text += f" in order of {phrase(rows.order)}"
    return f"({text})" if " " in text else text


def _value(node: Value) -> str:
    match node:
        case core.Const():
            return reading.show(node.type, node.value)
        case core.Param():
            return f"`{node.name}`"
        case core.Column():
            return _PREPOSITIONS.get(node.name, node.name.replace("_", " "))
        case core.Key():
            return phrase(node.groups.keys[node.index])
        case core.Add():
            return f"({phrase(node.a)} + {phrase(node.b)})"
        case core.Sub():
            return f"({phrase(node.a)} − {phrase(node.b)})"
        case core.Mul():
            return f"{phrase(node.a)} × {phrase(node.b)}"
        case core.FloorDiv():
            return f"⌊{phrase(node.a)} / {node.divisor:,}⌋"
        case core.Compare():
            return _comparison(node)
        case core.And():
            return f"{_joined(node.a, core.Or)} and {_joined(node.b, core.Or)}"
        case core.Or():
            return f"{_joined(node.a, core.And)} or {_joined(node.b, core.And)}"
        case core.Not(a=core.Member() as inner):
            return f"{phrase(inner.keys)} is not found as {phrase(inner.columns)} in {phrase(inner.target)}"
        case core.Not():
            return f"not ({phrase(node.a)})"
        case core.Select():
            return f"({phrase(node.a)} if {phrase(node.condition)}, otherwise {phrase(node.b)})"
        case core.IsIn():
            return f"{phrase(node.value)} is one of {_members(node)}"
        case core.Neighbour():
            side = "last earlier" if node.step < 0 else "next later"
            same = f" with the same {phrase(node.per)}" if node.per else ""
            row = f"{side} {'group' if isinstance(node.rows.frame, Groups) else 'row'} of {phrase(node.rows)}{same}"
            return f"the {phrase(node.arg).removeprefix('the ')} of the {row} ({phrase(node.default)} if none)"
        case core.Member():
            return f"{phrase(node.keys)} is found as {phrase(node.columns)} in {phrase(node.target)}"
        case core.Lookup():
            other = "" if node.matched else f" (without a match: {phrase(node.default)})"
            found = f"the {phrase(node.columns)} {phrase(node.keys)} in {phrase(node.target)}"
            return f"{phrase(node.value)} of {found}{other}"
        case core.Aggregate():
            return _aggregate(node)
    return type(node).__name__


def _joined(side: Value, other: type[Value]) -> str:
    """One side of `and` or `or`. What is said of every row ends where its side does."""
    text = phrase(side)
    return f"({text})" if (isinstance(side, other) and not side.said) or text.startswith("for ") else text


def _compared(side: Value) -> str:
    """One side of a comparison: a truth value that is itself a sentence stands apart."""
    text = phrase(side)
    whole = isinstance(side, core.Column | core.Param | core.Const | core.Select | core.Not)
    return text if side.type != types.TRUTH or whole else f"({text})"


def _comparison(node: core.Compare) -> str:
    if isinstance(node.a, core.Const) or (isinstance(node.a, core.Param) and not isinstance(node.b, core.Const)):
        turned = {"<": "is above", "<=": "is at least"}
        if node.a.type.kind == types.TIME:
            turned = {"<": "is after", "<=": "is not before"}
        if node.op in turned:
            return f"{phrase(node.b)} {turned[node.op]} {phrase(node.a)}"
    relation = _RELATIONS[node.op]
    if node.a.type.kind == types.TIME:
        relation = _TIMES.get(node.op, relation)
        if isinstance(node.b, core.Const) and node.b.value == 0:
            return f"{phrase(node.a)} {relation} {'missing' if node.op == '==' else 'missing (0)'}"
    return f"{_compared(node.a)} {relation} {_compared(node.b)}"


def _members(node: core.IsIn) -> str:
    if isinstance(node.members, core.Param):
        return phrase(node.members)
    return ", ".join(reading.show(node.value.type, member) for member in node.members)


def _aggregate(node: core.Aggregate) -> str:
    of = "" if node.by is not None else f" of {phrase(node.rows)}"
    if node.arg is None:
        return "the number of its rows" if node.by is not None else f"the number of rows{of}"
    empty = "" if node.empty is None else f" (over none, {phrase(node.empty)})"
    return f"{_KINDS[node.kind]}{phrase(node.arg)}{of}{empty}"
