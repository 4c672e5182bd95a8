"""What comes of judging several labs' proofs under one cap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zkcompliance.errors import ZkComplianceError
from zkcompliance.joint.file import Joint, NoteLog
from zkcompliance.policy.verdict import Verdict


@dataclass(frozen=True)
class LabShown:
    """A lab of the joint file. verdict: on its own proof, None where none is there; error: why it is refused."""

    name: str
    verdict: Verdict | None
    error: ZkComplianceError | None


@dataclass(frozen=True)
class NotesShown:
    """A note log. size, root: of the checkpoint that both its labs' proofs are over, None where they are over none;
    rows_log2: of each segment, at most 2^k rows; error: why it is refused."""

    log: NoteLog
    size: int | None
    root: bytes
    rows_log2: tuple[int, ...]
    error: ZkComplianceError | None


@dataclass(frozen=True)
class JointVerdict:
    """judged_at: UTC seconds. others: what is wrong with files, or with the joint file, and is of no lab by itself.

    total: FLOP that count and all labs together spent, under a masked total where every lab is shown; None otherwise.
    """

    joint: Joint
    judged_at: int
    labs: tuple[LabShown, ...]
    notes: tuple[NotesShown, ...]
    others: tuple[ZkComplianceError, ...]
    total: int | None

    @property
    def errors(self) -> Iterator[ZkComplianceError]:
        """Everything that is wrong, in the order in which it is told."""
        yield from self.others
        yield from (each.error for each in self.labs if each.error is not None)
        yield from (each.error for each in self.notes if each.error is not None)

    @property
    def accepted(self) -> bool:
        """Whether nothing is wrong, and every lab is there."""
        return (
            not any(True for _ in self.errors)
            and {each.name for each in self.labs} == set(self.joint.labs)
            and all(each.verdict is not None and each.verdict.accepted for each in self.labs)
        )

    def require(self) -> None:
        """Raise the first error."""
        for error in self.errors:
            raise error
