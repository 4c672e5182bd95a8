"""Where the checkpoints of a verified proof stand: enough cosigners, and no older or other history than seen before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from zkcompliance.log import seen
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.trust import Trusted, TrustPolicy, load_trust


class ProvedEntry(Protocol):
    """A segment of the statement."""

    def encode(self) -> bytes:
        """Its 99 bytes."""
        ...


class ProvedLog(Protocol):
    """A log of the statement: its slot, and all entries of its checkpoint."""

    @property
    def slot(self) -> str: ...

    @property
    def entries(self) -> Sequence[ProvedEntry]: ...


def hold(
    logs: Iterable[ProvedLog],
    notes: Iterable[bytes],
    keys: Mapping[str, VerifierKey],
    *,
    trust: TrustPolicy | str | Path | None = None,
    state: str | Path | None = None,
) -> dict[str, Trusted]:
    """Hold each log's signed note against a trust policy and a state file, where given; slot → what the policy found.

    `keys`: slot → the key that signed. QuorumUnmet, SignatureRejected or MalformedTrust by the policy; LogEvidence,
    with the evidence beside the file, by the state. Nothing is remembered unless every log satisfies the policy.
    """
    pairs = list(zip(logs, notes, strict=True))
    found: dict[str, Trusted] = {}
    if trust is not None:
        policy = trust if isinstance(trust, TrustPolicy) else load_trust(Path(trust))
        found = {log.slot: policy.check(note) for log, note in pairs}
    if state is not None:
        for log, note in pairs:
            seen.hold_against(state, keys[log.slot], note.decode(), [entry.encode() for entry in log.entries])
    return found
