"""Opening the logs that a claim or policies ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zkcompliance.claim.model import Claim
from zkcompliance.commands import console
from zkcompliance.edge.pairs import by_name
from zkcompliance.edge.shown import command
from zkcompliance.errors import UsageError
from zkcompliance.log import moving
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.model import Policy


def open_newest(path: str) -> SealedLog:
    """The log at `path`, or the generation in which it goes on, with a note that says so."""
    return SealedLog.open(moving.newest(path, console.note))


def open_for(claim: Claim, paths: Mapping[str, str]) -> dict[str, SealedLog]:
    """Slot → log, each of the slot's schema and with at least one segment; UsageError otherwise."""
    opened = {}
    for slot, path in paths.items():
        log = open_newest(path)
        if log.schema.digest != claim.slots[slot].digest:
            raise UsageError(
                f"{path} has schema {log.schema.label}; {claim.id} wants {claim.slots[slot].label} for {slot}"
            )
        if not log.segments:
            raise UsageError(
                f"{path} has no sealed segment yet",
                help=command("zkcompliance", "seal", "INPUT", "--log", Path(path), "--key", "KEY"),
            )
        opened[slot] = log
    return opened


def open_of(policies: Sequence[Policy], given: Sequence[str]) -> dict[str, SealedLog]:
    """The policies' name of a log → log; given: `--log` as it was written. UsageError for other names."""
    names = sorted({name for policy in policies for name in policy.logs})
    return {name: open_newest(path) for name, path in by_name(names, given, "--log").items()}
