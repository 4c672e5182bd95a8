"""Roll-up files that are given to whoever judges: each shows for which log a roll-up stands; and what takes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from zkcompliance.card import catalogue
from zkcompliance.edge import regular
from zkcompliance.errors import UsageError
from zkcompliance.lineage.rollup import Stands, read_rollup
from zkcompliance.log import memory
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.log.memory import Known, Rolled
from zkcompliance.policy.proofs import Claimed
from zkcompliance.progress import Progress

StandsFor = Mapping[bytes, Stands]
"""The bodies of checkpoints of roll-ups → for which log each stands."""
NOTHING_SHOWN: StandsFor = MappingProxyType({})


def read_roll_ups(paths: Sequence[Path], state: Path | None, progress: Progress) -> dict[bytes, Stands]:
    """What these files show, by the bodies of the roll-ups' checkpoints: every proof verified now, or before by what
    the state remembers.

    UsageError for one that cannot be read; else what `read_rollup` and `memory.load` raise.
    """
    if not paths:
        return {}
    before = {} if state is None else memory.load(state)

    def known_of(origin: str) -> list[Rolled]:
        known = before.get(generation_of(origin)[0], Known())
        if state is not None and known.rolled:
            memory.check_signatures(state, known)
        return known.rolled

    found = {}
    for path in paths:
        try:
            with regular.open_given(path) as file:
                stands = read_rollup(file, lambda done: progress("roll-up", done, 0), known_of)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", help="--roll-up takes a roll-up file") from error
        found[stands.rolled.checkpoint.body] = stands
    return found


def schema_of(claimed: Claimed, slot: str) -> str | None:
    """The schema of a slot that takes a roll-up, as name@version, by the program's bytes alone; None of any other."""
    (digest,) = (each.schema_digest for each in claimed.program.logs if each.name == slot)
    return catalogue.label(digest) if digest in catalogue.roll_ups() else None
