"""The shapes of a proof that is not made yet, as the verifier reckons them from the statement's bytes."""

from __future__ import annotations

from functools import cache

from zkcompliance.stark.air.program import Program
from zkcompliance.stark.statement import Statement
from zkcompliance.verify.program import Program as Decoded
from zkcompliance.verify.program import decode_program
from zkcompliance.verify.shape import Shape, shape_of
from zkcompliance.verify.statement import decode_statement


def verifier_shape(statement: Statement) -> Shape:
    """Its instances, heights and layers. Raises what the verifier would of a statement of such shapes."""
    return shape_of(decode_statement(statement.encode()), [_decoded(claim.program) for claim in statement.claims])


@cache
def _decoded(program: Program) -> Decoded:
    return decode_program(program.encoded)
