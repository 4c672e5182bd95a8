"""Logs that stand for others, or go to others: roll-ups and copies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zkcompliance.client.given import Cluster, seconds_now
from zkcompliance.client.logs import Log, sealed
from zkcompliance.log import files, keys
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.progress import Progress, silent


def roll_up(
    log: Log | SealedLog | str | Path,
    to: str | Path,
    *,
    key: str | Path,
    progress: Progress = silent,
    cluster: Cluster | None = None,
) -> Path:
    """Roll up what is new of a log in the folder `to`, which is made when it is new; the roll-up file in it.

    `key`: the private key's file, of the roll-up alone. `cluster`: whose workers group, commit and prove, each piece by
    itself (docs/cluster.md). Killed, the next call goes on where it was. UsageError, LogError, BudgetSpent.
    """
    from zkcompliance.outputs import places
    from zkcompliance.prove import rollup
    from zkcompliance.prove.cluster import executor_of

    path = sealed(log).path
    with files.reporting(Path(to)):
        there = Path(to).exists()
    if not there:
        places.outside_logs(Path(to))
    bound = Binding(None, None, seconds_now(), b"").encode()
    executor = None if cluster is None else executor_of(cluster)
    return rollup.roll_up(path, to, keys.load_private(key), context=bound, progress=progress, executor=executor).file


def hand_over(log: Log | SealedLog | str | Path, to: str | Path, *, share: str, progress: Progress = silent) -> Path:
    """Hand a log over to another party, who proves over it and seals nothing: the copy's folder.

    `to`: a new folder, or the copy that was handed over before, which gets what was sealed since. `share`: which part
    of the proofs that are left goes along, such as `"1/2"`; it is spent here for good before anything is copied. A
    segment is handed over once. Killed, the same call goes on where it was. UsageError, LogError, BudgetSpent.
    """
    from zkcompliance.outputs import places
    from zkcompliance.prove.handing import hand_over

    with files.reporting(Path(to)):
        there = Path(to).exists()
    if not there:
        places.outside_logs(Path(to))
    return hand_over(sealed(log).path, to, share, progress=progress).place


def receive(
    folder: str | Path, *, key: str | Path, earlier: Sequence[str | Path] = (), progress: Progress = silent
) -> SealedLog:
    """Check a copy of a log that was handed over, and take it: the log, over which it can be proved from then on.

    `key`: the file of the public key of whoever seals the log. `earlier`: copies that were handed over before, whose
    segments this one lacks. SignatureRejected for another key, LogCorrupt where anything is not what was handed over.
    """
    from zkcompliance.log.public_keys import load_public
    from zkcompliance.prove.handing import receive

    return receive(folder, load_public(key), earlier, progress=progress).log
