"""Whether a bound admits a value under which its claim asks nothing; the claim's own file says which those are."""

from __future__ import annotations

from collections.abc import Mapping

from zkcompliance.card import reading
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.vacuity import Vacuous
from zkcompliance.claim.model import Claim
from zkcompliance.edge.shown import command
from zkcompliance.errors import MalformedPolicy
from zkcompliance.policy.bounds import of_choices
from zkcompliance.policy.model import Bound
from zkcompliance.policy.toml import fault
from zkcompliance.quantities import exact_beside


def refuse_vacuous(claim: Claim, bounds: Mapping[str, Bound], earliest: int, path: str) -> None:
    """MalformedPolicy, naming the parameter and why, when some admitted values make the claim ask nothing of it.

    bounds: of every parameter; earliest: the first moment, UTC seconds, that a proof which is accepted can state.
    """
    params = {param.name: param for param in claim.params}
    said = {each.param for each in claim.vacuous}
    for name in params:
        if name not in said:
            raise fault(
                f"{path}.{name}",
                f"the file of {claim.id} does not say from where on {name} asks nothing: it needs VACUOUS",
                help="zkcompliance explain malformed-policy  # and docs/policies.md",
            )
    for each in claim.vacuous:
        param = params[each.param]
        low, high = reach(bounds[each.param], param, earliest)
        fails = _fault(claim, each, path)
        if each.at_least is not None and high >= (top := _read(param, each.at_least)):
            raise fails(f"{_show(param, top)} or more")
        if each.at_most is not None and low <= (least := _read(param, each.at_most)):
            raise fails(f"{_show(param, least)} or less")
        if (each.none_of or each.all_of) and not of_choices(param):
            raise fault(f"{path}.{each.param}", f"{claim.id} declares choices of what is no set of choices")
        if each.none_of and _some(bounds[each.param], param, 0, param.parse(",".join(each.none_of))):
            raise fails(f"a set with none of {', '.join(each.none_of)}")
        if each.all_of and _some(bounds[each.param], param, mask := param.parse(",".join(each.all_of)), mask):
            raise fails(f"a set of all of {', '.join(each.all_of)}")
        if each.between is not None:
            first, last = (reach(bounds[end], params[end], earliest) for end in each.between)
            if high >= last[0] - first[1]:
                begins, ends = (
                    _show(params[end], at) for end, at in zip(each.between, (first[1], last[0]), strict=True)
                )
                raise fails(
                    f"{_show(param, high)}, with {each.between[0]} at {begins} at the latest and {each.between[1]} "
                    f"at {ends} at the earliest"
                )


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


def _fault(claim: Claim, each: Vacuous, path: str):  # type: ignore[no-untyped-def]
    def fails(values: str) -> MalformedPolicy:
        return fault(
            f"{path}.{each.param}",
            f"admits {values}, under which {claim.id} asks nothing: {each.why}",
            help=command("zkcompliance", "explain", claim.id),
        )

    return fails


def _read(param: Parameter, value: object) -> int:
    """A limit as the claim's file writes it; it may lie outside the parameter's own range."""
    return reading.read(param.type, value)


def _show(param: Parameter, value: int) -> str:
    return exact_beside(param.show(value), value)
