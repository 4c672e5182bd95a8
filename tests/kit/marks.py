"""The hunt for a wrong mark of a slot: logs over which rows that are added, or another order, change what they may not.

Rows are drawn from the claim's examples and at random; a slot's are cut into logs of one segment or two.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import numpy as np

from tests.kit.agreeing import parameters, table
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.example import Example
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.interpret import Finding, interpret

Tables = dict[str, list[np.ndarray]]  # of each slot, the segments of its logs, one log after the other
MOST_ROWS = 6


def logs_and_parameters(
    claim: ClaimDefinition, examples: Sequence[Example], chance: random.Random
) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Rows of each slot, in columns, and parameters: of one example, or of rows and values that are drawn."""
    publics: dict[str, object] = {**parameters(claim, chance, chance.random() < 0.5)}
    pools = {log.name: [table(log.schema, MOST_ROWS, chance, chance.random() < 0.5)] for log in claim.logs}
    if examples:
        shown, given = chance.choice(examples).inputs(claim)
        pools = {name: [*shown[name], *pools[name][chance.randrange(2) :]] for name in pools}
        publics = {**publics, **given} if chance.random() < 0.8 else publics
    if len({log.schema for log in claim.logs}) < len(claim.logs) and chance.random() < 0.5:
        first = {log.schema: pools[log.name] for log in reversed(claim.logs)}
        pools = {log.name: first[log.schema] for log in claim.logs}  # logs of one schema are about the same rows
    rows = {}
    for name, parts in pools.items():
        every = np.concatenate(parts, axis=1)
        size = chance.randrange(MOST_ROWS + 1) if every.shape[1] else 0
        chosen = [chance.randrange(every.shape[1]) for _ in range(size)]
        whole = examples and chance.random() < 0.6  # an example as it is, which is nearer to what holds
        rows[name] = parts[0] if whole else every[:, sorted(chosen)]
    return rows, publics


def made_true(claim: ClaimDefinition, slot: str, examples: Sequence[Example], seeds: range) -> int | None:
    """The first seed with logs over which the claim is false, and true when rows are added to the slot."""
    for seed in seeds:
        chance = random.Random(f"more {claim.id} {slot} {seed}")
        rows, publics = logs_and_parameters(claim, examples, chance)
        more = rows[slot]
        kept = sorted(chance.sample(range(more.shape[1]), chance.randrange(more.shape[1] + 1)))
        added = [i for i in range(more.shape[1]) if i not in kept]
        before: Tables = {name: [part] for name, part in rows.items()} | {slot: [more[:, kept]]}
        ways = [[more], [more[:, kept], more[:, added]], [more[:, added], more[:, kept]]]
        after: Tables = {**before, slot: chance.choice(ways)}
        if interpret(claim, after, publics).holds and not interpret(claim, before, publics).holds:
            return seed
    return None


def changed_by_order(claim: ClaimDefinition, slot: str, examples: Sequence[Example], seeds: range) -> int | None:
    """The first seed with logs in the slot of which another order, or of whose rows, changes what is found of it."""
    for seed in seeds:
        chance = random.Random(f"order {claim.id} {slot} {seed}")
        rows, publics = logs_and_parameters(claim, examples, chance)
        every = rows[slot]
        cuts = sorted(chance.randrange(every.shape[1] + 1) for _ in range(3))
        segments = [every[:, a:b] for a, b in itertools.pairwise([0, *cuts, every.shape[1]])]
        logs = [segments[:1], segments[1:3], segments[3:]]  # the second has two segments
        tables: Tables = {name: [part] for name, part in rows.items()}
        mixed = chance.sample(range(every.shape[1]), every.shape[1])
        orders = [[part for log in order for part in log] for order in itertools.permutations(logs)]
        found = {_found(interpret(claim, {**tables, slot: parts}, publics)) for parts in [*orders, [every[:, mixed]]]}
        if len(found) > 1:
            return seed
    return None


def _found(finding: Finding) -> tuple[bool, tuple[tuple[str, int], ...]]:
    """Whether it holds, and what is revealed then."""
    return finding.holds, tuple(finding.reveals.items()) if finding.holds else ()


def log_of(claim: ClaimDefinition, slot: str) -> core.Log:
    (log,) = (log for log in claim.logs if log.name == slot)
    return log
