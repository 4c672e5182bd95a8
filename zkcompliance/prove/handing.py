"""Handing a log over, and taking over what was: another party proves over rows that it did not seal.

What is handed over is checked by whoever gets it, as a verifier would: the key that signed, every entry, every row
against its commitment, the share of the budget, and the lineage of a later generation.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError, SignatureRejected
from zkcompliance.log import bringing, files, handing, received
from zkcompliance.log.fsck import Finding, fsck
from zkcompliance.log.handing import HandedOver
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer_lock import lock_of
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.own_lineage import lineage_findings
from zkcompliance.prove.rolled_logs import stands_of


@dataclass(frozen=True)
class Taken:
    """A copy that was checked. new: segments that were not checked before; brought: those from earlier copies."""

    log: SealedLog
    new: int
    brought: int


def hand_over(path: str | Path, to: str | Path, part: str, *, progress: Progress = silent) -> HandedOver:
    """`log.handing.hand_over`; of a roll-up, only where its file shows for which log it stands, as far as it goes."""
    stands_of([SealedLog.open(path)])
    return handing.hand_over(path, to, part, progress=progress)


def receive(
    path: str | Path, key: VerifierKey, earlier: Sequence[str | Path] = (), *, progress: Progress = silent
) -> Taken:
    """Check the copy at `path` that was handed over, and take it: from then on it can be proved over.

    key: of whoever seals the log. earlier: copies that were handed over before, whose segments this one lacks: they are
    brought here with what is left of their shares, and are not proved over there any more. Killed, the same call goes
    on. LogError where it is no such copy, or a segment is in none of these; SignatureRejected where another key signed
    it; LogCorrupt where a file, a row, a ledger or the lineage is not what was handed over.
    """
    layout = Layout(Path(path))
    settings = Settings.load(layout)
    if not received.is_received(layout):
        raise LogError(
            f"{layout.root} is no copy that was handed over", help=command("zkcompliance", "fsck", layout.root)
        )
    if settings.key != key:
        raise SignatureRejected(
            f"{layout.root} is signed by {settings.key.text}, and not by the key that is given, {key.text}"
        )
    lock = lock_of(layout)
    try:
        with files.reporting(layout.root):
            log = SealedLog.open(layout.root)
            brought = bringing.bring(log, [Path(each) for each in earlier])
            before = received.checked(log)
            _check(log, before, progress)
            received.accept(log)
    finally:
        os.close(lock)
    return Taken(log, len(log.segments) - before, brought)


def _check(log: SealedLog, before: int, progress: Progress) -> None:
    """LogCorrupt, naming the first thing that is not as it was handed over. before: segments that were checked."""
    findings = [*fsck(log.path, deep=True, first=before, progress=progress).findings]
    findings += lineage_findings(log.path, progress)
    faults = [finding for finding in findings if finding.fault]
    if faults:
        raise LogCorrupt(_said(faults), help=faults[0].remedy or "ask who handed it over for the folder as it was made")


def _said(faults: Sequence[Finding]) -> str:
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"this is not what was handed over: {faults[0].where}: {faults[0].what}{more}"
