"""Sums by key: each condition that they rest on, dropped, lets a false witness pass; with it the witness is refused.

The tuple of a row is (its key's limbs, ORDINAL, BUCKET); digit j of what is summed has a bus of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.kit.compiled_trial import Trial, proof_file
from tests.kit.hunt.base import Hunt, job
from tests.kit.hunt.traces import Case, Item, at, broken, items, kind_of, mutated
from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, require
from zkcompliance.errors import MalformedProgram, ParametersRejected, VerificationError
from zkcompliance.stark.air.program import Op, Program
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.profiles import STANDARD
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.program import decode_program
from zkcompliance.verify.shape import shape_of
from zkcompliance.verify.statement import decode_statement
from zkcompliance.verify.verifier import verify_bundle

A = 12345
HALF = 1006639133  # below 2^30, and twice this is A + p
Lies = dict[tuple[int, int], Callable[[np.ndarray], np.ndarray]]


@claim("each-run-at-least")
def at_least(compute: ComputeLog, least: Param[Flop]) -> None:
    """A floor for each run's total."""
    runs = compute.group_by(compute.run)
    require("enough", runs.every(runs.sum(compute.flop) >= least))


def case_of(*rows: tuple[str, int], least: int) -> Case:
    """Rows of these runs with these FLOP."""
    made = [job(run=run, flop=flop) for run, flop in rows]
    return Case.of(Hunt(at_least, {"compute": made, "least": least}))


def columns(case: Case, name: str) -> list[tuple[int, int]]:
    """(table, column) of the columns of that name of the table of sums."""
    (table,) = (t for t in case.compiled.board.tables if "rows of the key" in t.columns)
    return [(table.number, c) for c, what in enumerate(table.columns) if what == name]


def used_rows(case: Case, rows: int) -> Lies:
    """The first rows are used, the others are not."""
    (used,), (more,) = columns(case, "used"), columns(case, "more")
    return {used: lambda v: 1 * (np.arange(len(v)) < rows), more: lambda v: 1 * (np.arange(len(v)) < rows - 1)}


def accepted_without(case: Case, lies: Lies, kind: str) -> None:
    """They break one requirement, of that kind: the real verifier accepts them without it, and refuses them with it."""
    made = case.trial(lies)
    found = broken(made)
    assert {kind_of(case.compiled, item) for item in found} == {kind} and len(found) == 1
    (item,) = found
    assert kind_of(case.compiled, item) == kind
    weaker = replace(made, program=mutated(made.program, item))
    assert made.failures() and not weaker.failures()
    verify_bundle(proof_file(weaker), program_digests=[weaker.program.digest])
    with pytest.raises(VerificationError):
        verify_bundle(proof_file(made), program_digests=[made.program.digest])


def test_the_honest_witness_is_true_where_the_claim_holds() -> None:
    assert case_of(("r1", A), ("r2", 7), ("r1", 1), least=7).honest.failures() == []
    assert case_of(("r1", A), ("r2", 7), ("r1", 1), least=8).honest.failures() != []


def test_two_rows_of_one_tuple() -> None:
    """S_1 + S_2 = A + p with both below 2^30: so the table's rows ascend strictly."""
    case = case_of(("r1", A - 1), ("r1", 1), least=A + 1)
    assert 2 * HALF == A + P and HALF < 1 << 30
    lies = used_rows(case, 2)
    for column in columns(case, "a key's limb"):
        lies[column] = lambda v: np.append([v[0], v[0]], v[2:])
    lies[columns(case, "rows of the key")[0]] = at(0, 1, to=(1, 1))
    lies[columns(case, "sum by key")[0]] = at(0, 1, to=(HALF, HALF))
    lies[columns(case, "top of a sum by key")[0]] = at(0, 1, to=(HALF >> 16, HALF >> 16))
    accepted_without(case, lies, "constraint: a key has one row for each segment and bucket")


def test_a_sum_that_is_p_more() -> None:
    """S = A + p in its low and its upper part is A mod p: so the upper part is below 2^14."""
    case = case_of(("r1", A), least=A + 1)
    top = (A + P) >> 16
    assert 1 << 14 <= top < 1 << 16
    lies = {columns(case, "top of a sum by key")[0]: at(0, to=(top,))}
    low, high, *_ = columns(case, "sum by key so far")
    lies |= {low: at(0, to=((A - (top << 16)) % P,)), high: at(0, to=(top,))}
    accepted_without(case, lies, "lookup: below a bound")


