"""How many entries a vector has, in kernels and in what is laid out for them."""

from zkcompliance.stark.field.jit import cpu_has

LANES = 16 if cpu_has("avx512f") else 8
LOG_LANES = LANES.bit_length() - 1
