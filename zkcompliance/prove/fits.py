"""What one proof may have: the limits of docs/spec that bind before 60 segments do, found out from shapes alone.

A claim with sums needs cells for every segment; a wide schema, columns; a long program, steps of the verifier. Each is
held against the verifier's own reckoning, before anything is proved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from zkcompliance.errors import LimitExceeded, ParametersRejected, ProofRefused, VerificationError
from zkcompliance.limits import MAX_SEGMENTS, MIN_LOG_ROWS_LOG2
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.prove.shapes import verifier_shape
from zkcompliance.quantities import number_of
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.profiles import Profile
from zkcompliance.stark.soundness import shapes_of, soundness
from zkcompliance.stark.statement import Statement, StatementClaim, StatementLog

_COMPACT = "zkcompliance compact LOG --to NEW --key KEY -o lineage.zkl  # fewer segments"


def require(statement: Statement) -> None:
    """ProofRefused, with the limit and what to do, where more is asked than one proof may have.

    Of one claim it says how many segments of such sizes one proof can have.
    """
    fault = fault_of(statement)
    if fault is None:
        return
    segments = sum(len(log.entries) for log in statement.logs)
    if len(statement.claims) > 1:
        raise ProofRefused(
            f"{len(statement.claims)} claims over {number_of(segments, 'segment')} of "
            f"{number_of(len(statement.logs), 'log')} are more than one proof may have ({fault}): prove "
            "fewer requirements in one proof, or over fewer segments",
            help=_COMPACT,
        )
    (claim,) = statement.claims
    said, counts = [], []
    for slot, logs in zip(claim.program.logs, claim.slots, strict=True):
        entries = [entry for log in logs for entry in statement.logs[log].entries]
        counts.append(f"{len(entries)} of {slot.name}")
        k = max(entry.k for entry in entries)
        most = most_segments(claim.program, slot.name, k, statement.profile)
        said.append(f"{most} of {slot.name} with up to 2^{k} rows each")
    raise ProofRefused(
        f"{claim.program.claim} over {' and '.join(counts)} segments is more than one proof may have ({fault}); "
        f"it can be made over at most {' or '.join(said)}",
        help=_COMPACT,
    )


def fault_of(statement: Statement) -> str | None:
    """Which limit the statement's shapes exceed, in words; None for none. Its entries' roots do not matter."""
    try:
        soundness(shapes_of(lay_out(statement))).require()
        verifier_shape(statement)
    except (LimitExceeded, ParametersRejected) as error:
        return error.message
    except VerificationError as error:
        return error.message
    return None


def imagined(program: Program, sizes: Mapping[str, Sequence[int]], profile: Profile) -> Statement:
    """A statement of these shapes over nothing. sizes: by slot, k of each segment; private tables are the smallest."""
    logs = []
    for number, slot in enumerate(program.logs):
        entries = tuple(
            Entry(profile.id, slot.schema_digest, slot.width, k, profile.capacity(k), _root(number, at), (0,) * 6)
            for at, k in enumerate(sizes[slot.name])
        )
        body = Checkpoint(f"shapes-{number:03}", len(entries), bytes(32)).body.encode()
        logs.append(StatementLog(body, entries))
    private = (MIN_LOG_ROWS_LOG2,) * len(program.private_tables)
    slots = tuple((number,) for number in range(len(logs)))
    claim = StatementClaim(program.claim, program, (0,) * len(program.publics), slots, private)
    return Statement(profile, b"", tuple(logs), (claim,))


def _root(log: int, segment: int) -> bytes:
    """Of no tree; no entry stands twice in a statement."""
    return bytes([log, segment]) + bytes(30)


@cache
def most_segments(program: Program, slot: str, k: int, profile: Profile) -> int:
    """The largest number of segments of 2^k rows of one slot in one proof, 0 … 60, any other slot having one of as
    many rows and private tables being small: no proof has more.
    """
    low, high = 0, MAX_SEGMENTS - (len(program.logs) - 1)
    while low < high:
        middle = (low + high + 1) // 2
        sizes = {each.name: (k,) * (middle if each.name == slot else 1) for each in program.logs}
        low, high = (middle, high) if fault_of(imagined(program, sizes, profile)) is None else (low, middle - 1)
    return low
