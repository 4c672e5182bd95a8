"""Saying in time that a log will soon have more segments than one proof covers: 60, or fewer for some claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.edge.shown import command
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.log.store import SealedLog
from zkcompliance.prove import fits
from zkcompliance.stark.profiles import by_name

SAFE_SEGMENTS, SAFE_ROWS_LOG2 = 15, 17  # of so few and such small segments every claim of the catalogue has room


def remark(log: SealedLog) -> str | None:
    """What to say after a seal: which claims about logs of this schema have three quarters of what one proof covers.

    None where there is time. Only sizes are looked at, and what is said is of private tables as small as can be: a
    claim's own rows can make the limit lower, and `check` says so.
    """
    count = len(log.segments)
    largest = max((segment.entry.k for segment in log.segments), default=0)
    if count < 3 or (count <= SAFE_SEGMENTS and largest <= SAFE_ROWS_LOG2):
        return None
    near = nearly(log, count, largest)
    if not near:
        return None
    limits = ", ".join(f"{most} for {name}" for name, most in sorted(near.items(), key=lambda each: each[1]))
    return (
        f"{log.path} has {count} segments, and one proof covers at most {limits} (of up to 2^{largest} rows each): "
        "put them together before that with\n  "
        + command("zkcompliance", "compact", log.path, "--to", "NEW", "--key", "KEY", "-o", "lineage.zkl")
    )


def nearly(log: SealedLog, count: int, k: int) -> dict[str, int]:
    """claim → the most segments of 2^k rows in one proof, of those that have `count` of them for three quarters of it.

    Every claim of the catalogue about one log of this schema counts; `any claim` stands for the 60 of all.
    """
    profile = by_name(log.profile)
    ahead = min(MAX_SEGMENTS, count + count // 3)
    most = {"any claim": MAX_SEGMENTS} if count * 4 > MAX_SEGMENTS * 3 else {}
    for claim in about(log):
        (slot,) = claim.slots
        fault = fits.fault_of(fits.imagined(claim.program, {slot: (k,) * ahead}, profile))
        if fault is not None:
            most[claim.id] = fits.most_segments(claim.program, slot, k, profile)
    return most


def about(log: SealedLog) -> list[Claim]:
    """The claims of the catalogue whose only log has this log's schema."""
    claims = [catalogue.load(name) for name in catalogue.names()]
    return [claim for claim in claims if [schema.digest for schema in claim.slots.values()] == [log.schema.digest]]


def covered(claim: Claim, logs: Mapping[str, Sequence[SealedLog]]) -> dict[str, tuple[int, int]]:
    """slot → (the most segments in one proof, log2 of the rows of the largest that there is): by sizes alone."""
    most = {}
    for slot, several in logs.items():
        k = max(segment.entry.k for log in several for segment in log.segments)
        most[slot] = fits.most_segments(claim.program, slot, k, by_name(several[0].profile)), k
    return most
