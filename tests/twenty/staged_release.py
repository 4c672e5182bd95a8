"""A model is released in stages: one after the other, with time between, each past its gate."""

from zkcompliance.claim.language import (
    Count,
    EvalLog,
    EventLog,
    Param,
    Ppm,
    Seconds,
    base,
    claim,
    days,
    fails,
    holds,
    latest,
    param,
    require,
)


@claim("twenty-staged-release", version=1)
def staged_release(
    events: EventLog, evals: EvalLog,
    apart: Param[Seconds] = param("the least time before a higher stage", default="14 days"),
    limit: Param[Ppm] = param("the largest mean score of a suite that is a gate", default="20%"),
    least: Param[Count] = param("the fewest samples with which a gate is passed", default=50),
) -> None:  # fmt: skip
    """Each deployment names a stage and a gate; none skips a stage, a higher one waits, and its gate was passed before.

    A gate is passed when the model was graded in its suite since its deployment before, and not after this one, on so
    many samples, with a mean score of at most the limit; a sample without a grade has 100 %. Who is served at a stage,
    and that the gate is the right suite, are not shown. Of two deployments at once the later row is the later one.
    """
    whole = events.model.is_given() & events.stage.is_given() & events.gate.is_given()
    deploys = events.where((events.kind == "deploy") & whole).order_by(events.at)
    before, last = (x.previous(default=0, per=deploys.model) for x in (deploys.at, deploys.stage))
    suite, since = (evals.model, evals.suite), []
    for each in ((evals.epoch - evals.epoch + 1), evals.score.or_else("100%").as_ppm()):
        total, per = each.sum_within(days(2**32), at=evals.at, per=suite), ((deploys.model, deploys.gate), suite)
        now, then = (latest(total, at=at, order=evals.at, per=per, default=0) for at in (deploys.at, before))
        since.append(now - then)
    require("model, stage and gate", events.every((events.kind != "deploy") | whole))
    require("no stage skipped", deploys.every(deploys.stage <= last + 1))
    require("time between", deploys.every((deploys.stage <= last) | (last == 0) | (deploys.at - before >= apart)))
    require("graded since", deploys.every(since[0] >= least))
    require("passed", deploys.every(since[1] <= since[0] * limit.as_ppm()))


T = 1577836800  # 2020-01-01
DAY = 86400
deploy = base(serial=1, model="m", kind="deploy", at=T + 10 * DAY, stage=1, gate="s")
second = deploy(serial=2, at=T + 24 * DAY, stage=2)
sample = base(suite="s", item="1", model="m", at=T + 10 * DAY, score="20%")
again = sample(at=T + 24 * DAY)

asked = {"least": 1}

EXAMPLES = (
    holds("two stages, exactly apart", events=[deploy(), second], evals=[sample(), again], **asked),
    holds(
        "back to the first",
        events=[deploy(), second, deploy(at=T + 25 * DAY)],
        evals=[sample(), again, sample(at=T + 25 * DAY)],
        **asked,
    ),
    holds("20 % of two", events=[deploy()], evals=[sample(score="40%"), sample(score="0%")], least=2),
    holds("worse afterwards", events=[deploy()], evals=[sample(), sample(at=T + 10 * DAY + 1, score="90%")], **asked),
    fails(
        "a second too early",
        "time between",
        events=[deploy(), deploy(at=T + 24 * DAY - 1, stage=2)],
        evals=[sample(), sample(at=T + 20 * DAY)],
        **asked,
    ),
    fails(
        "a stage skipped",
        "no stage skipped",
        events=[deploy(), deploy(at=T + 24 * DAY, stage=3)],
        evals=[sample(), again],
        **asked,
    ),
    fails("begun in the middle", "no stage skipped", events=[deploy(stage=2)], evals=[sample()], **asked),
    fails("not graded again", "graded since", events=[deploy(), second], evals=[sample()] * 2, **asked),
    fails("graded a second later", "graded since", events=[deploy()], evals=[sample(at=T + 10 * DAY + 1)], **asked),
    fails("one of two", "graded since", events=[deploy()], evals=[sample()], least=2),
    fails("another suite", "graded since", events=[deploy()], evals=[sample(suite="t")], **asked),
    fails("1 ppm over", "passed", events=[deploy()], evals=[sample(score="200001 ppm")], **asked),
    fails(
        "good before, bad since",
        "passed",
        events=[deploy(), second],
        evals=[*[sample(score="0%")] * 9, sample(at=T + 24 * DAY, score="21%")],
        **asked,
    ),
    fails("not graded", "passed", events=[deploy()], evals=[sample(score="")], **asked),
    fails("no stage", "model, stage and gate", events=[deploy(stage=0)], evals=[sample()], **asked),
    fails("no gate", "model, stage and gate", events=[deploy(gate="")], evals=[sample()], **asked),
)
