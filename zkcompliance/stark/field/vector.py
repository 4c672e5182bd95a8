"""Vectors of F and E in numpy: all the operations, under one name.

F vectors are canonical uint32 arrays (n,) or (w, n); E vectors are (6, n), row i holding the coefficients of u^i.
"""

from zkcompliance.stark.field.elements import (
    accumulate,
    add,
    add_constant,
    batch_inverse,
    coset_points,
    ext_batch_inverse,
    ext_cumsum,
    ext_from_base,
    ext_mul,
    ext_powers,
    ext_scale,
    mul,
    mul_rows,
    powers,
    scale,
    sub,
)
from zkcompliance.stark.field.polynomial import (
    combine,
    combine_into,
    deal,
    divide_linear,
    dot,
    evaluate_ext,
    ext_combine_into,
    fold,
)

__all__ = [
    "accumulate",
    "add",
    "add_constant",
    "batch_inverse",
    "combine",
    "combine_into",
    "coset_points",
    "deal",
    "divide_linear",
    "dot",
    "evaluate_ext",
    "ext_batch_inverse",
    "ext_combine_into",
    "ext_cumsum",
    "ext_from_base",
    "ext_mul",
    "ext_powers",
    "ext_scale",
    "fold",
    "mul",
    "mul_rows",
    "powers",
    "scale",
    "sub",
]
