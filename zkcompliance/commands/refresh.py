"""`zkcompliance refresh OLD --to NEW --key K -o FILE`."""

from __future__ import annotations

from zkcompliance.commands.resealing import resealing

command = resealing(
    "refresh",
    "Go on with the rows of log OLD under fresh secrets, segment by segment, so that more proofs can be made.",
    merge=False,
)
