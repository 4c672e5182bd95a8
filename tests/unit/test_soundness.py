"""The soundness table of the prover's side."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.kit import support
from zkcompliance.errors import ParametersRejected, SoundnessTooLow
from zkcompliance.stark import soundness as prover_side
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.profiles import FAST, PROFILES, SMALL, STANDARD, Profile
from zkcompliance.stark.soundness import Shapes, _accept, _terms, bits, shapes_of, soundness
from zkcompliance.verify import soundness as verifier_side
from zkcompliance.verify.program import decode_program
from zkcompliance.verify.shape import shape_of
from zkcompliance.verify.soundness import judge
from zkcompliance.verify.statement import decode_statement

REFERENCE = Shapes(
    profile=STANDARD, heights=(20,), constraints=512, degree=4, fractions=64 << 20, bus_width=16, identities=0,
    tags=(20,),
)  # fmt: skip


def test_reference() -> None:
    """The specification's figures."""
    found = soundness(REFERENCE)
    assert (f"{found.bits:.2f}", found.queries, found.parameter) == ("128.65", 75, 21)


@pytest.mark.parametrize(("profile", "queries"), [(STANDARD, 75), (FAST, 113), (SMALL, 56)])
def test_as_few_queries_as_the_statement_needs(profile: Profile, queries: int) -> None:
    """With one less there are not 128 bits, whatever m is; a statement with more of everything has more of them."""
    shapes = replace(REFERENCE, profile=profile)
    found = soundness(shapes)
    found.require()
    assert found.queries == queries and 128 <= found.bits < 129.5

    def error(number: int, m: int) -> Fraction:
        return sum(_terms(shapes, m).values()) + _accept(shapes, m) ** number / (1 << profile.grinding)

    assert min(error(queries - 1, m) for m in range(3, 201)) > Fraction(1, 1 << 128) >= error(queries, found.parameter)
    assert soundness(replace(shapes, heights=(20, 16))).queries > queries


def test_sum_binding_and_refusal() -> None:
    found = soundness(REFERENCE)
    assert found.total == sum(found.terms.values()) and found.binding in found.terms
    assert found.terms[found.binding] == max(found.terms.values())
    found.require(128)
    with pytest.raises(ParametersRejected, match="provable bits"):
        found.require(132)
    assert bits(Fraction(1, 1 << 100)) == 100


@pytest.mark.parametrize(
    "worse",
    [
        {"profile": replace(STANDARD, grinding=12)},
        {"heights": (21, 20)},
        {"constraints": 10**6},
        {"degree": 10**6},
        {"fractions": 2**45},
        {"bus_width": 10**7},
        {"identities": 2**60},
        {"tags": (20,) * 500},
    ],
)
def test_more_of_anything_is_worse(worse: dict[str, object]) -> None:
    """More queries are needed, or as many leave more."""
    found, before = soundness(replace(REFERENCE, **worse)), soundness(REFERENCE)  # type: ignore[arg-type]
    assert (found.queries, found.total) > (before.queries, before.total)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("size", [1, 2**12, 2**30])
def test_parameter_is_the_best(profile: Profile, size: int) -> None:
    """Both hands find it by halves; test_soundness_outside.py holds both against trying all, on many more cases."""
    shapes = replace(
        REFERENCE, profile=profile, heights=(19, 13), constraints=512 * size, fractions=64 * size,
        tags=(19,) * size.bit_length(),
    )  # fmt: skip
    queries = soundness(shapes).queries
    waste = 1 << profile.grinding
    totals = [sum(_terms(shapes, m).values()) + _accept(shapes, m) ** queries / waste for m in range(3, 201)]
    assert soundness(shapes).parameter == 3 + totals.index(min(totals))


def test_fewer_queries_do_not_reach_128_bits() -> None:
    for profile in PROFILES:
        needed = soundness(replace(REFERENCE, profile=profile)).queries
        with pytest.raises(ParametersRejected):
            soundness(replace(REFERENCE, profile=replace(profile, most_queries=needed - 1))).require()


def test_shapes_of_a_statement() -> None:
    layout = lay_out(support.prover([support.seal(support.table(support.ROWS))]).statement)
    shapes = shapes_of(layout)
    assert shapes.heights == (13,) and shapes.tags == (13,)
    assert shapes.constraints == (3 + 1) + (3 + 3 + 1)
    assert shapes.fractions == 7 * 8 + 9 * 8192 + 14
    assert (shapes.bus_width, shapes.identities, shapes.degree) == (3, 21, 5)


@pytest.mark.parametrize("degree", [2, 3, 4, 5])
def test_challenges_of_a_smaller_field_are_refused(degree: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were challenges drawn from an extension smaller than E (F has no point outside F), no side would take it."""
    honest = support.prover([support.seal(support.table(support.ROWS))])
    layout = lay_out(honest.statement)
    shape = shape_of(decode_statement(honest.statement.encode()), [decode_program(support.CLAIM.program.encoded)])
    soundness.cache_clear()
    soundness(shapes_of(layout)).require()
    judge(shape)
    monkeypatch.setattr(prover_side, "E_SIZE", P**degree)
    monkeypatch.setattr(verifier_side, "ORDER", P**degree)
    soundness.cache_clear()
    verifier_side.table.cache_clear()
    with pytest.raises(ParametersRejected, match="provable bits"):
        soundness(shapes_of(layout)).require()
    with pytest.raises(SoundnessTooLow, match="provable bits"):
        judge(shape)
    soundness.cache_clear()
    verifier_side.table.cache_clear()
