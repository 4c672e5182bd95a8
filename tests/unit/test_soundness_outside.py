"""Both hands' soundness tables against a calculator that shares no formula with them (tests/kit/soundness_calc.py)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest

from tests.kit import soundness_calc as outside
from tests.kit.soundness_calc import SETTINGS, Case, at_the_limits, bits, error, lowest, most_degree, usual
from zkcompliance.stark import profiles as stark_profiles
from zkcompliance.stark.fri.schedule import fold_schedule
from zkcompliance.stark.soundness import Shapes, soundness
from zkcompliance.verify import soundness as verify_soundness
from zkcompliance.verify import statement as verify_profiles
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.program import Constraint, Interaction, LogSlot, Node, Program, Table
from zkcompliance.verify.shape import schedule, shape_of

KAPPAS = [(name, kappa) for name, setting in SETTINGS.items() for kappa in range(13, setting.tallest + 1)]


def kappas(case: Case) -> tuple[int, ...]:
    """One for each log-table instance."""
    return tuple(kappa for kappa, count in case.segments.items() for _ in range(count))


def given(fields: Iterable[str], case: Case, profile: object) -> dict[str, object]:
    """A hand's own record of a case; the one field that the calculator does not name is that of the segments."""
    heights = tuple(sorted(case.heights, reverse=True))
    known = {
        "profile": profile, "heights": heights, "layers": schedule(heights)[0], "constraints": case.constraints,
        "degree": case.degree, "bus_width": case.bus_width, "fractions": case.fractions, "identities": case.identities,
    }  # fmt: skip
    record = {name: known.get(name, kappas(case)) for name in fields}
    assert len(record.keys() - known.keys()) == 1, record.keys()
    return record


def profile_of(case: Case, profiles: Iterable[object]) -> object:
    """The hand's own profile; where a case has parameters that none has, a profile is made with them."""
    wanted = {"log_blowup": case.setting.b, "most_queries": case.setting.q, "grinding": case.setting.grinding}
    found = [p for p in profiles if all(getattr(p, name) == value for name, value in wanted.items())]
    return found[0] if found else replace(next(iter(profiles)), **wanted)  # type: ignore[type-var]


def proving(case: Case) -> tuple[Fraction, int]:
    """The sum, and the number of queries that it is of."""
    fields = [field.name for field in dataclasses.fields(Shapes)]
    found = soundness(Shapes(**given(fields, case, profile_of(case, stark_profiles.PROFILES))))  # type: ignore[arg-type]
    return found.total, found.queries


def verifying(case: Case) -> tuple[Fraction, int]:
    quantities = verify_soundness.Quantities
    profile = profile_of(case, verify_profiles.PROFILES.values())
    found = verify_soundness.table(quantities(**given(quantities._fields, case, profile)))  # type: ignore[arg-type]
    return found.error, found.queries


HANDS = pytest.mark.parametrize("hand", [proving, verifying])


def check(hand: Callable[[Case], tuple[Fraction, int]], case: Case) -> Decimal:
    """The hand's figure is the calculator's, to three decimals and far beyond, and never the better one; so is its
    number of queries."""
    expected, wanted = error(case)[:2]
    exact, queries = hand(case)
    assert queries == wanted, case
    with localcontext() as context:
        context.prec = outside.DIGITS
        found = Decimal(exact.numerator) / Decimal(exact.denominator)
        assert abs(bits(found) - bits(expected)) < Decimal("0.0005"), (case, bits(found), bits(expected))
        assert -(Decimal(2) ** -200) < found / expected - 1 < Decimal(2) ** -40, case
    return bits(found)


def test_profiles_are_the_calculator_s() -> None:
    for profiles in (stark_profiles.PROFILES, verify_profiles.PROFILES.values()):
        assert {p.name: (p.log_blowup, p.most_queries, p.grinding) for p in profiles} == {
            name: (setting.b, setting.q, setting.grinding) for name, setting in SETTINGS.items()
        }


