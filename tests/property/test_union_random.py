"""Random policies: what the interpreter says of each requirement, a proof of it alone and one of all of them agree."""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.kit import unions
from tests.kit.agreeing import table
from tests.kit.compiled_trial import padded
from tests.kit.part import one_in
from tests.kit.random_claims import TINY, TinyLog, cases
from tests.kit.unions import Wanted
from zkcompliance.claim.compile import CannotCompile, compile_claim
from zkcompliance.claim.compile.compiler import Compiled
from zkcompliance.claim.language import Count, Flop, Param, claim, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import MalformedProgram, VerificationError
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.program import decode_program

POLICIES, MORE = 12, 60
Kind = tuple[ClaimDefinition, Compiled, Mapping[str, int]]


@claim("below")
def below(t: TinyLog, most: Param[Flop]) -> None:
    """The sum of a column is below a limit."""
    require("below", t.flop.sum() < most)


@claim("at-least")
def at_least(t: TinyLog, rows: Param[Count]) -> None:
    """There are so many rows."""
    require("enough", t.count() >= rows)


@claim("serial")
def serial(t: TinyLog) -> None:
    """A number is never less than in the row before, through all segments of all logs."""
    require("sorted", t.begin.is_sorted())


@claim("each-key-once")
def each_key_once(t: TinyLog) -> None:
    """No two rows have the same key and number."""
    require("once", t.unique(t.key, t.n))


OF_ONE_LOG: list[tuple[ClaimDefinition, dict[str, int]]] = [
    (below, {"most": 2**80}), (below, {"most": 3}), (at_least, {"rows": 2}), (at_least, {"rows": 30}), (serial, {}),
    (each_key_once, {}),
]  # fmt: skip


@functools.cache
def pool() -> list[Kind]:
    """Random claims of two logs that compile and whose programs a verifier takes."""
    found: list[Kind] = []

    @settings(max_examples=60, derandomize=True, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases())
    def look(case: Any) -> None:
        definition, _, publics = case
        try:
            compiled = compile_claim(definition)
            check_multiplicities(decode_program(compiled.program.encoded))
        except (CannotCompile, MalformedProgram):
            return
        found.append((definition, compiled, definition.publics(publics)))

    look()
    return found


def small_log(chance: random.Random) -> list[np.ndarray]:
    """One to five segments of no to nine rows."""
    wild = chance.random() < 0.3
    return [padded(table(TINY, chance.choice((0, 1, 2, 3, 8, 9)), chance, wild)) for _ in range(chance.randint(1, 5))]


def random_policy(seed: int) -> tuple[dict[str, list[np.ndarray]], list[tuple[ClaimDefinition, Wanted]]]:
    """One to four logs, and one to six requirements of them; a claim is there several times at times."""
    chance = random.Random(seed)
    logs = {f"log-{number}": small_log(chance) for number in range(chance.randint(1, 4))}
    asked: list[tuple[ClaimDefinition, Wanted]] = []
    for number in range(chance.randint(1, 6)):
        if len(logs) > 1 and chance.random() < 0.6:
            definition, compiled, publics = chance.choice(pool())
            order = chance.sample(sorted(logs), len(logs))
            at, end = chance.randint(1, len(logs) - 1), chance.randint(2, len(logs))
            slots: dict[str, Sequence[str]] = {"t": order[:at], "others": order[at : max(at + 1, end)]}
        else:
            definition, given = chance.choice(OF_ONE_LOG)
            compiled, publics = compile_claim(definition), definition.publics(given)
            slots = {"t": chance.sample(sorted(logs), chance.randint(1, len(logs)))}
        asked.append((definition, Wanted(f"r{number}", compiled.program, compiled.witness, slots, publics)))
    return logs, asked


def proved(logs: Mapping[str, list[np.ndarray]], wanted: Sequence[Wanted]) -> bool:
    """Whether a proof of these requirements together is accepted; the trace is true exactly then."""
    used = {name for want in wanted for names in want.slots.values() for name in names}
    case = unions.union({name: logs[name] for name in used}, dict.fromkeys(used, TINY.digest), wanted)
    failures = case.failures()
    try:
        case.verify()
    except VerificationError:
        assert failures
        return False
    assert not failures, [str(failure) for failure in failures[:5]]
    return True


def interpreted(logs: Mapping[str, list[np.ndarray]], definition: ClaimDefinition, want: Wanted) -> bool:
    tables = {slot: [part for name in sorted(names) for part in logs[name]] for slot, names in want.slots.items()}
    return interpret(definition, tables, dict(want.publics)).holds


def agrees(seed: int) -> Counter[bool]:
    """How many requirements hold, and how many do not."""
    logs, asked = random_policy(seed)
    holds = [interpreted(logs, definition, want) for definition, want in asked]
    wanted = [want for _, want in asked]
    for hold, want in zip(holds, wanted, strict=True):
        assert proved(logs, [want]) == hold, (seed, want.requirement)
    true = [want for hold, want in zip(holds, wanted, strict=True) if hold]
    if true:
        assert proved(logs, true), seed
    if len(true) < len(wanted):
        assert not proved(logs, wanted), seed
    return Counter(holds)


@pytest.mark.parametrize("seed", one_in(2, range(POLICIES)))
def test_a_random_policy(seed: int) -> None:
    agrees(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(POLICIES, POLICIES + MORE))
def test_more_random_policies(seed: int) -> None:
    agrees(seed)


def test_they_are_of_every_size() -> None:
    """Of the twelve, and that some requirements hold and some do not."""
    made = [random_policy(seed) for seed in range(POLICIES)]
    assert {len(logs) for logs, _ in made} == {1, 2, 3, 4}
    assert {len(asked) for _, asked in made} >= {1, 2, 5, 6}
    assert {len(segments) for logs, _ in made for segments in logs.values()} == {1, 2, 3, 4, 5}
    holds = Counter(interpreted(logs, *each) for logs, asked in made for each in asked)
    assert min(holds[True], holds[False]) >= 8, holds
