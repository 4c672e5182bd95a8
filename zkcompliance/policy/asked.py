"""All that a policy asks: what it writes, and what its logs' `rows` and `sources` imply."""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.policy.model import Bound, LogRule, Policy, Requirement

FLOOR = "floor: "  # and the log's name; no written requirement's name holds a colon


def asked(policy: Policy) -> tuple[Requirement, ...]:
    """The written requirements in order, then one for each log with `rows` or `sources`, named `floor: LOG`."""
    return *policy.requirements, *(_floor(rule) for rule in policy.logs.values() if rule.rows or rule.sources)


def _floor(rule: LogRule) -> Requirement:
    claim = catalogue.load(f"log-floor-{rule.schema}")
    sources = sum(1 << schemas.SOURCES.index(source) for source in rule.sources or schemas.SOURCES)
    rows = f"has at least {rule.rows:,} row{'' if rule.rows == 1 else 's'}" if rule.rows else ""
    taken = f"has no row whose source is not {' or '.join(rule.sources)}" if rule.sources else ""
    return Requirement(
        name=f"{FLOOR}{rule.name}",
        says=f"The log {rule.name} {' and '.join(filter(None, (rows, taken)))}.",
        claim=claim.id,
        version=claim.version,
        program=claim.program_digest,
        logs={"log": rule.name},
        params={"rows": Bound(low=rule.rows, high=rule.rows), "sources": Bound(low=sources, high=sources)},
        reveals={},
    )
