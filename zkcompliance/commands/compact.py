"""`zkcompliance compact OLD --to NEW --key K -o FILE`."""

from __future__ import annotations

from zkcompliance.commands.resealing import resealing

command = resealing(
    "compact",
    "Go on with the rows of log OLD in fewer segments: neighbours are sealed again as one, others carried over.",
    merge=True,
)
