"""Opening the logs that a claim or policies ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance import schemas
from zkcompliance.commands import console
from zkcompliance.edge.pairs import by_names
from zkcompliance.edge.shown import command
from zkcompliance.errors import UsageError
from zkcompliance.log import moving, received
from zkcompliance.log.store import SealedLog

if TYPE_CHECKING:
    from zkcompliance.claim.model import Claim
    from zkcompliance.policy.model import Policy


def open_newest(path: str) -> SealedLog:
    """The log at `path`, or the generation in which it goes on, with a note that says so.

    LogError for a copy that was handed over and is not checked.
    """
    log = SealedLog.open(moving.newest(path, console.note))
    received.require_checked(log)
    return log


def open_for(claim: Claim, paths: Mapping[str, Sequence[str]]) -> dict[str, tuple[SealedLog, ...]]:
    """Slot → its logs, each of the slot's schema and with at least one segment; UsageError otherwise."""
    return {slot: tuple(_open_for(claim, slot, path) for path in several) for slot, several in paths.items()}


def _open_for(claim: Claim, slot: str, path: str) -> SealedLog:
    log = open_newest(path)
    if log.schema.digest != claim.slots[slot].digest:
        raise UsageError(
            f"{path} has schema {log.schema.label}; {claim.id} wants {claim.slots[slot].label} for {slot}",
            help=schemas.other_version(log.schema, claim.slots[slot]),
        )
    if not log.segments:
        raise UsageError(
            f"{path} has no sealed segment yet",
            help=command("zkcompliance", "seal", "INPUT", "--log", Path(path), "--key", "KEY"),
        )
    return log


def open_of(policies: Sequence[Policy], given: Sequence[str]) -> dict[str, tuple[SealedLog, ...]]:
    """The policies' name of a log → the logs that stand for it; given: `--log` as it was written.

    UsageError for other names.
    """
    names = sorted({name for policy in policies for name in policy.logs})
    return {name: tuple(map(open_newest, paths)) for name, paths in by_names(names, given, "--log").items()}


def by_label(opened: Mapping[str, Sequence[SealedLog]]) -> dict[str, SealedLog]:
    """Every log by its name, or by `NAME:ORIGIN` where several have that name: what is said of it goes by this."""
    return {
        f"{name}:{log.origin}" if len(several) > 1 else name: log for name, several in opened.items() for log in several
    }
