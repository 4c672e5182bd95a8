"""Random claims again, of other habits than `test_claim_language`'s: joins in joins, groups by what is computed, single
lookups beside rows that must match, padding between rows; and lies about those that do not hold.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.kit.anything_asked import anything_asked
from tests.kit.compiled_trial import padded, trial
from tests.kit.exact_rows import encode_rows
from tests.kit.random_claims import TINY, TOPS, Kind, TinyLog, readable
from zkcompliance.card import places
from zkcompliance.claim.compile import CannotCompile, Compiled, compile_claim, private, singles
from zkcompliance.claim.compile.run import Rows
from zkcompliance.claim.language import (
    Count,
    Expr,
    Grouped,
    Id,
    Param,
    SetOf,
    Table,
    claim,
    larger,
    lookup,
    names,
    param,
    require,
    reveal,
    same_rows,
    select,
    smaller,
    within,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import ClaimDefinitionError

STILL_REFUSED = ("could wrap", "whose order leaves ties", "at most 255 each", "a table of ", "carry")
Tables = dict[str, list[np.ndarray]]
Case = tuple[ClaimDefinition, Tables, dict[str, int]]


def on(rows: Table, value: Expr) -> Expr:
    """The value as one of these rows."""
    return Expr(value.node, rows.rows)


class Maker:
    """Draws expressions of the language; `asked` are memberships to be required beside."""

    def __init__(self, chance: random.Random, logs: tuple[TinyLog, TinyLog], params: dict[str, Any]) -> None:
        self.chance, self.logs, self.p = chance, logs, params
        self.asked: list[Callable[[], Expr]] = []

    def any(self, *makers: Callable[[], Any]) -> Any:
        return self.chance.choice(makers)()

    def log(self) -> TinyLog:
        return self.chance.choice(self.logs)

    def some(self, t: TinyLog, depth: int) -> TinyLog:
        """A selection, or a selection of it."""
        if depth < 0 or self.chance.random() < 0.4:
            return t
        found = t.where(self.truth(t, depth - 1))
        return found.where(self.truth(t, depth - 2)) if self.chance.random() < 0.4 else found

    def single(self, depth: int) -> Expr:
        """A number."""
        if depth <= 0:
            return self.any(lambda: self.p["limit"], lambda: self.log().count(), lambda: self.log().n.max(empty=3))

        def a() -> Expr:
            return self.single(depth - 1)

        t = self.log()
        rows = self.some(t, depth - 1)
        groups, of = self.groups(depth)
        return self.any(
            lambda: a() + a(),
            lambda: a() - a(),
            lambda: a() * self.single(0),
            lambda: a() // self.chance.choice([2, 65536, 10**20]),
            lambda: a() % self.chance.choice([2, 10, 65537]),
            lambda: abs(a() - a()),
            lambda: larger(smaller(a(), a()), self.p["limit"]),
            lambda: select(self.whole(depth - 1), a(), a()),
            lambda: on(rows, self.number(t, depth - 1)).sum(),
            lambda: on(rows, self.number(t, depth - 1)).min(empty=self.p["limit"]),
            lambda: lookup(self.p["one"], t.key, t.n, default=7),
            lambda: lookup(self.p["one"], t.group_by(t.key).key(0), t.group_by(t.key).size(), default=3),
            lambda: groups.where(self.of_groups(groups, of, depth - 1)).count(),
            lambda: self.in_group(groups, of, depth - 1).max(empty=4),
        )

    def groups(self, depth: int) -> tuple[Grouped, TinyLog]:
        t = self.log()
        r = self.some(t, depth - 1)
        return r.group_by(*self.chance.choice([[r.key], [r.kind, r.flag], [r.n % 3], [r.n - 2]])), t

    def in_group(self, groups: Grouped, t: TinyLog, depth: int) -> Expr:
        among = Table(groups._groups.rows)

        def value() -> Expr:
            return on(among, self.number(t, depth - 1))

        return self.any(
            groups.size,
            lambda: groups.sum(value()),
            lambda: groups.max(value()) - groups.min(on(among, t.n)),
            lambda: groups.size(on(among, self.truth(t, depth - 1))),
            lambda: groups.size() * groups.size() - groups.sum(value()),
        )

    def of_groups(self, groups: Grouped, t: TinyLog, depth: int) -> Expr:
        """A condition on each group."""
        among = Table(groups._groups.rows)
        keys = [groups.key(i) for i in range(len(groups._groups.keys))]

        def value() -> Expr:
            return self.in_group(groups, t, depth)

        return self.any(
            lambda: value() <= value(),
            lambda: value() == self.single(0),
            lambda: groups.mean(on(among, self.number(t, depth - 1))) <= self.p["limit"],
            lambda: groups.share_of(on(among, self.truth(t, depth - 1))) >= "50%",
            lambda: value().is_in(self.p["listed"]),
            lambda: within(value(), self.log().n),
            lambda: on(groups.order_by(groups.size(), *keys), value()).previous(default=2) <= value(),
        )

    def number(self, t: TinyLog, depth: int) -> Expr:
        """A number on each row."""
        if depth <= 0:
            return self.any(lambda: t.n, lambda: t.n - 2, t.flag.as_count)

        def a() -> Expr:
            return self.number(t, depth - 1)

        return self.any(
            lambda: a() + a(),
            lambda: a() - a(),
            lambda: a() * a(),
            lambda: a() // self.chance.choice([3, 65536, 1 << 70]),
            lambda: a() % self.chance.choice([2, 65536]),
            lambda: abs(a() - a()),
            lambda: select(self.truth(t, depth - 1), a(), a()),
            lambda: Expr((a() + self.single(0)).node, t.rows),
            lambda: t.kind.pick({"a": a(), "b": a()}, otherwise=5),
            lambda: self.beside(t, a(), depth),
            lambda: self.looked_up(t, depth),
            lambda: self.looked_up(t, depth),
        )

    def looked_up(self, t: TinyLog, depth: int) -> Expr:
        source = self.log()
        target, rows = self.some(source, depth - 2), self.some(t, depth - 1)
        keys, columns = self.chance.choice(
            [((on(rows, t.key),), (target.key,)), ((on(rows, t.n), on(rows, t.kind)), (target.n, target.kind))]
        )
        if self.chance.random() < 0.4:
            self.asked.append(lambda: rows.every(within(keys, columns)))
        value = on(target, self.number(source, depth - 2))
        return on(t, lookup(keys, columns, value, default=self.chance.choice([0, 6, None, 70_000])))

    def beside(self, t: TinyLog, value: Expr, depth: int) -> Expr:
        r = self.some(t, depth - 1)
        if self.chance.random() < 0.4:
            r = r.order_by(*self.chance.sample([on(r, t.n), on(r, t.key), on(r, t.begin)], 2))
        x = on(r, value)
        per: Any = self.chance.choice([(), on(r, t.key), on(r, self.number(t, 0))])
        neighbour = self.chance.choice([x.previous, x.next])
        return on(t, neighbour(default=self.chance.choice([0, -3, self.p["limit"]]), per=per))

    def truth(self, t: TinyLog, depth: int) -> Expr:
        """A condition on each row."""
        if depth <= 0:
            return self.any(lambda: t.flag, lambda: t.kind.is_in(self.p["kinds"]), lambda: t.key == self.p["one"])

        def a() -> Expr:
            return self.truth(t, depth - 1)

        other = self.log()
        r = self.some(other, depth - 2)
        return self.any(
            lambda: a() & a(),
            lambda: a() | a(),
            lambda: ~a(),
            lambda: within((t.key, t.kind), (r.key, r.kind)),
            lambda: ~within(self.number(t, depth - 1), on(r, other.n + 1)),
            lambda: Expr(within(self.p["one"], r.key).node, t.rows),
            lambda: self.number(t, depth - 1) <= self.number(t, depth - 1),
            lambda: self.number(t, depth - 1) != self.number(t, 0),
            lambda: self.number(t, depth - 1).is_in(self.p["listed"]),
            lambda: t.flop * t.n - t.flop // 2**64 <= t.flop,
        )

    def whole(self, depth: int) -> Expr:
        """A condition on the logs."""
        t = self.log()
        r = self.some(t, depth - 1)
        groups, of = self.groups(depth)
        words = self.chance.choice([(r.every, groups.any), (r.any, groups.every), (r.none, groups.none)])
        return self.any(
            lambda: words[0](self.truth(t, depth - 1)),
            lambda: words[1](self.of_groups(groups, of, depth - 1)),
            lambda: self.single(depth - 1) <= self.single(depth - 1),
            lambda: self.single(depth) == self.single(0),
            lambda: ~within(self.p["one"], t.key),
            lambda: lookup(self.p["one"], r.key, on(r, t.n), default=9) <= self.single(0),
        )

    def required(self, depth: int) -> Expr:
        t = self.log()
        r = self.some(t, depth - 1)
        if self.chance.random() < 0.7:
            return self.whole(depth)
        return self.any(
            lambda: r.unique(on(r, t.key), on(r, self.number(t, 1))),
            lambda: r.no_overlap(on(r, self.number(t, 1)), on(r, self.number(t, 1)), per=on(r, t.key)),
            lambda: on(r, t.n).is_serial(first=self.p["limit"]),
            lambda: same_rows(on(r, self.number(t, depth - 1)), self.log().n),
        )


def drawn(chance: random.Random, make: Callable[[], Expr]) -> Expr:
    """One that the language takes."""
    while True:
        try:
            return make()
        except ClaimDefinitionError:
            continue


def case_of(seed: int) -> Case:
    chance = random.Random(seed)

    def body(
        t: TinyLog,
        others: TinyLog,
        limit: Param[Count],
        one: Param[Id],
        listed: Param[SetOf[Count]] = param(places=3),
        kinds: Param[SetOf[Kind]] = names("a", "c"),  # noqa: B008
    ) -> None:
        """Random."""
        given = {"limit": limit, "one": one, "listed": listed, "kinds": kinds}
        maker = Maker(chance, (t, others), given)
        used = t.where(t.kind.is_in(kinds) & t.n.is_in(listed) & (t.key == one))
        require("used", (used.count() + others.count() + limit) != 98_765_432)
        for number in range(chance.randint(1, 2)):
            require(f"r{number}", drawn(chance, lambda: maker.required(chance.randint(1, 3))))
        for number, asked in enumerate(maker.asked[:2]):
            require(f"asked {number}", asked())
        shown = drawn(chance, lambda: maker.single(1))
        if shown.node.range[0] >= 0:
            reveal("shown", shown, figures=chance.choice([None, 1, 3]))

    def cell(top: int) -> int:
        rare = chance.choice([top, top - 1, 65_535, 65_536, chance.randint(0, top)])
        return min(top, rare if chance.random() < 0.1 else chance.randint(0, 3))

    rows = {
        name: [{column: cell(top) for column, top in TOPS.items()} for _ in range(chance.choice([0, 1, 3, 4, 8, 9]))]
        for name in ("t", "others")
    }
    tables: Tables = {}
    for name, part in rows.items():
        cut = chance.randint(0, len(part))
        tables[name] = [
            scattered(chance, each) for each in ([part[:cut], part[cut:]] if chance.random() < 0.5 else [part])
        ]
    members = [cell(2**32 - 1) for _ in range(chance.randint(0, 3))]
    publics = {
        "limit": cell(2**32 - 1), "one": chance.randint(0, 3), "listed": places.encode(members, 32, 3),
        "kinds": chance.randint(0, 7),
    }  # fmt: skip
    with anything_asked():
        return claim("deep-claim")(body), tables, publics


def scattered(chance: random.Random, rows: list[dict[str, int]]) -> np.ndarray:
    """A segment, its padding anywhere between the rows."""
    table = padded(encode_rows(TINY, [readable(row) for row in rows]))
    found = np.zeros_like(table)
    found[:, sorted(chance.sample(range(table.shape[1]), len(rows)))] = table[:, : len(rows)]
    return found


def told(compiled: Compiled, chance: random.Random) -> dict[tuple[int, int], Callable[[np.ndarray], np.ndarray]]:
    """A lie about some columns, or about all that are for the same things."""
    columns = [(table.number, c, what) for table in compiled.board.tables for c, what in enumerate(table.columns)]
    chosen = chance.sample(columns, min(len(columns), chance.choice([1, 2, 3])))
    if chance.random() < 0.5:
        about = {what for _, _, what in chosen}
        chosen = [each for each in columns if each[2] in about]
    to, row, by = chance.choice([0, 1, None]), chance.random(), chance.choice([-1, 1])

    def lie(values: np.ndarray) -> np.ndarray:
        made = values.copy() if to is None else np.full_like(values, to)
        made[int(row * len(made))] += by if to is None else 0
        return made

    return {(table, c): lie for table, c, _ in chosen}


def agrees(seed: int, lies: int) -> bool | None:
    """Whether the claim holds; None where it is refused, for a reason that is known."""
    definition, tables, publics = case_of(seed)
    try:
        compiled = compile_claim(definition)
    except CannotCompile as error:
        assert any(reason in error.message for reason in STILL_REFUSED), (seed, error.message)
        return None
    given = definition.publics(publics)
    finding = interpret(definition, tables, publics)
    honest = trial(compiled, tables, given)
    assert finding.holds == (not honest.failures()), (seed, finding.failing, [str(each) for each in honest.failures()])
    if finding.holds:
        shown = dict(zip((p.name for p in compiled.program.publics), honest.publics, strict=True))
        assert all(shown[name] == value for name, value in finding.reveals.items()), seed
        return True
    chance = random.Random(seed)
    for _ in range(lies):
        lie = told(compiled, chance)
        try:
            made = trial(compiled, tables, given, lies=lie)
        except (ArithmeticError, ValueError, IndexError):
            continue
        assert made.failures(), (seed, list(lie))
    return False


def test_what_compiles_agrees_and_no_lie_helps() -> None:
    seen = [agrees(seed, 2) for seed in range(25)]
    assert seen.count(True) >= 5
    assert seen.count(False) >= 5


def test_private_tables_may_have_any_height(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prover states it: four times the rows that are needed change nothing."""
    monkeypatch.setattr(private, "Rows", lambda log, lengths: Rows(log, [4 * rows for rows in lengths]))
    monkeypatch.setattr(singles, "ASIDE_ROWS", 4 * singles.ASIDE_ROWS)
    seen = [agrees(seed, 2) for seed in range(100, 108)]
    assert {True, False} <= set(seen)


@pytest.mark.long
def test_what_compiles_agrees_and_no_lie_helps_long() -> None:
    start = random.SystemRandom().getrandbits(40)
    for seed in range(start, start + 1500):
        agrees(seed, 10)