def test_a_key_that_has_no_rows() -> None:
    """A row with the sum 0 of a key that is nowhere: so each used row has a count of 1 at least."""
    case = case_of(("r1", A), least=0)
    lies = used_rows(case, 2)
    lies[columns(case, "a key's limb")[0]] = at(1, to=(60000,))
    for number, column in enumerate(columns(case, "a key's limb")):
        if number:
            lies[column] = lambda v: np.append([v[0], v[0]], v[2:])
    lies[columns(case, "rows of the key")[0]] = at(1, to=(0,))
    accepted_without(case, lies, "lookup: each sum by key has rows")


def test_a_key_that_is_left_out() -> None:
    """A run whose rows have 0: digits alone do not show that it is missing, so rows are counted."""
    case = case_of(("r1", 0), ("r2", A), least=1)
    kept = int(np.argmax(case.columns[columns(case, "sum by key")[0]] == A))
    lies = used_rows(case, 1)
    for name in ("a key's limb", "rows of the key", "sum by key", "top of a sum by key"):
        for column in columns(case, name):
            lies[column] = lambda v: np.append([v[kept], 0], v[2:])
    accepted_without(case, lies, "bus: rows of a key")


def weaker_programs(case: Case, kind: str) -> list[Program]:
    program = case.compiled.program
    return [mutated(program, item) for item in items(program) if kind_of(case.compiled, item) == kind]


@pytest.mark.parametrize("kind", ["constraint: act is # or #", "lookup: a short column"])
def test_what_is_sent_is_not_negative(kind: str) -> None:
    """A row that counts p − 1 times, and a digit below 0: a verifier refuses a program that does not exclude them."""
    case = case_of(("r1", A), least=A)
    check_multiplicities(decode_program(case.compiled.program.encoded))
    refused = 0
    for program in weaker_programs(case, kind):
        try:
            check_multiplicities(decode_program(program.encoded))
        except MalformedProgram:
            refused += 1
    assert refused >= (1 if kind.startswith("constraint") else 6)


def sizes_fit(program: Program, ks: tuple[int, ...]) -> bool:
    """Whether both hands take a log of segments of so many rows."""
    width = program.logs[0].width
    case = case_of(("r1", A), least=A)
    tables = [np.zeros((width, 1 << k), np.uint32) for k in ks]
    made = case.trial(tables={"compute": tables})
    entries = [replace(t.entry, root=bytes([i] * 32)) for i, t in enumerate(made.tables)]
    sealed = [SealedTable(t.columns, bytes(32), e, STANDARD) for t, e in zip(made.tables, entries, strict=True)]
    stated = replace(made, program=program, tables=sealed).statement()
    decoded, read = decode_statement(stated.encode()), decode_program(program.encoded)
    try:
        lay_out(stated)
    except ParametersRejected:
        with pytest.raises(ParametersRejected):
            shape_of(decoded, [read])
        return False
    assert shape_of(decoded, [read])
    return True


def without(program: Program, op: Op) -> Program:
    """The program whose rows send 0 in the place of BUCKET or ORDINAL."""
    first, *rest = program.tables
    nodes = tuple((int(Op.CONST), 0, 0) if node[0] == op else node for node in first.nodes)
    return replace(program, tables=(replace(first, nodes=nodes), *rest))


def test_what_one_tuple_may_add_up_to() -> None:
    """Rows of a tuple · (2^16 − 1) < p: one bucket of one segment, whatever segments there are."""
    program = case_of(("r1", A), least=A).compiled.program
    assert sizes_fit(program, (14, 14, 15))
    assert sizes_fit(without(program, Op.BUCKET), (14,)) and not sizes_fit(without(program, Op.BUCKET), (15,))
    assert sizes_fit(without(program, Op.ORDINAL), (15,)) and not sizes_fit(without(program, Op.ORDINAL), (14, 14))


def test_buckets_and_segments_are_added_up() -> None:
    """Every digit at its largest on three buckets of two segments: each sum is near 2^30, and their total exact."""
    largest = (1 << 96) - 1
    case = case_of(("r1", largest), least=largest)
    (one,) = case.tables["compute"]
    real = np.ascontiguousarray(np.repeat(one[:, :1], 1 << 15, axis=1))
    parts = [real, np.ascontiguousarray(real[:, : 1 << 14])]
    rows = sum(part.shape[1] for part in parts)
    compiled = case.compiled
    run = compiled.run({"compute": parts}, case.publics)
    (table,) = (t for t in compiled.board.tables if "rows of the key" in t.columns)
    so_far = [
        run.tables[table.number].witness[c] for c, name in enumerate(table.columns) if name == "sum by key so far"
    ]
    assert len(run.orders[table.number]) == 3
    assert sum(int(limb[2]) << 16 * j for j, limb in enumerate(so_far)) == rows * largest
    made: Trial = case.trial(tables={"compute": parts})
    assert broken(made) == set[Item]()
