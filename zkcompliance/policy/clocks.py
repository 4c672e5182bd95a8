"""What keeps the moment that a claim takes for now near the moment at which a verdict is wanted.

A lab that is late with something chooses a moment at which it was not: by the parameter that the claim takes for now,
or by setting back the clock of its machine, whose time the proof states. So that parameter lies within an hour of the
stated time, or is the end of the calendar's period that was last over then; and the stated time is bounded from below
by somebody else: by `freshness.proof`, no longer than the shortest of the claim's clocks (less what a period's proof
may be late), or by when the regulator drew the reference that the proof is bound to.
"""

from __future__ import annotations

from collections.abc import Mapping

from zkcompliance.card.model import Card
from zkcompliance.card.parameter import CLOCK, NOW, Parameter
from zkcompliance.card.types import SECONDS
from zkcompliance.policy.bounds import reach
from zkcompliance.policy.model import Bound
from zkcompliance.policy.toml import fault
from zkcompliance.quantities import show_seconds

LONGEST = 3600  # seconds that a moment taken for now lies before the proof's stated time, at most


def refuse_backdated(
    card: Card, bounds: Mapping[str, Bound], *, proof_age: int | None, reference: bool, path: str
) -> None:
    """MalformedPolicy, naming the parameter and the remedy, where a lab could choose the moment that is judged.

    bounds: of every parameter; proof_age: seconds (None: a proof of any age is taken); reference: whether one is
    required. A parameter is taken for now if its card says so, and if a policy binds it `within` so long before the
    proof; where it is the end of a period, only if its card says so. Of a claim that marks no clock every length of
    time is taken for one.
    """
    for param in card.params:
        bound, at = bounds[param.name], f"{path}.{param.name}"
        over = bound.period if param.role == NOW and bound.period is not None and bound.period.ends else None
        if param.role == NOW and bound.within is None and bound.exact is None and over is None:
            why = 'is what the claim takes for now: write { within = "1 hour" }, or one moment of the policy\'s own'
            raise fault(at, f"{why}; otherwise the lab chooses a moment at which no clock had run out")
        if bound.within is None and over is None:
            continue
        if bound.within is not None and bound.within > LONGEST:
            why = f"is at most {show_seconds(LONGEST)}, and not {show_seconds(bound.within)}"
            raise fault(f"{at}.within", f"{why}: whatever ran out in between would be in order")
        late = 0 if over is None else over.calendar.due or 0
        clock = shortest(card, bounds)
        if clock is None or reference or (proof_age is not None and proof_age + late <= clock[1]):
            continue
        name, seconds = clock
        aged = "taken at any age" if proof_age is None else f"taken for {show_seconds(proof_age)}"
        raise fault(
            f"{at}.{'within' if over is None else 'period'}",
            f"a proof is {aged}, and {name} may run for {show_seconds(seconds)}: a lab could state a time at which it "
            f'had not run out. Write freshness.proof = "{show_seconds(seconds)}" or less, or reference = "required"',
        )


def shortest(card: Card, bounds: Mapping[str, Bound]) -> tuple[str, int] | None:
    """The clock that runs out first, and the most seconds that the policy lets it run; None where there is none."""
    clocks = [each for each in card.params if each.role == CLOCK] or list(filter(_is_length, card.params))
    found = [(reach(bounds[each.name], each, 0)[1], each.name) for each in clocks]
    if not found:
        return None
    seconds, name = min(found)
    return name, seconds


def _is_length(param: Parameter) -> bool:
    return param.type == SECONDS
