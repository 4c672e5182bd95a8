"""What a verifier would refuse a proof for without reading it, asked of the verifier before the proof is made."""

from __future__ import annotations

from collections.abc import Sequence

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedProgram
from zkcompliance.prove.size import proof_bytes
from zkcompliance.stark.statement import Statement, encode_bundle
from zkcompliance.verify.bundle import check_notes, decode_bundle, programs_of
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.statement import decode_statement
from zkcompliance.verify.verifier import judge_statement

# Of what counts a row, a verifier has to see in the circuit that it is 0 or 1, and of few forms it does not.
SAY_IT_OTHERWISE = (
    "say the condition that is counted or selected by in another way: in two steps, or as two requirements"
)


def refuse_unprovable(encoded: bytes) -> None:
    """Raises MalformedProgram where no proof of this encoded program would be accepted, whatever the rows."""
    _refuse_uncountable(decode_program(encoded))


def _refuse_uncountable(program: Program) -> None:
    try:
        check_multiplicities(program)
    except MalformedProgram as error:
        raise MalformedProgram(error.message, help=SAY_IT_OTHERWISE) from None


def hollow(statement: Statement, notes: Sequence[bytes], attachments: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """A proof file in which only the proof is missing; notes: of each log."""
    return encode_bundle(statement, list(notes), b"", attachments)


def refuse_early(statement: Statement, notes: Sequence[bytes], attachments: Sequence[tuple[int, bytes]] = ()) -> int:
    """The bytes that the proof file will have (on average). Raises what `verify_bundle` would before it reads a proof,
    but for brackets, which are as wide as what backs them.

    LimitExceeded where the file would all but certainly be too long.
    """
    file = hollow(statement, notes, attachments)
    bundle = decode_bundle(file)
    stated = decode_statement(bundle.statement_bytes)
    programs = programs_of(bundle, stated)
    check_notes(bundle, stated)
    for program in {id(each): each for each in programs}.values():  # each record once: claims may share one
        _refuse_uncountable(program)
    shape, _ = judge_statement(stated, programs, None)
    size = len(file) + proof_bytes(shape)
    if size * 19 // 20 > limits.MAX_BUNDLE_BYTES:
        raise LimitExceeded(
            f"the proof file would have {size >> 20} MiB, and at most {limits.MAX_BUNDLE_BYTES >> 20} are read: prove "
            "fewer requirements in one proof, or over fewer segments (compact)"
        )
    return size
