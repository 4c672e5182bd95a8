"""Programs that make the judgement of what they count as dear as the limits allow: made in well under two seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kit import sound_forms
from tests.kit.dear_programs import (
    Nodes,
    cheap_bits,
    dear_tables,
    indicators,
    many_behind_one,
    many_paths,
    next_rows,
)
from tests.kit.work import Work
from zkcompliance.errors import LimitExceeded, MalformedProof, ZkComplianceError
from zkcompliance.verify.program import LOG, LogSlot, Node, Program, Table, decode_program
from zkcompliance.verify.statement import STANDARD, ClaimStatement, Statement
from zkcompliance.verify.verifier import verify_proof

WORK = 2_000  # pieces


def program(make: Callable[[Nodes], None], tables: int) -> Program:
    """So many tables, and a log that is not read."""
    log = Table(0, 0, 0, (Node(LOG, 0, 0),), (), (), (0,), ())
    slots = (LogSlot("log", bytes(32), 9),)
    return Program("c", 1, (), slots, (), (), (log, *dear_tables(make, tables)), (), ())


def statement(of: Program) -> Statement:
    log = sound_forms.log("o", bytes(32), 9, (3,))
    claim = ClaimStatement("r", "c", 1, of.digest, (), ((0,),), (3,) * of.private_tables)
    return Statement(STANDARD, b"", (log,), (claim,))


def judged(make: Callable[[Nodes], None], tables: int) -> tuple[ZkComplianceError, float]:
    """What becomes of a proof of no bytes, and the pieces of work."""
    asked = program(make, tables)
    data = asked.encode()
    stated = statement(asked)
    with Work() as work, pytest.raises(ZkComplianceError) as caught:
        verify_proof(stated, [decode_program(data)], b"")
    return caught.value, work.pieces


@pytest.mark.parametrize(
    ("make", "tables"),
    [(indicators, 4), (next_rows, 7), (many_behind_one, 8), (many_paths, 7), (cheap_bits, 8)],
)
def test_what_a_program_counts_is_judged_in_time(make: Callable[[Nodes], None], tables: int) -> None:
    """Everything of it is judged, and only then is the proof found to be empty; one table more is over a limit."""
    error, work = judged(make, tables)
    assert isinstance(error, MalformedProof) and work < WORK, (error, work)
    over, _ = judged(make, tables + 1)
    assert isinstance(over, LimitExceeded), over
