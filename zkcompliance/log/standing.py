"""Where the checkpoints of a verified proof stand: no older and no other history than was seen before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from zkcompliance.log import seen
from zkcompliance.log.note import VerifierKey


class ProvedEntry(Protocol):
    """A segment of the statement."""

    def encode(self) -> bytes:
        """Its 99 bytes."""
        ...


class ProvedLog(Protocol):
    """A log of the statement: its slot, and the entries that it names, which may be some of the checkpoint's only."""

    @property
    def slot(self) -> str: ...

    @property
    def entries(self) -> Sequence[ProvedEntry]: ...

    @property
    def whole(self) -> bool: ...


def hold(
    logs: Iterable[ProvedLog],
    notes: Iterable[bytes],
    keys: Mapping[str, VerifierKey],
    *,
    state: str | Path,
    trusted: Mapping[str, Sequence[VerifierKey]],
) -> None:
    """Hold each log's signed note against the newest checkpoint of it that `state` remembers, and remember it.

    `keys`: slot → the key that signed; `trusted`: slot → all keys of that log. LogEvidence, with the evidence beside
    the file, where they disagree; CheckpointMismatch where what two keys signed does.
    """
    for log, note in zip(logs, notes, strict=True):
        entries = [entry.encode() for entry in log.entries] if log.whole else None
        seen.hold_against(state, keys[log.slot], note.decode(), entries, trusted[log.slot])
