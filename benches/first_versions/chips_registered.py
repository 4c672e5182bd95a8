"""What chips-registered asked in its first version, when what a lab used was itself a log of chips.

That a use has no end is the largest time, which the first version read.
"""

from zkcompliance.claim.language import ChipLog, Count, Param, Time, base, claim, fails, holds, param, require, within


@claim("first-chips-registered", version=1)
def chips_registered(
    used: ChipLog,
    registry: ChipLog,
    cap: Param[Count] = param("the largest number of registered accelerators"),
) -> None:
    """Every accelerator used is registered, none twice, and no more than `cap` are."""
    require("every chip used is registered", used.every(within((used.chip, used.kind), (registry.chip, registry.kind))))
    require("no chip registered twice", registry.unique(registry.chip))
    until = used.until.or_else(Time.largest)
    require("no chip in two places at once", used.no_overlap(used.from_, until, per=used.chip))
    require("number of registered chips within the cap", registry.count() <= cap)


chip = base(chip="c1", kind="h100_sxm", owner="acme", site="s1", **{"from": 0}, until=100)
registered = [chip(), chip(chip="c2")]
moved = chip(site="s2", **{"from": 100, "until": 200})

EXAMPLES = (
    holds("two chips, one of them moved", used=[chip(), moved, chip(chip="c2")], registry=registered, cap=2),
    holds("nothing used", used=[], registry=[], cap=0),
    fails("not registered", "every chip used is registered", used=[chip(chip="c3")], registry=registered, cap=2),
    fails("another kind", "every chip used is registered", used=[chip(kind="b200")], registry=registered, cap=2),
    fails("registered twice", "no chip registered twice", used=[], registry=[*registered, chip(site="s9")], cap=3),
    fails("in two places", "no chip in two places at once", used=[moved, chip(until=101)], registry=registered, cap=2),
    fails("over the cap", "number of registered chips within the cap", used=[], registry=registered, cap=1),
)
