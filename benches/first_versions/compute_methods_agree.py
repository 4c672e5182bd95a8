"""What compute-methods-agree asked in its first version, when totals over all runs had to agree.

A row of 0 FLOP stated nothing then: here it is said as `flop > 0`, since no FLOP is missing any more.
"""

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    Param,
    Phase,
    Ppm,
    SetOf,
    base,
    claim,
    fails,
    fraction,
    holds,
    param,
    percent,
    require,
)  # fmt: skip


@claim("first-compute-methods-agree", version=1)
def compute_methods_agree(
    compute: ComputeLog,
    tolerance: Param[Ppm] = param("how far one total may exceed the other", default="30%"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
) -> None:
    """Training compute by hardware and by architecture agree within `tolerance`."""
    counted = compute.where(compute.phase.is_in(phases))
    by_hardware, by_architecture = counted.method == "hardware", counted.method == "architecture"
    hardware = counted.where(by_hardware).flop.sum()
    architecture = counted.where(by_architecture).flop.sum()
    require("hardware not far above architecture", fraction(hardware, architecture) <= percent(100) + tolerance)
    require("architecture not far above hardware", fraction(architecture, hardware) <= percent(100) + tolerance)
    stated = counted.where((by_hardware | by_architecture) & (counted.flop > 0))
    runs = stated.group_by(stated.run)
    both = (runs.size(by_hardware) >= 1) & (runs.size(by_architecture) >= 1)
    require("every run is stated both ways", runs.every(both))


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware")
six_pd = base(**job(method="architecture"))

EXAMPLES = (
    holds("30 % apart", compute=[job(flop=1300), six_pd(flop=1000)]),
    holds("two runs", compute=[job(flop=5), six_pd(flop=5), job(flop=9, run="r2"), six_pd(flop=9, run="r2")]),
    holds("measured rows take no part", compute=[job(flop=5), six_pd(flop=5), job(flop=99, method="measured")]),
    holds("a run of nothing", compute=[job(flop=5), six_pd(flop=5), job(flop=0, run="r2")]),
    holds("an empty log", compute=[]),
    fails("hardware 31 % above", "hardware not far above architecture", compute=[job(flop=131), six_pd(flop=100)]),
    fails("hardware too small", "architecture not far above hardware", compute=[job(flop=100), six_pd(flop=131)]),
    fails(
        "two runs, each stated one way", "every run is stated both ways",
        compute=[job(flop=7), six_pd(flop=7, run="r2")],
    ),
    fails(
        "two runs, each of them 0 the other way", "every run is stated both ways",
        compute=[job(flop=7), six_pd(flop=0), job(flop=0, run="r2"), six_pd(flop=7, run="r2")],
    ),
)  # fmt: skip
