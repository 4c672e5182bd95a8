"""A prover who says of rows that they found nothing: random claims of lookups, each row's match denied at will.

Where a match is required the join is the cheap one, which proves nothing of a row that says so; everything after it is
computed anew from what the row says it found. What is required may be required of selections that depend on lookups.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.kit.compiled_trial import padded, trial
from tests.kit.exact_rows import encode_rows
from zkcompliance.claim.compile import CannotCompile, compile_claim, joins
from zkcompliance.claim.language import Count, Expr, LogTable, Param, claim, lookup, require, within
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import ClaimDefinitionError
from zkcompliance.schemas import Column, Schema

PAIR = Schema(
    "pair",
    (Column("n", "count"), Column("m", "count"), Column("key", "id"), Column("other", "id"), Column("flag", "bool")),
)  # fmt: skip


class PairLog(LogTable, schema=PAIR):
    pass


def on(rows: Any, value: Expr) -> Expr:
    """The value as one of these rows."""
    return Expr(value.node, rows.rows)


def claim_of(chance: random.Random) -> ClaimDefinition:
    """Memberships required of selections, and lookups that these selections and the other requirements are made of."""

    def body(a: PairLog, b: PairLog, most: Param[Count]) -> None:
        """Random."""
        require("of both", a.count() + b.count() + most != 98_765_432)
        asking = chance.choice([a, a, a.where(a.flag)])
        asked = b if chance.random() < 0.8 else a
        target = chance.choice([asked, asked, asked.where(asked.flag)])
        keys = [
            (chance.choice([asking.key, asking.other]), chance.choice([target.key, target.other]))
            for _ in range(chance.choice([1, 1, 2]))
        ]
        found = [
            lookup(*pair, chance.choice([target.n, target.m]), default=chance.choice([0, 0, 1, 5]))
            for pair in keys
            for _ in range(chance.choice([1, 2]))
        ]
        if chance.random() < 0.3:  # a lookup whose key was looked up
            deep = (on(asking, lookup(*chance.choice(keys), target.other, default="x1")), target.key)
            keys.append(deep)
            found.append(lookup(*deep, target.n, default=0))

        def truth(rows: Any, depth: int = 1) -> Expr:
            simple: list[Callable[[], Expr]] = [
                lambda: on(rows, a.n) <= most,
                lambda: on(rows, chance.choice(found)) >= 1,
                lambda: on(rows, chance.choice(found)) <= most,
            ]
            both: list[Callable[[], Expr]] = [
                lambda: truth(rows, 0) & truth(rows, 0),
                lambda: truth(rows, 0) | truth(rows, 0),
            ]
            return chance.choice(simple + both * depth)()

        def selected() -> Any:
            rows: Any = asking
            for _ in range(chance.randrange(3)):
                rows = rows.where(truth(rows))
            return rows

        selections = [asking, selected(), selected()]
        for number, rows in enumerate(selections[1:]):
            member = on(rows, within(*chance.choice(keys)))
            certain = chance.random() < 0.9
            require(f"member {number}", rows.every(member if certain else member | truth(rows)))
        for number in range(chance.choice([1, 1, 2])):
            rows = chance.choice(selections)
            value = on(rows, chance.choice(found))
            uses: list[Callable[[], Expr]] = [
                lambda rows=rows, value=value: rows.every(value <= most),
                lambda rows=rows, value=value: rows.where(value >= 1).count() <= most,
                lambda rows=rows, value=value: rows.where(value >= 1).count() >= 1,
                lambda rows=rows, value=value: value.sum() <= most,
                lambda rows=rows, value=value: value.max(empty=0) <= most,
                lambda rows=rows, value=value: rows.every(value.previous(default=0) <= most),
            ]
            require(f"use {number}", chance.choice(uses)())

    return claim("random-lookups")(body)


def rows_of(chance: random.Random) -> list[dict[str, object]]:
    made = []
    for key in chance.sample(["x0", "x1", "x2", "x3"], chance.randrange(5)):
        other = key if chance.random() < 0.7 else f"x{chance.randrange(4)}"
        flag = chance.random() < 0.5
        made.append({"n": chance.randrange(3), "m": chance.randrange(3), "key": key, "other": other, "flag": flag})
    return made


def denied(seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """(claims that hold, lies told about those that do not) of one random claim; none of the lies passes."""
    chance = random.Random(seed)
    try:
        definition = claim_of(chance)
        compiled = compile_claim(definition)
    except (ClaimDefinitionError, CannotCompile):
        return 0, 0
    true, lies, honest = 0, 0, joins._match
    for _ in range(6):
        tables = {name: [padded(encode_rows(PAIR, rows_of(chance)))] for name in "ab"}
        publics = definition.publics({"most": chance.randrange(3)})
        if interpret(definition, tables, publics).holds:
            assert not trial(compiled, tables, publics).failures(), seed
            true += 1
            continue
        assert trial(compiled, tables, publics).failures(), seed
        for share in (1.0, 0.5, 0.5):

            def denying(*arguments: Any, share: float = share) -> np.ndarray:
                found = honest(*arguments).copy()
                found[[chance.random() < share for _ in found]] = -1
                return found

            with monkeypatch.context() as patched:
                patched.setattr(joins, "_match", denying)
                assert trial(compiled, tables, publics).failures(), seed
            lies += 1
    return true, lies


def test_no_denied_match_makes_a_false_claim_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed 133 is one that finds a match taken for required though the lookup itself decides who asks."""
    told = [denied(seed, monkeypatch) for seed in range(120, 140)]
    assert sum(true for true, _ in told) >= 20
    assert sum(lies for _, lies in told) >= 100


@pytest.mark.long
def test_no_denied_match_makes_any_false_claim_true(monkeypatch: pytest.MonkeyPatch) -> None:
    start = random.SystemRandom().getrandbits(40)
    assert sum(denied(seed, monkeypatch)[1] for seed in range(start, start + 2000)) >= 5000
