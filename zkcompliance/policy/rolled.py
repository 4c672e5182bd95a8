"""Roll-up files that are given to whoever judges: each shows for which log a roll-up stands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.errors import UsageError
from zkcompliance.lineage.rollup import Stands, read_rollup
from zkcompliance.progress import Progress


def read_roll_ups(paths: Iterable[Path], progress: Progress) -> dict[bytes, Stands]:
    """What these files show, every proof verified, by the bodies of the roll-ups' checkpoints.

    UsageError for one that cannot be read; else what `read_rollup` raises.
    """
    found = {}
    for path in paths:
        try:
            with regular.open_given(path) as file:
                stands = read_rollup(file, lambda done: progress("roll-up", done, 0))
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", help="--roll-up takes a roll-up file") from error
        found[stands.rolled.checkpoint.body] = stands
    return found
