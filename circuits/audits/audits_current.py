"""audits-current: a model is trained under audits of model, security and governance that were passed and are valid.

Source: the conditional treaty (complementary audits of models, information security and governance practices above a
threshold of compute; arXiv 2503.18956). Whatever may be training is held against the audits: by default all phases but
evaluation, inference and idle time, so that a run that failed, or was something else, is one too. A row that names
another model is passed over, and how many there are is disclosed; a row that names none counts. An audit is of the
model itself or of the whole lab, and either will do for each layer; but what failed is answered only by a later one of
its own kind. The last audit by a row's beginning has to be passed, and valid to the row's end, which is no later than
`longest` after the audit, whatever it states; of two at one second the failed one is the last, and none fails while a
row runs. An audit that was passed counts if its auditor was accredited for it, one that failed whoever made it. All
times are those that rows state. An empty log of compute holds, loudly, with 0 rows that count; an empty log of audits
holds of no training row. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    AuditLog,
    ComputeLog,
    Id,
    Outcome,
    Param,
    Phase,
    Seconds,
    SetOf,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    larger,
    latest,
    let,
    names,
    never_vacuous,
    param,
    require,
    reveal,
    seconds,
    select,
    smaller,
)

TRAINED = names("pretraining", "fine_tuning", "reinforcement", "synthetic_data", "failed", "other")
NONE, FAILED = 0, 1  # in place of the end of an audit's validity: times at which nobody trains


@claim("audits-current", version=1)
def audits_current(
    compute: ComputeLog,
    audits: AuditLog,
    model: Param[Id] = param("whose training counts, with rows that name no model"),
    least: Param[Outcome] = param("the least outcome with which an audit is passed", default="passed"),
    longest: Param[Seconds] = param("how long an audit is valid at most, from when it was made", default="366 days"),
    phases: Param[SetOf[Phase]] = param("the phases that may be training", default=TRAINED),
) -> None:
    """While `model` was trained, audits of all three layers had been passed, were valid, and none had failed since."""
    ours = compute.where(~compute.model.is_given() | (compute.model == model))
    jobs = ours.where(ours.phase.is_in(phases))
    failed = audits.where((~audits.model.is_given() | (audits.model == model)) & (audits.outcome < least))
    last_failed = let("the last failed audit", latest(failed.at, at=jobs.end, order=failed.at, default=0))
    require("no audit failed while a row ran", jobs.every(last_failed < jobs.start))
    bad = audits.outcome < least
    until = let("the end of its validity", smaller(audits.valid_until, audits.at + longest))
    stated = let("its end, or 1970 if it failed", select(bad, FAILED, until))
    stands = bad | (audits.accredited == "yes")
    of_model = audits.where(audits.model.is_given() & (audits.model == model))
    of_lab = audits.where(~audits.model.is_given())
    made = "its time, a second on if it failed"
    for layer in ("model", "security", "governance"):
        own, whole = (
            let(f"{layer} audited until, of the {of}", latest(
                stated, at=jobs.start, default=NONE,
                order=let(made, asked.at + select(bad, seconds(1), seconds(0))),  # behind what was passed at its second
            ))
            for of, rows in (("model", of_model), ("lab", of_lab))
            for asked in [rows.where((rows.layer == layer) & stands)]
        )  # fmt: skip
        valid = let(f"{layer} audited until", larger(own, whole))
        require(f"{layer} audited", jobs.every((own != FAILED) & (whole != FAILED) & (valid >= jobs.end)))
    counted("rows that count", jobs.where(jobs.flop > 0))
    reveal("first day", day_of(jobs.start.min(empty=0)))
    reveal("last day", day_of(jobs.end.max(empty=0)))
    reveal("rows of other phases", ours.where(~ours.phase.is_in(phases)).count(), figures=2)
    reveal(
        "rows of other models", compute.where(compute.model.is_given() & (compute.model != model)).count(), figures=2
    )


T = 1577836800  # 2020-01-01
job = base(start=T + 100, end=T + 900, run="r1", phase="pretraining", method="hardware", flop=5, model="m1")
audit = base(layer="model", auditor="a", at=T + 100, valid_until=T + 900, outcome="passed", accredited="yes")
own = base(**audit(model="m1"))
security, governance = audit(layer="security"), audit(layer="governance")
others, asked = [security, governance], base(model="m1")
early = base(**own(at=T + 50))
lab = [early(model="", layer=layer) for layer in ("model", "security", "governance")]
RAN, MODEL = "no audit failed while a row ran", "model audited"

EXAMPLES = (
    fails("no audit of the model", MODEL, compute=[job()], audits=others, **asked()),
    fails("no audit of security", "security audited", compute=[job()], audits=[own(), governance], **asked()),
    fails("no audit of governance", "governance audited", compute=[job()], audits=[own(), security], **asked()),
    fails("a second late", MODEL, compute=[job()], audits=[own(at=T + 101), *others], **asked()),
    fails("a second too short", MODEL, compute=[job()], audits=[own(valid_until=T + 899), *others], **asked()),
    fails(
        "valid for ever, as it says", MODEL,
        compute=[job()], audits=[own(at=T, valid_until=T + 10**9), *others], longest=899, **asked(),
    ),
    fails("conditional", MODEL, compute=[job()], audits=[own(at=T + 50, outcome="conditional"), *others], **asked()),
    fails("by nobody accredited", MODEL, compute=[job()], audits=[own(accredited="unknown"), *others], **asked()),
    fails(
        "failed since, by whomever", MODEL,
        compute=[job(start=T + 200)], audits=[own(), own(at=T + 150, outcome="failed", accredited="no"), *others],
        **asked(),
    ),
    fails(
        "failed, and another one of the whole lab was passed", MODEL, compute=[job()],
        audits=[own(at=T + 50, outcome="failed"), audit(), *others], **asked(),
    ),
    fails(
        "failed and passed at one second", MODEL,
        compute=[job()], audits=[own(at=T + 99, outcome="failed"), own(at=T + 99), *others], **asked(),
    ),
    fails(
        "one long row, in which an audit failed and was passed again", RAN, compute=[job()],
        audits=[own(), *others, own(at=T + 400, outcome="failed"), own(at=T + 401)], **asked(),
    ),
    fails("another model's", MODEL, compute=[job()], audits=[own(model="m2"), *others], **asked()),
    fails("called failed", MODEL, compute=[job(phase="failed", model="")], audits=others, **asked()),
    holds("on the second, to the second", compute=[job()], audits=[own(), *others], **asked()),
    holds("made as long before its end as may be", compute=[job()], audits=[own(), *others], longest=800, **asked()),
    holds("the whole lab's", compute=[job()], audits=[early(layer="governance"), *lab], **asked()),
    holds(
        "audited twice over",
        compute=[job()], audits=[lab[0], early(), lab[1], early(layer="security"), lab[2]], **asked(),
    ),
    holds(
        "failed, and passed since",
        compute=[job()], audits=[own(at=T + 50, outcome="failed"), own(at=T + 60), *others], **asked(),
    ),
    holds(
        "passed again by nobody accredited", compute=[job()],
        audits=[own(at=T + 50), own(at=T + 60, accredited="no"), *others], **asked(),
    ),
    holds(
        "conditional will do",
        compute=[job()], audits=[own(outcome="conditional"), *others], **asked(least="conditional"),
    ),
    holds(
        "an evaluation, and another model", compute=[job(phase="evaluation"), job(model="m2")], audits=[], **asked()
    ),
    holds("two empty logs", compute=[], audits=[], **asked()),
)  # fmt: skip

VACUOUS = (
    never_vacuous("model", "rows that name no model count whichever it is"),
    implausible("least", "an audit that failed would do", at_most="failed"),
    implausible("longest", "no audit is of use for so long", at_least="3660 days"),
    implausible("phases", "no phase of training counts", none_of=TRAINED),
)
