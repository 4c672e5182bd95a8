"""Limits that follow an index: a product in the policy, held exactly against what another requirement reveals.

`params.limit = "1e25 * frontier"` is 1e25 times the index `frontier`, which the policy declares: the requirement that
shows it, by an authority's log whose key the policy names, the value that it reveals, and between which ends that lies.
All is whole numbers and fractions of them; nothing is rounded but an exact value, which is the product rounded down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from zkcompliance import limits
from zkcompliance.card.parameter import Parameter
from zkcompliance.errors import RequirementNotShown, StatementMismatch
from zkcompliance.policy.model import Bound, Formula, LogRule, Requirement
from zkcompliance.policy.toml import Table, fault, name

_PRODUCT = re.compile(r"((?:0|[1-9][0-9]{0,39})(?:[.][0-9]{1,40})?(?:e[0-9]{1,2})?) \* ([a-z0-9]+(?:-[a-z0-9]+)*)")
_KINDS = ("Count", "count", "Int", "Flop", "flop")  # numbers without a unit that a product could lose
MAX_PER = 10**12

Shown = Mapping[tuple[str, str], int]  # (requirement, value that it reveals) → what that is


@dataclass(frozen=True)
class Index:
    """What a policy's `indices` say of one: `value` of `requirement`, from low to high, divided by `per`."""

    name: str
    requirement: str
    value: str
    per: int
    low: int
    high: int

    @property
    def bound(self) -> Bound:
        """Of the revealed value: the ends that products of the index are taken to have."""
        return Bound(low=self.low, high=self.high)


def read_indices(root: Table) -> dict[str, Index]:
    """The policy's `indices`, by name; none where it has none. MalformedPolicy."""
    if "indices" not in root:
        return {}
    found = root.table("indices")
    names = found.names()
    if len(names) > limits.MAX_POLICY_LOGS:
        raise fault("indices", f"are at most {limits.MAX_POLICY_LOGS}")
    made = {}
    for each in names:
        index = found.table(name(each, found.at(each)))
        low, high = index.whole("at_least", 1, 2**63), index.whole("at_most", 2, 2**63)
        if low >= high:
            raise fault(index.at("at_most"), "is above at_least: between them the index may lie")
        made[each] = Index(
            each, index.name("requirement"), index.text("value"), index.whole("per", 1, MAX_PER), low, high
        )
        index.close()
    return made


def read_formula(param: Parameter, given: object, indices: Mapping[str, Index], path: str) -> Formula | None:
    """A product of a number and an index; None where the value is none: ids are texts, and may have a star.

    MalformedPolicy for a product that is not in its form.
    """
    if not isinstance(given, str) or "*" not in given or param.kind not in _KINDS:
        return None
    parts = _PRODUCT.fullmatch(given)
    if parts is None:
        raise fault(path, 'is a number, " * " and the name of an index, such as 2.5e25 * frontier')
    index = indices.get(parts[2])
    if index is None:
        raise fault(path, f"no index {parts[2]}: there is {', '.join(indices) or 'none; [indices] declares them'}")
    factor = Fraction(parts[1]) / index.per
    if not factor:
        raise fault(path, "is 0 times an index: write 0")
    return Formula(given, index.name, index.requirement, index.value, index.per, factor, index.low, index.high)


def follows(low: Formula | None, high: Formula | None, bound: Bound, param: Parameter, path: str) -> Bound:
    """A bound whose ends follow an index, with what they are at its ends as numbers: no value beyond is admitted."""
    least, most = bound.low, bound.high
    exact = low is not None and low == high
    if low is not None:
        least = floor(low.factor * low.low) if exact else ceil(low.factor * low.low)
    if high is not None:
        most = floor(high.factor * high.high)
    for end in (least, most):
        if end is not None and not param.low <= end <= param.high:
            raise fault(path, f"comes to {end}, which {param.name} cannot have")
    return Bound(low=least, high=most, low_by=low, high_by=high)


def of(requirement: Requirement) -> dict[str, Bound]:
    """The bounds of its parameters that follow an index."""
    return {
        each: bound
        for each, bound in requirement.params.items()
        if bound.low_by is not None or bound.high_by is not None
    }


def sources(requirements: Iterable[Requirement]) -> dict[str, frozenset[str]]:
    """Requirement that shows an index → the requirements that follow it."""
    made: dict[str, set[str]] = {}
    for each in requirements:
        for bound in of(each).values():
            for formula in filter(None, (bound.low_by, bound.high_by)):
                made.setdefault(formula.requirement, set()).add(each.name)
    return {name: frozenset(names) for name, names in made.items()}


def check(requirement: Requirement, publics: Mapping[str, int], shown: Shown, card_params: Iterable[Parameter]) -> None:
    """Hold what a proof has for parameters against products of what the index was shown to be.

    RequirementNotShown where nothing that was accepted shows the index; StatementMismatch naming parameter and product.
    """
    known = {param.name: param for param in card_params}
    for each, bound in of(requirement).items():
        value = publics[each]
        ends = [
            (formula, at_least, _now(formula, shown, requirement.name))
            for formula, at_least in ((bound.low_by, True), (bound.high_by, False))
            if formula is not None
        ]
        for formula, at_least, product in ends:
            low = floor(product) if bound.low_by == bound.high_by else ceil(product)
            if value >= low if at_least else value <= product:
                continue
            index = product / formula.factor / formula.per
            raise StatementMismatch(
                f"{each}: the proof is about {known[each].show(value)}, and {formula.text} is "
                f"{known[each].show(floor(product))}, with {formula.index} at {_decimal(index)}"
            )


def _now(formula: Formula, shown: Shown, asker: str) -> Fraction:
    """The product, exactly."""
    value = shown.get((formula.requirement, formula.value))
    if value is None:
        raise RequirementNotShown(
            f"{asker}: it follows {formula.index}, and {formula.requirement}, which shows what that is, is not met"
        )
    return formula.factor * value


def _decimal(value: Fraction) -> str:
    """With at most 12 digits behind the point: per is at most 10^12; exact where it divides a power of ten."""
    whole, rest = divmod(value.numerator * 10**12 // value.denominator, 10**12)
    return f"{whole}.{rest:012d}".rstrip("0").rstrip(".")


def refuse_unshown(indices: Mapping[str, Index], made: Mapping[str, Requirement], logs: Mapping[str, LogRule]) -> None:
    """MalformedPolicy for an index that no requirement shows, or one whose own limit follows an index, or over a log of
    which the policy does not name the key: whoever proves would choose the index."""
    for index in indices.values():
        path = f"indices.{index.name}.requirement"
        if index.requirement not in made:
            raise fault(path, f"no requirement {index.requirement}: there is {', '.join(made)}")
        shows = made[index.requirement]
        if of(shows):
            raise fault(path, f"{index.requirement} follows an index itself")
        for slot in shows.logs:
            for log in shows.taken(slot):
                if not logs[log].keys:
                    raise fault(path, f"needs logs.{log}.keys: otherwise whoever proves could choose the index")
