"""A run is not spread over many sites, and no site does most of the work."""

from zkcompliance.claim.language import (
    COUNTED,
    ChipLog,
    ComputeLog,
    Count,
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
    require,
    within,
)


@claim("twenty-sites-per-run", version=1)
def sites_per_run(
    compute: ComputeLog,
    registry: ChipLog,
    most: Param[Count] = param("the most sites that one run may use", default=2),
    share: Param[Ppm] = param("the largest share of all FLOP that one site may do", default="60%"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
) -> None:
    """Each run used at most so many sites, and no site did more than its share of all FLOP that counts.

    A site is one name in the registry: whoever keeps it has to give one place one name. A run is one name in the
    lab's log, and a lab that names one run twice has two.
    """
    counts = compute.phase.is_in(phases)
    jobs, chips = compute.where(counts & compute.site.is_given()), registry.where(registry.site.is_given())
    runs, sites = jobs.group_by(jobs.run), jobs.group_by(jobs.site)
    require("every job names its site", compute.every(~counts | compute.site.is_given()))
    require("every site is registered", jobs.every(within(jobs.site, chips.site)))
    require("few sites per run", runs.every(runs.n_unique(jobs.site) <= most))
    require("no site does too much", sites.every(fraction(sites.sum(jobs.flop), jobs.flop.sum()) <= share))


T = 1577836800  # 2020-01-01
job = base(start=T, end=T + 900, run="r1", phase="pretraining", method="hardware", flop=6, site="oslo")
chip = base(chip="c1", owner="acme", site="oslo", **{"from": T})
sites = [chip(), chip(chip="c2", site="turin"), chip(chip="c3", site="porto"), chip(chip="c4", site="")]
turin = job(site="turin", flop=4)

EXAMPLES = (
    holds("two sites, one with exactly 60 %", compute=[job(), turin], registry=sites),
    holds("three sites of two runs", compute=[job(flop=5), turin, job(run="r2", site="porto")], registry=sites),
    holds("an evaluation may run anywhere", compute=[job(), turin, job(phase="evaluation", site="")], registry=sites),
    fails(
        "60.000001 %",
        "no site does too much",
        compute=[job(flop=60000001), job(site="turin", flop=39999999)],
        registry=sites,
    ),
    fails("three sites", "few sites per run", compute=[job(flop=5), turin, job(site="porto")], registry=sites),
    fails(
        "a made-up site",
        "every site is registered",
        compute=[job(), turin, job(site="x", flop=1)],
        registry=sites,
        most=3,
    ),
    fails("no site", "every job names its site", compute=[job(), turin, job(site="")], registry=sites),
)
