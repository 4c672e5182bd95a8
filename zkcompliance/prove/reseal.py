"""A new log with the rows of an old one, and the proof that they are the same: `refresh` and `compact`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zkcompliance.claim import catalogue
from zkcompliance.log.note import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.api import prove_claim


def reseal(
    old: SealedLog, folder: Path, key: SignerKey, *, merge: bool, context: bytes = b"", progress: Progress = silent
) -> bytes:
    """Seal the rows of `old` again, under fresh seeds, into a new log at `folder`; the proof file of rows-unchanged.

    merge: all segments become one (as many as 2^21 rows ask for); otherwise segment by segment. The claim's slots are
    `old` and `new`. Where anything fails, BudgetSpent included, no new log is left. Raises LogError where something is
    at `folder` already.
    """
    create_log(folder, old.schema, key, old.profile)
    try:
        with Writer(folder, key) as writer:
            if merge:
                writer.seal_columns(_real_rows(old), progress=progress)
            else:
                for part in _real_rows(old):
                    writer.seal_columns([part], progress=progress)
        new = SealedLog.open(folder)
        claim = catalogue.unchanged(old.schema)
        sizes = {"old_segments": len(old.segments), "new_segments": len(new.segments)}
        return prove_claim(claim, {"old": old, "new": new}, sizes, context=context, progress=progress)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _real_rows(log: SealedLog) -> Iterator[np.ndarray]:
    """(width, rows) of each segment, padding left out."""
    for segment in log.segments:
        columns = segment.load_columns()
        yield np.ascontiguousarray(columns[:, columns[0] == 1])
