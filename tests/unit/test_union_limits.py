"""Every claim of the catalogue over 60 segments of 2^21 rows is within every limit that a verifier has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zkcompliance import limits
from zkcompliance.claim import catalogue
from zkcompliance.verify import soundness
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.field import ZERO
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.shape import shape_of
from zkcompliance.verify.statement import PROFILES, ClaimStatement, Entry, LogStatement, Profile, Statement

ROWS_LOG2 = limits.MAX_LOG_ROWS_LOG2


def largest(program: Program, profile: Profile) -> Statement:
    """As many segments as there may be, of as many rows, split evenly over the slots; private tables as large."""

    def logs() -> Iterator[LogStatement]:
        capacity = profile.capacity(ROWS_LOG2)
        assert capacity is not None
        slots, number = len(program.logs), 0
        for s, slot in enumerate(program.logs):
            count = limits.MAX_SEGMENTS * (s + 1) // slots - number
            roots = [(number + i).to_bytes(32, "big") for i in range(count)]
            of = (profile.id, slot.schema_digest, slot.width, ROWS_LOG2, capacity)
            yield LogStatement(Checkpoint(f"{s:03}", count, b"", b""), tuple(Entry(*of, root, ZERO) for root in roots))
            number += count

    publics, slots = (0,) * len(program.publics), tuple((s,) for s in range(len(program.logs)))
    private = (ROWS_LOG2,) * program.private_tables
    claim = ClaimStatement("r", program.claim, program.version, program.digest, publics, slots, private)
    return Statement(profile, b"", tuple(logs()), (claim,))


# Claims that ask so much of each row that they cover fewer (docs/logs.md): a claim → segments that fit
FEWER = {"audits-current": 45, "circuit-breaker": 54, "compute-in-window": 25, "no-dark-compute": 20}


@pytest.mark.parametrize("name", catalogue.names())
def test_sixty_segments_of_the_most_rows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SEGMENTS", FEWER.get(name, limits.MAX_SEGMENTS))
    program = decode_program(catalogue.load(name).program_bytes)
    for profile in PROFILES.values():
        statement = largest(program, profile)
        assert sum(len(log.entries) for log in statement.logs) == limits.MAX_SEGMENTS
        assert soundness.judge(shape_of(statement, [program])).bits >= 128
