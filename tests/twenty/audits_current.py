"""Training runs only under audits that are current."""

from zkcompliance.claim.language import (
    COUNTED,
    AuditLog,
    ComputeLog,
    Outcome,
    Param,
    Phase,
    SetOf,
    base,
    claim,
    fails,
    holds,
    latest,
    param,
    require,
    select,
)


@claim("twenty-audits-current", version=1)
def audits_current(
    compute: ComputeLog,
    audits: AuditLog,
    least: Param[Outcome] = param("the least outcome that will do", default="passed"),
    phases: Param[SetOf[Phase]] = param("the phases that are training", default=COUNTED),
) -> None:
    """When training begins, the last audit of security and of governance, and of its model, will do until it ends.

    Security and governance are audits of the whole lab, that name no model. Of several audits at one second the last
    row counts. Who audited, and whether accredited, is not asked.
    """
    counts = compute.phase.is_in(phases)
    jobs, named = compute.where(counts), compute.model.or_else("")
    require("every job names its model", compute.every(~counts | compute.model.is_given()))
    for layer in ("model", "security", "governance"):
        whole = layer != "model"
        about = ~audits.model.is_given() if whole else audits.model.is_given()
        theirs = audits.where((audits.layer == layer) & about)
        good = select(theirs.outcome >= least, theirs.valid_until, 0)
        per = () if whole else (named, theirs.model.or_else(""))
        until = latest(good, at=compute.start, order=theirs.at, per=per, default=0)
        require(f"{layer} audited", jobs.every((until >= compute.end) & (until > 0)))


T = 1577836800  # 2020-01-01
job = base(start=T + 100, end=T + 900, run="r1", phase="pretraining", method="hardware", flop=5, model="m1")
audit = base(layer="model", auditor="a", model="m1", at=T + 100, valid_until=T + 900, outcome="passed")
security = base(layer="security", auditor="a", at=T + 100, valid_until=T + 900, outcome="passed")
governance = base(layer="governance", auditor="a", at=T + 100, valid_until=T + 900, outcome="passed")
others = [security(), governance()]

EXAMPLES = (
    holds("on the second", compute=[job()], audits=[audit(), *others]),
    holds("an evaluation", compute=[job(phase="evaluation")], audits=[]),
    fails("a second late", "model audited", compute=[job()], audits=[audit(at=T + 101), *others]),
    fails("a second too short", "model audited", compute=[job()], audits=[audit(valid_until=T + 899), *others]),
    fails("conditional", "model audited", compute=[job()], audits=[audit(outcome="conditional"), *others]),
    fails(
        "failed since",
        "model audited",
        compute=[job()],
        audits=[audit(at=T + 50), audit(at=T + 100, outcome="failed"), *others],
    ),
    fails("another model", "model audited", compute=[job(), job(model="m2")], audits=[audit(), *others]),
    fails(
        "at the first second of 1970",
        "model audited",
        compute=[job(start=0, end=0)],
        audits=[audit(), security(at=0), governance(at=0)],
    ),
    fails("no security", "security audited", compute=[job()], audits=[audit(), governance()]),
    fails(
        "governance of a model alone",
        "governance audited",
        compute=[job()],
        audits=[audit(), security(), audit(layer="governance")],
    ),
    fails("which model?", ("every job names its model", "model audited"), compute=[job(model="")], audits=others),
)
