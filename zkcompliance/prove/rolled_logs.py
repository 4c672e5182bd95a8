"""Roll-ups among the logs that are proved over: for which log each stands, by the file in its own folder.

The lab made these proofs itself, each verified when it was made; whoever judges reads the file and verifies them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogError
from zkcompliance.lineage.rollup import Stands, read_head
from zkcompliance.log import files
from zkcompliance.log.layout import Layout
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.schemas import rolled_from

_MAX_KEY_BYTES = 4096


def stands_of(logs: Iterable[SealedLog]) -> dict[bytes, Stands]:
    """What the roll-ups among these logs stand for, by the bodies of their checkpoints.

    LogError where a roll-up has no roll-up file, or one of another checkpoint; MalformedRollUp, RollUpRejected.
    """
    found = {}
    for log in logs:
        if rolled_from(log.schema) is None:
            continue
        path = Layout(log.path).rollup
        with files.reporting(path), regular.open_given(path) as file:
            stands = read_head(file)
        if stands.rolled.checkpoint.body != log.checkpoint_body.encode():
            raise LogError(
                f"{path} is of another checkpoint than that of {log.path}",
                help=command("zkcompliance", "roll-up", "LOG", "--to", log.path, "--key", "KEY"),
            )
        found[stands.rolled.checkpoint.body] = stands
    return found


def files_of(logs: Iterable[SealedLog]) -> list[Path]:
    """The roll-up files of the roll-ups among these logs."""
    return [Layout(log.path).rollup for log in logs if rolled_from(log.schema) is not None]


def key_of(log: SealedLog) -> VerifierKey:
    """The key that whoever judges has to trust: of a roll-up, that of the log that it stands for."""
    if rolled_from(log.schema) is None:
        return VerifierKey.parse(log.vkey)
    path = Layout(log.path).rolled_key
    with files.reporting(path):
        return VerifierKey.parse(files.read(path, _MAX_KEY_BYTES, folders=1, private=False).decode().strip())
