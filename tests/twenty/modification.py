"""What others' models were modified with is under a third of what they were trained with."""

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    ModelLog,
    Param,
    Phase,
    SetOf,
    base,
    claim,
    fails,
    holds,
    lookup,
    param,
    require,
)


@claim("twenty-modification", version=1)
def modification(
    compute: ComputeLog,
    models: ModelLog,
    originals: ComputeLog,
    phases: Param[SetOf[Phase]] = param("the phases that are training", default=COUNTED),
) -> None:
    """The FLOP of each model's modification are under a third of its original's, whose own log says how many those are.

    Every model that was trained is registered once, with an original that is in `originals`: a modification of a
    modification is refused, since its base is in no log of originals. A lab that names the original as the base of
    what it made from an earlier modification of its own is not found out.
    """
    counts = compute.phase.is_in(phases)
    jobs, made = compute.where(counts & compute.model.is_given()), models.where(models.base_model.is_given())
    first = originals.where(originals.phase.is_in(phases) & originals.model.is_given())
    mine, theirs = jobs.group_by(jobs.model), first.group_by(first.model)
    origin = lookup(mine.model, made.model, made.base_model)
    require("every job names its model", compute.every(~counts | compute.model.is_given()))
    require("under a third", mine.every(mine.sum(jobs.flop) * 3 < lookup(origin, theirs.model, theirs.sum(first.flop))))


T = 1577836800  # 2020-01-01
job = base(start=T, end=T + 900, run="r1", phase="fine_tuning", method="hardware", flop=9, model="ours")
original = job(phase="pretraining", flop=30, model="llm")
ours = base(model="ours", base_model="llm")

EXAMPLES = (
    holds("nine of thirty", compute=[job()], models=[ours()], originals=[original]),
    fails(
        "two models under a third, one over",
        "under a third",
        compute=[job(), job(model="b", flop=10)],
        models=[ours(), ours(model="b")],
        originals=[original],
    ),
    fails(
        "a modification of a modification",
        ("under a third", "groups key has a match (2)"),
        compute=[job(), job(model="b", flop=1)],
        models=[ours(), ours(model="b", base_model="ours")],
        originals=[original],
    ),
    fails(
        "a model that is not registered",
        ("under a third", "groups key has a match", "groups key has a match (2)"),
        compute=[job()],
        models=[],
        originals=[original],
    ),
    fails("registered twice", "models.model is unique", compute=[job()], models=[ours(), ours()], originals=[original]),
    fails("exactly a third", "under a third", compute=[job(), job(flop=1)], models=[ours()], originals=[original]),
    fails(
        "which model?",
        "every job names its model",
        compute=[job(), job(model="")],
        models=[ours()],
        originals=[original],
    ),
)
