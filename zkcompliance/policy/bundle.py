"""The policy bundle: several proof files in one (docs/spec/policy.md). Decoding is canonical.

    "zkcd" ‖ u16(1) ‖ u16 count (1 … 64) ‖ count × (u32 length ‖ bundle bytes)
    ‖ u8 lineages ‖ lineages × (u32 length ‖ lineage bytes)

The bundles stand in ascending order of their statements' contexts, no two equal: so nothing is in it twice, and there
is one way to write what it holds. Lineages stand in ascending order of the names of their logs, at most one of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from zkcompliance import limits
from zkcompliance.errors import MalformedBundle
from zkcompliance.lineage.stream import lineage_name
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.codec import Reader, at_most, u16
from zkcompliance.verify.statement import Statement, decode_statement

MAGIC = b"zkcd"
_HEAD = MAGIC + u16(1)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One proof file of a policy bundle, and its statement, decoded and not verified."""

    data: bytes
    statement: Statement


def decode_policy_bundle(data: bytes) -> tuple[Enclosed, ...]:
    """MalformedBundle or LimitExceeded by the frame; besides, what `decode_bundle` and `decode_statement` raise."""
    parts, _ = _frame(data)
    enclosed = tuple(_enclosed(part) for part in parts)
    contexts = [each.statement.context for each in enclosed]
    if any(later <= earlier for earlier, later in pairwise(contexts)):
        raise MalformedBundle("the proofs of a policy bundle are not in ascending order of their contexts")
    return enclosed


def decode_lineages(data: bytes) -> dict[str, bytes]:
    """The lineages of a policy bundle, by the names of their logs. Also MalformedLineage, by how one begins."""
    _, parts = _frame(data)
    names = [lineage_name(part) for part in parts]
    if any(later.encode() <= earlier.encode() for earlier, later in pairwise(names)):
        raise MalformedBundle("the lineages of a policy bundle are not in ascending order of their logs' names")
    return dict(zip(names, parts, strict=True))


def _frame(data: bytes) -> tuple[list[bytes], list[bytes]]:
    """The bundles and the lineages, undecoded."""
    at_most(len(data), limits.MAX_POLICY_BUNDLE_BYTES, "policy bundle")
    reader = Reader(data, MalformedBundle)
    reader.expect(_HEAD, "a policy bundle")
    count = at_most(reader.u16(), limits.MAX_POLICY_PROOFS, "proofs of a policy bundle")
    if count == 0:
        raise reader.fail("a policy bundle without proofs")
    parts = [reader.take(at_most(reader.u32(), limits.MAX_BUNDLE_BYTES, "bundle")) for _ in range(count)]
    lineages = [reader.take(reader.u32()) for _ in range(at_most(reader.u8(), limits.MAX_POLICY_LOGS, "lineages"))]
    reader.finish()
    return parts, lineages


def _enclosed(part: bytes) -> Enclosed:
    return Enclosed(part, decode_statement(decode_bundle(part).statement_bytes))
