"""At the edges of every type and size, interpreter, row checker and (on a sample) the real proof agree on each claim.

The tables are those of a claim's examples, repeated, cut and split, with a few cells and parameters put at an edge: so
both outcomes are near.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.kit.catalogue_claims import MODULES, compiled, definition, examples
from tests.kit.compiled_trial import padded, proved_by_anyone, trial
from tests.kit.part import one_in
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import VerificationError
from zkcompliance.schemas import Schema
from zkcompliance.verify.verifier import verify_bundle

SIZES = (0, 1, 7, 8, 9, 15, 16, 17)  # around 2^k rows, with the padding of both sides
NAMES = ("item", "chip", "run")  # ids that are new in each copy of the example's rows
Case = tuple[dict[str, list[np.ndarray]], dict[str, int]]


def edges(top: int) -> list[int]:
    """0, 1, 2^k − 1, 2^k and 2^k + 1 at the ends of limbs and of bytes, half of the type, the top."""
    near = {(1 << k) + d for k in (8, 15, 16, 31, 32, 47, 48, 64, 80, 95, 96, 112, 127) for d in (-1, 0, 1)}
    return sorted({v for v in near | {0, 1, 2, top // 2, top // 2 + 1, top - 1, top} if 0 <= v <= top})


def put(table: np.ndarray, limbs: Sequence[int], row: int, value: int) -> None:
    for j, limb in enumerate(limbs):
        table[limb, row] = value >> 16 * j & 0xFFFF


def value_at(table: np.ndarray, limbs: Sequence[int], row: int) -> int:
    return sum(int(table[limb, row]) << 16 * j for j, limb in enumerate(limbs))


def repeated(schema: Schema, table: np.ndarray, copies: int, size: int | None) -> np.ndarray:
    """Copies of the rows, each under new names, numbered through; cut to a size."""
    made = np.concatenate([table] * copies, axis=1)
    if size is not None:
        made = np.concatenate([made] * (1 + size // max(1, made.shape[1])), axis=1)[:, :size]
    columns = {column.name for column in schema.columns}
    for row in range(made.shape[1]):
        copy = row // max(1, table.shape[1])
        for name in columns & set(NAMES):
            put(made, schema.limbs(name), row, value_at(made, schema.limbs(name), row) + (copy << 100))
        if "serial" in columns and copy:
            put(made, schema.limbs("serial"), row, row + 1)
    return made


@st.composite
def cases(draw: st.DrawFn, module: str) -> Case:
    claim = definition(module)
    example = draw(st.sampled_from(sorted(examples(module), key=lambda each: bool(each.failing))))
    tables, params = example.inputs(claim)
    publics = claim.publics(params)
    copies = draw(st.integers(1, 3))
    size = draw(st.sampled_from((None, None, *SIZES)))
    found: dict[str, list[np.ndarray]] = {}
    for log in claim.logs:
        rows = repeated(log.schema, np.concatenate(tables[log.name], axis=1), copies, size)
        for _ in range(draw(st.integers(0, 2)) if rows.shape[1] else 0):
            column = draw(st.sampled_from(log.schema.columns))
            value = draw(st.sampled_from(edges(column.largest)))
            row = draw(st.integers(0, rows.shape[1] - 1))
            put(rows, log.schema.limbs(column.name), row, value)
        cut = draw(st.sampled_from((0, 0, 1, 8)))
        parts = [rows] if not 0 < cut < rows.shape[1] else [rows[:, :cut], rows[:, cut:]]
        found[log.name] = [padded(part) for part in parts]
    if draw(st.booleans()) and (plain := [spec for spec in claim.params if spec.type.of is None]):
        spec = draw(st.sampled_from(plain))  # a set of values is no one number
        within = [v for v in edges(spec.high) if spec.low <= v]
        publics[spec.name] = draw(st.sampled_from(within))
    return found, publics


def agree(module: str, case: Case) -> bool:
    """Whether the claim holds, on which interpreter and checker agree."""
    tables, publics = case
    found = interpret(definition(module), tables, publics)
    made = trial(compiled(module), tables, publics)
    failures = made.failures()
    assert found.holds == (not failures), (found.failing, [str(failure) for failure in failures[:4]])
    stated = dict(zip((public.name for public in made.program.publics), made.publics, strict=True))
    assert {name: stated[name] for name in found.reveals} == found.reveals
    return found.holds


def run(module: str, count: int) -> list[bool]:
    outcomes = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=cases(module))
    def check(case: Case) -> None:
        outcomes.append(agree(module, case))

    check()
    return outcomes


@pytest.mark.parametrize("module", one_in(3, MODULES))
def test_interpreter_and_checker_agree_at_the_edges(module: str) -> None:
    outcomes = run(module, 30)
    assert set(outcomes) == {True, False}


@pytest.mark.long
@pytest.mark.parametrize("module", MODULES)
def test_interpreter_and_checker_agree_at_many_edges(module: str) -> None:
    assert set(run(module, 1000)) == {True, False}


def proof_agrees(module: str, count: int) -> None:
    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(case=cases(module))
    def check(case: Case) -> None:
        holds = agree(module, case)
        bundle = proved_by_anyone(compiled(module), *case)
        try:
            verify_bundle(bundle, program_digests=[compiled(module).program.digest])
        except VerificationError:
            assert not holds
        else:
            assert holds

    check()


@pytest.mark.parametrize("module", one_in(3, MODULES, first=1))
def test_the_proof_agrees_too(module: str) -> None:
    """Verifies exactly if the claim holds: a prover who does not ask whether it does proves each table."""
    proof_agrees(module, 2)


@pytest.mark.long
@pytest.mark.parametrize("module", MODULES)
def test_the_proof_agrees_on_many(module: str) -> None:
    proof_agrees(module, 40)