@HANDS
@pytest.mark.parametrize("segments", [1, 20, 60])
@pytest.mark.parametrize(("name", "kappa"), KAPPAS)
def test_one_height(hand: Callable[[Case], tuple[Fraction, int]], name: str, kappa: int, segments: int) -> None:
    assert check(hand, usual(name, kappa, segments)) >= 128


@HANDS
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    "segments",
    [{16: 1, 13: 1}, {21: 3, 20: 7, 13: 50}, {22: 1, 18: 2}, {23: 1, 14: 59}, {13: 0, 23: 0}, {15: 30, 14: 30}],
)
def test_mixtures_of_heights(hand: Callable[[Case], tuple[Fraction, int]], name: str, segments: dict[int, int]) -> None:
    heights = frozenset(segments) | {16}
    case = Case(SETTINGS[name], heights, segments, 1500, 5, 40, 2**30, 5000)
    assert check(hand, case) >= 128


@HANDS
@pytest.mark.parametrize("name", SETTINGS)
def test_at_the_limits(hand: Callable[[Case], tuple[Fraction, int]], name: str) -> None:
    """Tables that fill their capacity have 128 bits up to κ 23; 8 rows may have a degree that is refused, over κ 22."""
    for tallest in range(lowest(name), SETTINGS[name].tallest + 1):
        found = check(hand, at_the_limits(name, tallest, most_degree(name, tallest, tallest)))
        assert found >= 128 or tallest > 23
        found = check(hand, at_the_limits(name, tallest, most_degree(name, tallest, 3)))
        assert found >= 128 or tallest > 22


@HANDS
@pytest.mark.parametrize(
    "large",
    [
        {"constraints": 2**90}, {"degree": 2**60}, {"fractions": 2**80}, {"fractions": 2**80, "bus_width": 255},
        {"identities": 2**90}, {"segments": {23: 200}}, {"segments": {13: 200}},
        {"setting": replace(SETTINGS["standard"], q=20)}, {"setting": replace(SETTINGS["standard"], grinding=0)},
    ],
)  # fmt: skip
def test_each_round_by_itself(hand: Callable[[Case], tuple[Fraction, int]], large: dict[str, object]) -> None:
    """Where one round is nearly the whole sum, its own figure is held, however little it is elsewhere."""
    for heights in ((23,), (13,), (23, 13), (20, 19, 15)):
        case = replace(usual("standard", max(heights), 1), heights=frozenset(heights))
        check(hand, replace(case, **large))  # type: ignore[arg-type]


def test_schedules() -> None:
    for count in (1, 2, 3, 4):
        for heights in combinations(range(24, 5, -1), count):
            expected = [
                (to + arity_log, arity_log, rolls) for to, arity_log, rolls in outside.folds(frozenset(heights))
            ]
            layers, final = schedule(heights)
            assert [(layer.size, layer.arity_log, layer.rolls_in) for layer in layers] == expected
            assert final == heights[0] - sum(arity_log for _, arity_log, _ in expected)
            theirs, theirs_final = fold_schedule(heights)
            assert (len(theirs), theirs_final) == (len(layers), final)


def test_a_statement_is_judged_by_what_it_has() -> None:
    """Counted by hand: two tables over three segments, in one instance each, and a private one."""
    reads = Table(0, 0, 1, (Node(1, 0, 0), Node(2, 0, 0)), (Constraint("c", 0, 1),), (Interaction(0, 0xFFFF, 1, (1,)),),
                  (1,), ())  # fmt: skip
    bare = Table(0, 0, 0, (Node(1, 2, 0),), (), (), (0,), ())
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (Interaction(1, 0, 2, (0,) * 9),), (1,), ())
    program = Program("c", 1, (), (LogSlot("log", bytes(32), 4),), (), (9,), (reads, bare, free), (), ())
    profile = verify_profiles.STANDARD
    entries = tuple(
        verify_profiles.Entry(profile.id, bytes(32), 4, k, kappa, bytes(32), (0,) * 6)
        for k, kappa in ((18, 18), (13, 14), (3, 13))
    )
    logs = (verify_profiles.LogStatement(Checkpoint("o", 3, bytes(32), b""), entries),)
    claim = verify_profiles.ClaimStatement("r", "c", 1, program.digest, (), ((0,),), (10,))
    stated = verify_profiles.Statement(profile, b"", logs, (claim,))
    case = Case(
        SETTINGS["standard"], frozenset((18, 14, 13)), {18: 1, 14: 1, 13: 1},
        constraints=3 * (1 + 1 + 2) + 2 + (3 + 2 + 2), degree=5, bus_width=9,
        fractions=2**18 + 2**13 + 2**3 + 2**10 + (8 + 1) * 2**13, identities=0,
    )  # fmt: skip
    found = verify_soundness.judge(shape_of(stated, [program])).error
    assert abs(float(found) / float(error(case).total) - 1) < 1e-12


