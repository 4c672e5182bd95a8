"""Why a sum's selector must be 0 or 1: without that, a sum wraps mod p and a false claim is proved and verified."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.kit.compiled_trial import padded, proved_by_anyone
from tests.kit.exact_rows import encode_rows
from tests.kit.hunt.base import job
from tests.kit.hunt.lies import nodes_below
from tests.kit.hunt.traces import Case, mutated, sums_mod_p
from tests.kit.support import without
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import ComputeLog, Count, Param, claim, require
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import MalformedProgram, VerificationError
from zkcompliance.schemas import compute
from zkcompliance.stark.air.program import Op
from zkcompliance.stark.field.babybear import P
from zkcompliance.verify import verifier
from zkcompliance.verify.verifier import verify_bundle

DEVICES, LIMIT = 123_456, 40_000
DIGIT = DEVICES % 2**16  # DIGIT·LIMIT is above p, and 303 534 079 mod p


@claim("wrapping")
def wrapping(compute: ComputeLog, limit: Param[Count]) -> None:
    """4.9·10^9 is said to be at most 4·10^9."""
    require("product", compute.devices.or_else(0).sum() * limit <= 4 * 10**9)


def test_a_bit_of_a_public_factor_that_is_not_0_or_1() -> None:
    """limit = 40000·2^0: the digit's sum, selected 40000 times, is short of p."""
    compiled = compile_claim(wrapping)
    tables = {"compute": [padded(encode_rows(compute, [job(devices=DEVICES)]))]}
    publics = wrapping.publics({"limit": LIMIT})
    assert interpret(wrapping, tables, publics).failing == ("product",)
    assert P < DIGIT * LIMIT < P + 2**30
    wrapped = (DIGIT * LIMIT - P) + (DEVICES >> 16) * LIMIT * 2**16
    assert wrapped <= 4 * 10**9 < DEVICES * LIMIT

    table = compiled.program.tables[0]
    bits = [c for c in table.constraints if c.name.startswith("mul: bits: 0 or 1")]
    places = [next((a, b) for op, a, b in nodes_below(table.nodes, c.node) if op == Op.PUBLIC) for c in bits]
    told = [LIMIT, *([0] * (len(bits) - 1))]
    lies = {(-1, 32 * a + b): lambda _, v=v: np.array([v]) for (a, b), v in zip(places, told, strict=True)}

    names = [unknown.name for unknown in compiled.program.unknowns]
    values = {i: 0 for i, name in enumerate(names) if name.startswith("mul: so far")}
    values[max(values)] = wrapped
    values[names.index("product: slack")] = 4 * 10**9 - wrapped
    lies |= {(-2, i): lambda _, v=v: np.array([v], object) for i, v in values.items()}

    weaker = replace(compiled, program=mutated(compiled.program, ("constraint", 0, bits[0].name)))
    assert Case(compiled, tables, publics).trial(lies).failures()
    with sums_mod_p():
        false = proved_by_anyone(weaker, tables, publics, lies)
        with without(verifier, "check_multiplicities"):
            verify_bundle(false, program_digests=[weaker.program.digest])
        bundle = proved_by_anyone(compiled, tables, publics, lies)
    with pytest.raises(MalformedProgram, match="its selector may be other than 0 and 1"):
        verify_bundle(false, program_digests=[weaker.program.digest])
    with pytest.raises(VerificationError):
        verify_bundle(bundle, program_digests=[compiled.program.digest])
