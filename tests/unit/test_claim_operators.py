"""No condition vanishes: every operator of every word builds a node, or is refused with line and remedy."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest

from zkcompliance.claim import language
from zkcompliance.claim.language import (
    Bool,
    ChipLog,
    ComputeLog,
    Count,
    DecisionLog,
    EvalLog,
    EventLog,
    Flop,
    Grouped,
    Id,
    LogTable,
    Month,
    Param,
    Phase,
    Ppm,
    Rate,
    Risk,
    Seconds,
    SetOf,
    Time,
    claim,
    fraction,
    latest,
    lookup,
    require,
    within,
)
from zkcompliance.claim.language.closed import Closed, Word
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.meaning.source import refuse_slip
from zkcompliance.errors import ClaimDefinitionError

WORDS: dict[str, Any] = {}


def all_words_body(
    compute: ComputeLog,
    chips: ChipLog,
    evals: EvalLog,
    events: EventLog,
    flop: Param[Flop],
    share: Param[Ppm],
    since: Param[Time],
    span: Param[Seconds],
    number: Param[Count],
    who: Param[Id],
    strict: Param[Bool],
    phase: Param[Phase],
    phases: Param[SetOf[Phase]],
    sites: Param[SetOf[Id]],
    decisions: DecisionLog,
    risk: Param[Risk],
    rate: Param[Rate],
    first: Param[Month],
) -> None:
    """Holds one of each thing that an author can have in hand."""
    jobs = compute.where(compute.phase != "failed")
    runs = jobs.group_by(jobs.run)
    WORDS.update(
        flop=flop, share=share, since=since, span=span, number=number, who=who, strict=strict, phase=phase,
        phases=phases, sites=sites,
        log=compute, selected=jobs, ordered=compute.order_by(compute.start), groups=runs,
        time=jobs.start, amount=jobs.flop, id=jobs.run, choice=jobs.phase, optional=jobs.devices, site=jobs.site,
        method=jobs.method, truth=jobs.flop > 5, one=jobs.count() > 5, other=chips.chip, score=evals.score,
        length=jobs.end - jobs.start, total=jobs.flop.sum(), count=jobs.count(), first=events.is_first,
        before=events.at.previous(default=0), key=runs.run, size=runs.size(), of_group=runs.sum(jobs.flop),
        member=within(jobs.run, chips.owner), found=lookup(jobs.run, chips.owner, chips.from_, default=0),
        state=latest(events.kind, at=jobs.start, order=events.at, default="eval"), running=jobs.flop.running(),
        window=jobs.flop.sum_within(span, at=jobs.end),
        unique=jobs.unique(jobs.run), every=jobs.every(jobs.flop > 5), one_literal=language.days(3),
        share_of=jobs.share(jobs.flop > 5), mean=jobs.flop.mean(), fraction=fraction(jobs.flop.sum(), flop),
        mean_of=runs.mean(jobs.flop), quantile=jobs.flop.quantile("90%"), quantile_of=runs.quantile(jobs.flop, "5%"),
        word_count=jobs.count, word_sum=jobs.flop.sum, word_size=runs.size, word_function=language.within,
        word_latest=language.latest, word_running=jobs.flop.running,
        word_require=language.require,
        difference=jobs.flop.mean() - compute.flop.mean(), apart=abs(runs.mean(jobs.flop) - jobs.flop.mean()),
        day=language.day_of(jobs.start), month=language.month_of(jobs.start), year=language.year_of(since),
        in_days=(jobs.end - jobs.start) // language.days(1), rate=rate, first_month=first, parts=share.as_ppm(),
        risk=decisions.risk, worst=risk, largest=decisions.risk.max(empty="high"), distinct=jobs.run.n_unique(),
        distinct_of=runs.n_unique(jobs.phase), last=events.is_last, of_first=runs.first(jobs.phase, order=jobs.start),
        descending=language.descending(jobs.start), word_descending=language.descending, word_first=runs.first,
        of_last=runs.last(jobs.flop), rest=(jobs.end - jobs.start) % language.days(1),
        named=language.let("span", jobs.end - jobs.start), band=language.band_of(jobs.flop, 5, 7),
        picked=jobs.phase.pick({"failed": flop}, otherwise=5), bit=(jobs.flop > 5).as_count(),
        chosen=language.select(jobs.flop > 5, jobs.flop, 0), least=language.smaller(jobs.flop, flop),
        given=jobs.devices.is_given(), or_else=jobs.devices.or_else(1), of_list=jobs.phase.is_in(("failed", "other")),
        bracket=language.sealed_within(jobs.start, span), same_rows=language.same_rows(jobs.run, chips.owner),
        apart_in_time=jobs.no_overlap(jobs.start, jobs.end), after=events.at.next(default=0),
        of_least=runs.min(jobs.start), share_within=runs.share_of(jobs.flop > 5), key_by_number=runs.key(0),
    )  # fmt: skip
    WORDS.update(
        in_order=events.at.is_sorted(), numbered=events.serial.is_serial(), distinct_each=jobs.run.is_unique(),
        most=language.larger(jobs.flop, flop), ahead=language.not_ahead(jobs.start, span),
        many=jobs.every(language.sealed_within(jobs.start, span)), a_share=language.percent(5),
        a_second=language.seconds(5), whole=language.whole(), some=jobs.any(jobs.flop > 5),
        of_groups=runs.max(jobs.flop), no_row=jobs.none(jobs.flop > 5),
    )  # fmt: skip
    require("used", (jobs.flop.sum() < flop) & (compute.count() >= number) & (chips.count() >= 1))
    require("times", (compute.start.max(empty=0) <= since) & compute.every(compute.end - compute.start <= span))
    require("rest", compute.every((compute.run == who) | strict | (compute.phase == phase)))
    require("sets", compute.every(compute.phase.is_in(phases) | compute.run.is_in(sites)))
    require("share", evals.share(evals.epoch == 1) >= share)
    require("events", (events.count() >= 1) & decisions.every(decisions.risk <= risk))
    require("growth", fraction(jobs.flop.sum(), flop) <= rate)
    require("months", jobs.every(language.month_of(jobs.start) >= first))


all_words = claim("all-words")(all_words_body)
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name)
    for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift", "and_", "or_", "xor",
        "lt", "le", "gt", "ge", "eq", "ne", "iadd", "iand", "ior", "contains", "getitem", "concat",
    )
} | {"divmod": divmod, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
    "chain": lambda a, b: a < b < a}  # fmt: skip
UNARY: dict[str, Callable[[Any], Any]] = {
    "neg": operator.neg, "pos": operator.pos, "invert": operator.invert, "abs": abs, "not": operator.not_,
    "bool": bool, "len": len, "iter": iter, "list": list, "int": int, "float": float, "complex": complex,
    "round": round, "hash": hash, "str": str, "f-string": lambda x: f"{x}", "format": "{}".format,
    "index": operator.index,
    "reversed": reversed, "next": next, "call": lambda x: x(object()), "set": lambda x: {x}, "sum": lambda x: sum([x]),
    "trunc": math.trunc, "floor": math.floor, "bytes": bytes, "range": range, "sorted": lambda x: sorted([x, x]),
    "min": lambda x: min(x, x), "any": lambda x: any([x]), "percent": lambda x: "%s" % x, "chr": chr,  # noqa: UP031
    "attribute": lambda x: x.no_such_word, "first": lambda x: x[0], "slice": lambda x: x[1:],
    "with": lambda x: x.__enter__(),
}  # fmt: skip
PYTHONS = (
    True,
    False,
    0,
    1,
    -1,
    2**300,
    1.5,
    float("nan"),
    "x",
    "",
    "5",
    "30 days",
    None,
    (),
    (1,),
    [],
    ["x"],
    {},
    {1},
)


def outcome(make: Callable[..., Any], *values: Any) -> str:
    """What became of it; empty where it is neither a node nor a refusal with line and remedy."""
    try:
        made = make(*values)
    except ClaimDefinitionError as error:
        message = error.message
    except Exception as error:  # in a claim's body Python's own refusals are given line and remedy too
        message = refuse_slip(error).message
    else:
        return "" if isinstance(made, (bool, int, str, float)) or not isinstance(made, Closed) else "node"
    lines = message.split("\n")
    whole = len(lines) == 3 and lines[1].startswith("  at ") and ".py:" in lines[1]
    return "refused" if whole and (lines[2].startswith("  remedy: ") or "it has " in lines[2]) else ""


@pytest.mark.parametrize("name", BINARY)
def test_every_operator_of_every_two_words(name: str) -> None:
    if name == "contains":
        wrong = [a for a, value in WORDS.items() if outcome(operator.contains, value, "x") != "refused"]
        assert not wrong
        return
    wrong = [
        f"{a} {name} {b}"
        for a, left in WORDS.items()
        for b, right in WORDS.items()
        if not outcome(BINARY[name], left, right)
    ]
    assert not wrong


@pytest.mark.parametrize("name", [name for name in BINARY if name not in ("contains", "getitem")])
def test_every_operator_beside_what_is_pythons(name: str) -> None:
    wrong = []
    for a, word in WORDS.items():
        for value in PYTHONS:
            wrong += [f"{a} {name} {value!r}"] if not outcome(BINARY[name], word, value) else []
            text = isinstance(value, str) and name == "mod"  # a text without places, which stays what it is
            if name not in ("and", "or", "chain") and not text:  # there Python asks its own value alone
                wrong += [f"{value!r} {name} {a}"] if not outcome(BINARY[name], value, word) else []
    assert not wrong


@pytest.mark.parametrize("name", UNARY)
def test_every_operator_of_one_word(name: str) -> None:
    words = [(a, value) for a, value in WORDS.items() if name != "call" or not isinstance(value, Word)]
    assert not [a for a, value in words if not outcome(UNARY[name], value)]


@pytest.mark.parametrize("name", ["eq", "ne"])
def test_what_is_neither_is_never_pythons_answer(name: str) -> None:
    """`==` and `!=` are those that Python answers by itself."""
    for a, left in WORDS.items():
        for value in (*WORDS.values(), *PYTHONS):
            try:
                made = BINARY[name](left, value)
            except ClaimDefinitionError:
                continue
            assert isinstance(made, Expr) and made.node.type.kind == "bool", a


@pytest.mark.parametrize("value", PYTHONS, ids=repr)
def test_no_value_of_pythons_is_taken_for_a_condition(value: Any) -> None:
    jobs, runs, truth = WORDS["selected"], WORDS["groups"], WORDS["truth"]
    taken = [
        lambda: truth & value, lambda: value & truth, lambda: truth | value, lambda: value | truth,
        lambda: jobs.where(value), lambda: jobs.every(value), lambda: jobs.any(value), lambda: jobs.none(value),
        lambda: jobs.share(value), lambda: language.select(value, jobs.flop, 5), lambda: runs.size(value),
        lambda: runs.share_of(value), lambda: language.select(value, 1, 2), lambda: truth == value,
        lambda: value != truth,
    ]  # fmt: skip
    assert [number for number, each in enumerate(taken) if outcome(each) != "refused"] == []


def test_both_halves_of_a_condition_are_there() -> None:
    """The share's comparison was Python's True once, and the conjunction what was left."""
    compute = WORDS["log"]
    first = compute.share(compute.method == "hardware") != "100%"
    both = first & compute.every(compute.flop <= 5)
    assert both.node.a == first.node


NO_VALUES = {  # they say something of the claim or of its signature, and give nothing that an operator could be beside
    "param", "names", "require", "reveal", "counted", "base", "holds", "fails",
}  # fmt: skip


def test_every_word_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word of the language that joins must join WORDS: what is made with it is tried beside all others."""
    called: set[str] = set()
    call = Word.__call__

    def noted(self: Word, *values: Any, **options: Any) -> Any:
        called.add(self.__name__)
        return call(self, *values, **options)

    monkeypatch.setattr(Word, "__call__", noted)
    claim("all-words-again")(all_words_body)
    methods = [each for kind in (Expr, LogTable, Grouped) for base in kind.__mro__ for each in vars(base).values()]
    functions = [getattr(language, name) for name in language.__all__]
    words = {each.__name__ for each in (*methods, *functions) if isinstance(each, Word)}
    assert len(words) > 60 and words - NO_VALUES <= called


def test_a_word_that_is_compared_is_used() -> None:
    """Every word that the page has is a word: called with its parentheses, and nothing else."""
    functions = [getattr(language, name) for name in language.__all__ if name[0].islower()]
    plain = {"Beside", "never_vacuous", "vacuous", "implausible", "claim", "over_roll_ups"}
    assert all(isinstance(each, Word) or each.__name__ in plain for each in functions)
    for name in ("sum", "count", "min", "previous", "is_in", "or_else"):
        assert isinstance(getattr(WORDS["amount"], name), Word)
