"""The out-of-domain check: every constraint, combined with powers of α, against the quotient (docs/spec/air.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkcompliance.errors import QuotientMismatch
from zkcompliance.verify.cells import buckets
from zkcompliance.verify.constraints import Opened, instance_constraints, public_columns
from zkcompliance.verify.domain import lagrange_sum
from zkcompliance.verify.field import ONE, ZERO, Ext, add, mul, power
from zkcompliance.verify.openings import CHUNK, EXTENSION, SEGMENT, WITNESS, Opening
from zkcompliance.verify.profile import degree_bound
from zkcompliance.verify.shape import Shape
from zkcompliance.verify.weights import LookupChallenges


def check_quotients(
    shape: Shape,
    values: Mapping[Opening, Ext],
    challenges: LookupChallenges,
    terminals: Sequence[Ext],
    weights: Sequence[Ext],
    alpha: Ext,
    z: Ext,
) -> None:
    """For each height: Σ α^e·selector·C/Z_H at z = Σ_i z^(t·i)·Q'_i(z)."""
    cells_column = lagrange_sum(weights, shape.instances[-1].k, z)
    sizes = {instance.k for instance in shape.instances}
    public = {k: public_columns(k, buckets(k), z, challenges.delta) for k in sizes}
    for number, (height, chunks) in enumerate(zip(shape.heights, shape.chunks, strict=True)):
        composition, weight = ZERO, ONE
        for i in shape.at_height(height):
            instance = shape.instances[i]
            opened = Opened(
                {column: values[Opening(SEGMENT, i, column)] for column in instance.log_columns},
                [values[Opening(WITNESS, i, column)] for column in range(instance.witness_columns)],
                {column: values[Opening(WITNESS, i, column, True)] for column in instance.next_columns},
                [values[Opening(EXTENSION, i, column)] for column in range(instance.extension_columns)],
                values[Opening(EXTENSION, i, instance.extension_columns - 1, True)],
            )
            columns = public[instance.k]
            combined = ZERO
            for value in instance_constraints(shape, instance, opened, columns, challenges, terminals[i], cells_column):
                combined = add(combined, mul(weight, value))
                weight = mul(weight, alpha)
            composition = add(composition, mul(combined, columns.selectors.inverse_vanishing))
        quotient, step = ZERO, power(z, degree_bound(height) - shape.profile.chunk_blind)
        for chunk in reversed(range(chunks)):
            quotient = add(mul(quotient, step), values[Opening(CHUNK, number, chunk)])
        if composition != quotient:
            raise QuotientMismatch(f"the constraints at capacity 2^{height} do not hold at the out-of-domain point")