# The calculator against figures that were worked out apart from it, with fractions and integer square roots alone.
E = outside.P**6


def root(value: Fraction) -> Fraction:
    """√value to 2^−300, from below."""
    scaled = (value.numerator << 600) // value.denominator
    low = 1 << (scaled.bit_length() + 1) // 2
    while (better := (low + scaled // low) // 2) < low:
        low = better
    return Fraction(low, 1 << 300)


def close(found: Decimal, expected: Fraction) -> bool:
    return abs(Fraction(found) / expected - 1) < Fraction(1, 10**70)


def test_three_figures_by_hand() -> None:
    # queries: standard, κ 20, m 21
    agreement = root(Fraction(65 * 2**14 + 1, 2**23)) * Fraction(43, 42)
    _, queries, m, table = error(usual("standard", 20, 1))
    assert (queries, m) == (75, 21) and close(table["queries"], agreement**75 / 2**20)
    # batch: small, κ 13 and 23 together, 2^17 and 2^27 positions of rate 17/256, (1 − θ) from κ 13
    case = replace(usual("small", 23, 1), heights=frozenset((23, 13)))
    _, _, m, table = error(case)
    y, rho = 2 * m + Fraction(1, 2), Fraction(17, 256)
    theta = 1 - root(Fraction(17 * 2**9 + 1, 2**17)) * (1 + Fraction(1, 2 * m))
    lines = [((2 * y**5 + 3 * y * theta * rho) * n / (3 * rho * root(rho)) + y / root(rho)) / E for n in (2**17, 2**27)]
    assert close(table["batch"], sum(lines))
    # tag: fast, 60 segments of κ 24, pairs of 4·200.5 over the root of the least rate, the degree of the greatest
    table = error(usual("fast", 24, 60)).table
    pairs = (4 * Fraction(401, 2)) ** 2 / Fraction(65 * 2**18 + 1, 2**26) / 2
    assert close(table["tag"], 60 * pairs * (Fraction(9 * 2**21, E - outside.P) + Fraction(1, E)))


def test_reference() -> None:
    """The specification's: standard, κ = 20, 512 constraints, degree 4, 64 interactions of width 16, one segment."""
    found = error(usual("standard", 20, 1))
    assert (f"{bits(found.total):.3f}", found.queries, found.m) == ("128.651", 75, 21)


def test_the_specification_s_figures() -> None:
    """Its table at the limits, rounded down, with the queries."""
    page = (Path(__file__).parents[2] / "docs" / "spec" / "soundness.md").read_text(encoding="utf-8")
    kappas_of_the_table = [
        int(kappa) for kappa in re.findall(r"\d\d", re.findall(r"^\| \| κ_0 = (.*)$", page, re.M)[0])
    ]
    for name in SETTINGS:
        row = re.findall(r"(\d+\.\d\d) \((\d+)\)", re.findall(rf"^\| {name} \| (1.*) \|$", page, re.M)[0])
        for kappa, figures in zip(kappas_of_the_table, row, strict=name != "small"):
            found = error(at_the_limits(name, kappa, most_degree(name, kappa, 3)))
            assert figures == (str(bits(found.total).quantize(Decimal("0.01"), ROUND_FLOOR)), str(found.queries))
