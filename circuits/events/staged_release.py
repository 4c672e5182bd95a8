"""staged-release: a model is released stage by stage, each past a gate of its own and under audits that are valid then.

Sources: Seoul Frontier AI Safety Commitments, I and IV; Code of Practice for general-purpose AI, measures 1.2 and 7.1.
A deployment names its model, a stage and a gate: a suite of those that are asked for, which is the gate of no other
stage of the model, so that no stage passes on another's grades. No stage is skipped, and a higher one waits for `apart`
after the deployment before. A gate is passed where so many items of it were graded before its stage was first deployed,
and the mean of their highest scores is at most the limit: an item that was tried again counts with its worst attempt,
one of which no attempt that ran to its end (success, within every limit) has a score with 100 %. When it is deployed,
the last audits of the model, and of the lab's security and governance (which name no model), have at least that outcome
and are still valid; a failed one after a passed one ends it, of two at one second too; that one was accredited, and
whether it was right to be valid for so long, is not looked at. Who is served at a stage, whether a suite is the right
one, and who audited is not seen, nor that no attempt was left out (eval-coverage). Deployments that name another model
are passed over. Three logs without rows hold, loudly, with 0 deployments that count. Serials have no gap, so that
adding or leaving out a deployment shows. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    AuditLog,
    Count,
    EvalLog,
    EventLog,
    Id,
    Outcome,
    Param,
    Ppm,
    Seconds,
    SetOf,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    latest,
    let,
    lookup,
    never_vacuous,
    param,
    require,
    reveal,
    seconds,
    select,
)


@claim("staged-release", version=1)
def staged_release(
    audits: AuditLog,
    events: EventLog,
    evals: EvalLog,
    model: Param[Id] = param("the model whose deployments count"),
    suites: Param[SetOf[Id]] = param("the suites that a stage may have for its gate"),
    items: Param[Count] = param("the least number of items of a gate that are graded", default=50),
    limit: Param[Ppm] = param("the largest mean of the items' highest scores with which a gate is passed"),
    apart: Param[Seconds] = param("the least time before a higher stage", default="14 days"),
    outcome: Param[Outcome] = param("the least outcome of an audit that will do", default="passed"),
) -> None:
    """Each stage of `model` waits for the one before it, and its gate was passed and its audits were valid then."""
    require("serials without a gap", events.serial.is_serial())
    deployed = events.where((events.kind == "deploy") & (~events.model.is_given() | (events.model == model)))
    whole = deployed.model.is_given() & deployed.stage.is_given() & deployed.gate.is_given()
    require("every deployment names model, stage and gate", deployed.every(whole))
    deploys = deployed.where(whole)
    ordered = deploys.order_by(deploys.at)
    last = let("the stage before", ordered.stage.previous(default=0))
    require("no stage is skipped", ordered.every(ordered.stage <= last + 1))
    waited = ordered.at - let("the deployment before", ordered.at.previous(default=0)) >= apart
    require("a higher stage waits", ordered.every((ordered.stage <= last) | (last == 0) | waited))

    gates = deploys.group_by(deploys.gate)
    require("each gate is that of one stage", gates.every(gates.min(deploys.stage) == gates.max(deploys.stage)))
    graded = evals.where((evals.model == model) & evals.suite.is_in(suites))
    first = let("the first deployment behind it", lookup(graded.suite, gates.gate, gates.min(deploys.at), default=0))
    before = graded.where(graded.at < first)
    each = before.group_by(before.suite, before.item)
    ended = (before.status == "success") & (before.limit == "none") & before.score.is_given()
    scored = each.size(ended) >= 1
    worst = let("an item's worst score", select(scored, each.max(before.score.or_else(0)), "100%").as_ppm())
    by_suite = each.group_by(each.suite)
    size = let("the gate's items", lookup(deploys.gate, by_suite.key(0), by_suite.size(), default=0))
    require("its gate was graded before", deploys.every(size >= items))
    require("its gate was passed", by_suite.every(by_suite.sum(worst) <= by_suite.size() * limit.as_ppm()))

    bad = audits.where((audits.outcome < outcome) & (~audits.model.is_given() | (audits.model == model)))
    last_bad = let("the last failed audit", latest(bad.at, at=deploys.at, order=bad.at, default=0))
    require("no audit failed at that second", deploys.every(last_bad < deploys.at))
    for layer in ("model", "security", "governance"):
        of_model = audits.model.is_given() & (audits.model == model)
        these = audits.where((audits.layer == layer) & (of_model if layer == "model" else ~audits.model.is_given()))
        good = select(these.outcome >= outcome, these.valid_until, 0)
        # what failed stands behind what was passed at its second: at a deployment's own the line above has seen it
        order = these.at + select(these.outcome >= outcome, seconds(0), seconds(1))
        good = let("its end, if it was passed", good)
        order = let("its time, a second on if it was not", order)
        valid = let(f"{layer} audited until", latest(good, at=deploys.at, order=order, default=0))
        require(f"a valid audit of {layer}", deploys.every(valid > deploys.at))
    counted("deployments that count", deploys)
    counted("samples that count", before)
    reveal("highest stage", deploys.stage.max(empty=0))
    reveal("first day", day_of(deploys.at.min(empty=0)))
    reveal("last day", day_of(deploys.at.max(empty=0)))


T = 1767225600  # 2026-01-01
DAY = 86400
deploy = base(serial=1, at=T + 10 * DAY, kind="deploy", model="m1", stage=1, gate="wmdp@1")
second = base(**deploy(serial=2, at=T + 24 * DAY, stage=2, gate="cyber@2"))
sample = base(suite="wmdp@1", item="i1", model="m1", score="20%", at=T)
GRADED = [sample(), sample(suite="cyber@2", at=T + 23 * DAY)]
audit = base(layer="model", auditor="a", model="m1", at=T, valid_until=T + 24 * DAY + 1, outcome="passed")
WHOLE = [audit(layer="security", model=""), audit(layer="governance", model="")]
AUDITED = [audit(), *WHOLE]
asked = base(model="m1", suites=("wmdp@1", "cyber@2"), items=1, limit="20%", audits=AUDITED)
BEFORE, PASSED, MODEL = "its gate was graded before", "its gate was passed", "a valid audit of model"
STATED = "every deployment names model, stage and gate"

EXAMPLES = (
    fails("graded as it was deployed", BEFORE, events=[deploy()], evals=[sample(at=T + 10 * DAY)], **asked()),
    fails("1 ppm over", PASSED, events=[deploy()], evals=[sample(score="200001 ppm")], **asked()),
    fails("a stage is skipped", "no stage is skipped", events=[deploy(stage=2)], evals=GRADED, **asked()),
    fails(
        "a second too early", "a higher stage waits",
        events=[deploy(), second(at=T + 24 * DAY - 1)], evals=GRADED, **asked(),
    ),
    fails(
        "two stages, one gate", "each gate is that of one stage",
        events=[deploy(), second(gate="wmdp@1")], evals=GRADED, **asked(),
    ),
    fails("no model", STATED, events=[deploy(model="")], evals=GRADED, **asked()),
    fails("no stage", STATED, events=[deploy(stage=0)], evals=GRADED, **asked()),
    fails("no gate", STATED, events=[deploy(gate="")], evals=GRADED, **asked()),
    fails("a release is missing", "serials without a gap", events=[deploy(serial=2)], evals=GRADED, **asked()),
    fails("failed and passed at one second", MODEL, events=[deploy()], evals=GRADED, **asked(audits=[
        audit(outcome="failed"), *AUDITED,
    ])),
    fails("failed as it was deployed", "no audit failed at that second", events=[deploy()], evals=GRADED, **asked(
        audits=[*AUDITED, audit(at=T + 10 * DAY, outcome="failed")],
    )),
    fails("cut short", PASSED, events=[deploy()], evals=[sample(score=0, status="limit", limit="time")], **asked()),
    fails("over by a second", MODEL, events=[deploy(at=T + 24 * DAY + 1)], evals=GRADED, **asked(audits=[
        audit(), *(audit(layer=layer, model="", valid_until=T + 99 * DAY) for layer in ("security", "governance")),
    ])),
    fails("no third", "a valid audit of governance", events=[deploy()], evals=GRADED, **asked(audits=AUDITED[:2])),
    fails("of the model", "a valid audit of security", events=[deploy()], evals=GRADED, **asked(audits=[
        audit(), audit(layer="security"), WHOLE[1],
    ])),
    holds("another model", events=[deploy(model="m2", stage=0)], evals=[], **asked(audits=[audit(model="m2")])),
    holds("two stages, exactly apart", events=[deploy(), second()], evals=GRADED, **asked()),
    holds("worse afterwards", events=[deploy()], evals=[*GRADED, sample(at=T + 11 * DAY, score="90%")], **asked()),
    holds("three empty logs", events=[], evals=[], **asked(audits=[])),
)  # fmt: skip

VACUOUS = (
    never_vacuous("model", "deployments that name no model are refused"),
    never_vacuous("suites", "a gate that is none of them has no items"),
    implausible("items", "a gate need not be graded", at_most=0),
    implausible("limit", "no score is over 100 %", at_least="100%"),
    never_vacuous("apart", "stages are still in order"),
    implausible("outcome", "an audit that failed will do", at_most="failed"),
)
