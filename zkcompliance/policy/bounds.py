"""Bounds of parameters and revealed values: read, said, and refused where one admits a value that asks nothing.

The claim's card says which values those are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from zkcompliance import limits
from zkcompliance.card.model import Card
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.vacuity import Edge, Vacuous
from zkcompliance.edge.shown import command
from zkcompliance.errors import InternalError, MalformedPolicy, UsageError
from zkcompliance.policy.calendar import SHORTEST, edge, first_edge
from zkcompliance.policy.formulas import Index, follows, read_formula
from zkcompliance.policy.model import Bound, Calendar, Formula, PeriodEdge
from zkcompliance.policy.toml import Table, fault, span, table, text
from zkcompliance.quantities import Number, exact_beside, show_seconds
from zkcompliance.quantities.ids import text_id

_COUNTED = ("Count", "count", "Int", "Flop", "flop")  # the kinds whose values may be bare integers
_UNIT = {  # kind → what its texts must have, so that no unit is mistaken; how they look
    "Ppm": (re.compile(r".*%|.*[.].*|.*-.*|.* ?ppm|0"), "a share such as 30%, 0.3 or 300000 ppm"),
    "Seconds": (re.compile(r".*[a-z]"), "a length of time such as 15 days"),
    "Time": (re.compile(r".*-.*"), "a date such as 2025-08-02, or a time such as 2025-08-02T12:00:00Z"),
}
_MOMENTS = ("Time", "Day", "Month", "Year")
_ORDERED = ("Count", "count", "Int", "Flop", "flop", "Ppm", "Seconds", *_MOMENTS)


def meets(bound: Bound, value: int, *, time: int, subject_name: str | None, rounded: int = 0) -> bool:
    """Whether a public value satisfies every part of the bound.

    time: the moment at which the lab says that it proved (0: not said, and then no `within` and no `period` is met;
    neither is a `period` at a time of none). subject_name: the
    model that the proof is bound to (None: none, and then no `subject` is met). rounded: how much rounding down may
    have taken from the value; what it was before meets the bound too.
    """
    if (bound.low is not None and value < bound.low) or (bound.high is not None and value + rounded > bound.high):
        return False
    if value & bound.includes != bound.includes or (bound.one_of and value not in bound.one_of):
        return False
    if bound.within is not None and not (time and time - bound.within <= value <= time - rounded):
        return False
    if bound.period is not None and (not time or value != edge(bound.period, time)):
        return False
    return not bound.subject or (subject_name is not None and value == text_id(subject_name))


def words(bound: Bound, param: Parameter) -> str:
    """The bound as it stands behind `is`: `at most 1e25`, `a set with pretraining, fine_tuning`."""
    if bound.exact is not None:
        return f"exactly {_show(param, bound.exact)}"
    if bound.low_by is not None and bound.low_by == bound.high_by:
        return f"exactly {_product(bound.low_by)}, rounded down"
    said = []
    least, most = ("not before", "not after") if param.kind in _MOMENTS else ("at least", "at most")
    if bound.low is not None:
        said.append(f"{least} {_show(param, bound.low) if bound.low_by is None else _product(bound.low_by)}")
    if bound.high is not None:
        said.append(f"{most} {_show(param, bound.high) if bound.high_by is None else _product(bound.high_by)}")
    if bound.includes:
        said.append(f"a set that includes {param.show(bound.includes)}")
    if bound.one_of:
        said.append(f"one of {'; '.join(_show(param, value) for value in bound.one_of)}")
    if bound.within is not None:
        said.append(f"within {show_seconds(bound.within)} before the proof")
    if bound.period is not None:
        said = [f"the {'end' if bound.period.ends else 'beginning'} of the period whose proof it is"]
    if bound.subject:
        said.append("the name of the model that the proof is about")
    return " and ".join(said) or "the lab's choice"


def _product(formula: Formula) -> str:
    """A product, and what its index is."""
    per = "" if formula.per == 1 else f" / {formula.per:,}"
    return f"{formula.text} ({formula.index} is “{formula.value}” of {formula.requirement}{per})"


def _show(param: Parameter, value: int) -> str:
    return exact_beside(param.show(value), value)


def read_bound(
    param: Parameter,
    given: object,
    path: str,
    *,
    free: bool,
    indices: Mapping[str, Index] = MappingProxyType({}),
    calendar: Calendar | None = None,
    until: int = 0,
) -> Bound:
    """What a policy says of a parameter: the value itself, or a table. free: whether `free = true` is taken.

    indices: those that a value, or an end, may follow; calendar: the policy's, of whose periods a parameter may be the
    beginning or the end, before `until`.

    MalformedPolicy unless it is one of the forms of docs/spec/policy.md.
    """
    if not isinstance(given, dict):
        if (product := read_formula(param, given, indices, path)) is not None:
            return follows(product, product, Bound(), param, path)
        value = _value(param, given, path)
        return Bound(low=value, high=value)
    found = table(given, path)
    parts = set(found.names())
    forms = ({"at_least"}, {"at_most"}, {"at_least", "at_most"}, {"includes"}, {"one_of"}, {"within"}, {"subject"})
    if parts not in (*forms, *(({"free"}, {"period"}) if free else ())):
        raise fault(
            path,
            "is a value, or a table with at_least, at_most or both, or with one of includes, one_of, within, subject"
            + (", period, free" if free else " (a revealed value is bounded or left out)"),
        )
    for flag in parts & {"subject", "free"}:
        if found.value(flag) is not True:
            raise fault(found.at(flag), "is true, or left out")
    if parts == {"free"}:
        return Bound(free=True)
    if parts == {"subject"}:
        _fits(param, path, ("Id",), "subject is for a parameter that is the id of a model's name")
        return Bound(subject=True)
    if parts == {"period"}:
        _fits(param, path, ("Time",), "period is for a time")
        return _of_period(found, calendar, until)
    if parts == {"within"}:
        _fits(param, path, ("Time",), "within is for a time")
        return Bound(within=span(found, "within"))
    if parts == {"includes"}:
        if not of_choices(param):
            raise fault(path, f"includes is for a set of choices, and this is a {param.kind}")
        return Bound(includes=_includes(param, found))
    if parts == {"one_of"}:
        return Bound(one_of=_one_of(param, found))
    return _between(param, found, parts, indices)


def _of_period(found: Table, calendar: Calendar | None, until: int) -> Bound:
    path = found.at("period")
    if calendar is None:
        raise fault(path, "needs [calendar], which says when periods begin and end")
    if (said := found.text("period")) not in ("begins", "ends"):
        raise fault(path, "is begins or ends: the moment at which the calendar's period does")
    if said == "ends" and calendar.due is None:
        raise fault(path, "ends needs calendar.due: a proof that is made in its period cannot be about all of it")
    return Bound(low=first_edge(of := PeriodEdge(calendar, said == "ends")), high=until - 1, period=of)


def refuse_met_by_nothing(each: Parameter, bound: Bound, path: str) -> None:
    """MalformedPolicy for a bound of a revealed moment that 0 meets: of no row at all the first or last moment is 0,
    which is 1970, so that a log in which nothing counts would lie before every date."""
    if each.kind in _MOMENTS and meets(bound, 0, time=0, subject_name=None):
        raise fault(path, f"is met where no row counts, of which {each.show(0)} is disclosed: write at_least too")


def _between(param: Parameter, found: Table, parts: set[str], indices: Mapping[str, Index]) -> Bound:
    _fits(param, found.path, _ORDERED, "at_least and at_most are for numbers and times")
    ends: list[int | None] = []
    products: list[Formula | None] = []
    for key in ("at_least", "at_most"):
        given = found.value(key) if key in parts else None
        product = None if given is None else read_formula(param, given, indices, found.at(key))
        products.append(product)
        ends.append(None if given is None or product is not None else _value(param, given, found.at(key)))
    bound = Bound(low=ends[0], high=ends[1])
    if any(products):
        bound = follows(products[0], products[1], bound, param, found.path)
    low, high = bound.low, bound.high
    if low is not None and high is not None and low >= high:
        raise fault(found.path, "at_least is below at_most; one value is written by itself")
    if (low is None or low <= param.low) and (high is None or high >= param.high):
        raise fault(found.path, "admits every value that there is: it asks nothing")
    return bound


def _includes(param: Parameter, found: Table) -> int:
    mask = _value(param, found.value("includes"), found.at("includes"))
    if not mask:
        raise fault(found.at("includes"), "names at least one choice")
    return mask


def _one_of(param: Parameter, found: Table) -> tuple[int, ...]:
    given, path = found.value("one_of"), found.at("one_of")
    if not isinstance(given, list) or not 2 <= len(given) <= limits.MAX_POLICY_CHOICES:
        raise fault(path, f"is a list of 2 to {limits.MAX_POLICY_CHOICES} values; one value is written by itself")
    values = tuple(_value(param, each, f"{path}[{i}]") for i, each in enumerate(given, 1))
    if len(set(values)) != len(values):
        raise fault(path, "says the same value twice")
    return values


def of_choices(param: Parameter) -> bool:
    """Whether its value is the bit mask of a set of choices: what `includes` and declared sets are about."""
    return param.is_set and bool(param.type.choices)


def _fits(param: Parameter, path: str, kinds: tuple[str, ...], why: str) -> None:
    if param.kind not in kinds:
        raise fault(path, f"{why}, and this is a {param.kind}")


def _value(param: Parameter, given: Any, path: str) -> int:
    """One value, exactly and with its unit: a bare integer only where there is no unit to mistake."""
    kind = param.kind
    if isinstance(given, Number) and kind != "Ppm":
        raise fault(path, f"{given[:32]} is a float, and policies are exact: write it in quotes, as in '2.5e25'")
    try:
        if isinstance(given, bool) or kind == "Bool":
            if not isinstance(given, bool) or kind != "Bool":
                raise fault(path, f"is {'true or false, without quotes' if kind == 'Bool' else f'a {kind}'}")
            return param.accept(int(given))
        if isinstance(given, int) and (kind in _COUNTED or (kind == "Ppm" and not given)):
            return param.accept(given)
        if not isinstance(given, str):
            looks = _UNIT[kind][1] if kind in _UNIT else f"a {kind}"
            raise fault(path, f"is a text, in quotes: {looks}")
        if not isinstance(given, Number):
            _texts(param, given, path)
        if kind in _UNIT and _UNIT[kind][0].fullmatch(given) is None:
            raise fault(path, f"is {_UNIT[kind][1]}: without its unit it could be mistaken")
        return param.parse(given)
    except UsageError as error:
        raise fault(path, error.message.removeprefix(f"{param.name}: ")) from None


def _texts(param: Parameter, given: str, path: str) -> None:
    """MalformedPolicy unless it is a text of a policy, in a set of values each member of it."""
    text(given, path, (limits.MAX_TEXT_BYTES + len(", ")) * max(param.places, 1))
    if any(len(part.strip().encode()) > limits.MAX_TEXT_BYTES for part in given.split(",")):
        raise fault(path, f"has a member of over {limits.MAX_TEXT_BYTES} bytes")


def refuse_vacuous(card: Card, bounds: Mapping[str, Bound], earliest: int, path: str) -> None:
    """MalformedPolicy, naming the parameter and why, when some admitted values make the claim ask nothing of it.

    bounds: of every parameter; earliest: the first moment, UTC seconds, that a proof which is accepted can state.
    """
    params = {param.name: param for param in card.params}
    said = {each.param for each in card.vacuous}
    for name in params:
        if name not in said:
            raise fault(
                f"{path}.{name}",
                f"the card of {card.id} does not say from where on {name} asks nothing, or that it never does",
                help="zkcompliance explain malformed-policy  # and docs/policies.md",
            )
    for each in card.vacuous:
        param = params[each.param]
        low, high = reach(bounds[each.param], param, earliest)
        fails = _fault(card, each, path)
        if each.at_least is not None and high >= (top := _edge(each.at_least)):
            raise fails(f"{_show(param, top)} or more")
        if each.at_most is not None and low <= (least := _edge(each.at_most)):
            raise fails(f"{_show(param, least)} or less")
        if (each.none_of or each.all_of) and not of_choices(param):
            raise fault(f"{path}.{each.param}", f"{card.id} declares choices of what is no set of choices")
        if each.none_of and _some(bounds[each.param], param, 0, param.parse(",".join(each.none_of))):
            raise fails(f"a set with none of {', '.join(each.none_of)}")
        if each.all_of and _some(bounds[each.param], param, mask := param.parse(",".join(each.all_of)), mask):
            raise fails(f"a set of all of {', '.join(each.all_of)}")
        if each.between is not None:
            first, last = (reach(bounds[end], params[end], earliest) for end in each.between)
            if _one_period(*(bounds[end] for end in each.between)) > high:
                continue
            if high >= last[0] - first[1]:
                begins, ends = (
                    _show(params[end], at) for end, at in zip(each.between, (first[1], last[0]), strict=True)
                )
                raise fails(
                    f"{_show(param, high)}, with {each.between[0]} at {begins} at the latest and {each.between[1]} "
                    f"at {ends} at the earliest"
                )


def _one_period(begin: Bound, end: Bound) -> int:
    """How long they are apart at least, in seconds, where they are both ends of one period; 0 where they are not."""
    if begin.period is None or end.period is None or begin.period.ends or not end.period.ends:
        return 0
    return SHORTEST[begin.period.calendar.every]


def reach(bound: Bound, param: Parameter, earliest: int) -> tuple[int, int]:
    """The smallest and the largest value that the bound admits."""
    if bound.one_of:
        return min(bound.one_of), max(bound.one_of)
    low = param.low if bound.low is None else bound.low
    high = param.high if bound.high is None else bound.high
    if bound.within is not None:
        low = max(low, earliest - bound.within)
    return low, high


def _some(bound: Bound, param: Parameter, wanted: int, mask: int) -> bool:
    """Whether the bound admits a set whose part within `mask` is `wanted`, none of the mask or all of it."""
    if bound.exact is not None or bound.one_of:
        return any(value & mask == wanted for value in bound.one_of or (bound.exact or 0,))
    return wanted == mask or not bound.includes & mask


def _fault(card: Card, each: Vacuous, path: str):  # type: ignore[no-untyped-def]
    def fails(values: str) -> MalformedPolicy:
        return fault(
            f"{path}.{each.param}",
            f"admits {values}, under which {card.id} asks nothing: {each.why}",
            help=command("zkcompliance", "explain", card.id),
        )

    return fails


def _edge(value: object) -> int:
    """The integer of an edge, which may lie outside the parameter's own range; a card has edges alone."""
    if not isinstance(value, Edge):
        raise InternalError("a card whose edge was not read")
    return value.value
