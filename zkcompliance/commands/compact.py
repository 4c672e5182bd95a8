"""`zkcompliance compact OLD --to NEW --key K -o FILE`."""

from __future__ import annotations

from zkcompliance.commands.resealing import resealing

command = resealing(
    "compact",
    "Seal the rows of log OLD again as one segment (as many as 2^21 rows need), so that proofs stay small.",
    merge=True,
)
