"""Random claims over two logs of a small schema, with rows and parameters for them."""

from __future__ import annotations

import operator
from typing import Any

from hypothesis import strategies as st

from tests.kit.anything_asked import anything_asked
from zkcompliance.card import places
from zkcompliance.claim.language import (
    Count,
    EnumWord,
    Expr,
    LogTable,
    Param,
    SetOf,
    claim,
    day_of,
    days,
    descending,
    larger,
    latest,
    lookup,
    month_of,
    names,
    not_ahead,
    param,
    percent,
    require,
    same_rows,
    sealed_within,
    select,
    smaller,
    within,
    year_of,
)
from zkcompliance.schemas import Column, Schema

TINY = Schema(
    "tiny",
    (
        Column("begin", "time"), Column("end", "time"), Column("flop", "flop"), Column("n", "count"),
        Column("score", "ppm"), Column("key", "id"),
        Column("kind", "enum", ("a", "b", "c"), ranked=True), Column("flag", "bool"),
    ),
)  # fmt: skip


class TinyLog(LogTable, schema=TINY):
    pass


class Kind(EnumWord, schema=TINY, column="kind"):
    pass


DELAYS = (0, 1, 2, 1 << 16, (1 << 40) - 1)
MOMENTS = (0, 1, 2, 3, (1 << 16) - 1, 1 << 16, (1 << 16) + 2, 1 << 40, (1 << 48) - 2, (1 << 48) - 1)
BRACKET = st.lists(st.sampled_from(MOMENTS), min_size=2, max_size=2).map(lambda ends: (min(ends), max(ends)))
TOPS = {column.name: column.largest for column in TINY.columns}


def cell(top: int) -> st.SearchStrategy[int]:
    edges = sorted({0, 1, 2, top, top - 1, min(top, 1 << 62), min(top, (1 << 63) - 1), min(top, 1 << 64)})
    return st.one_of(st.integers(0, min(top, 3)), st.sampled_from([e for e in edges if 0 <= e <= top]))


ROW = st.fixed_dictionaries({name: cell(top) for name, top in TOPS.items()})


def apart(a: Expr, b: Expr) -> tuple[Expr, Expr]:
    """Two sides of a comparison that are not the same, which would be refused."""
    return a, b + 1 if a.node == b.node else b


class Maker:
    """Draws expressions of the language."""

    def __init__(self, draw: Any, others: TinyLog, limit: Expr, kinds: Expr, listed: Expr) -> None:
        self.draw, self.others, self.limit, self.kinds, self.listed = draw, others, limit, kinds, listed

    def pick(self, *options: Any) -> Any:
        return options[self.draw(st.integers(0, len(options) - 1))]()

    def table(self, table: TinyLog, depth: int) -> TinyLog:
        shape = self.draw(st.integers(0, 3))
        if shape == 1:
            return table.where(self.truth(table, depth - 1))
        if shape == 2:
            first = self.pick(lambda: table.begin, lambda: table.key, lambda: table.flop)
            return table.order_by(self.pick(lambda: first, lambda: descending(first)), table.n)
        return table

    def number(self, t: TinyLog, depth: int) -> Expr:
        """A number without a unit, on each row of t."""
        if depth <= 0:
            return self.pick(lambda: t.n, lambda: t.n - self.draw(st.integers(0, 5)), lambda: t.flag.as_count())
        a = self.number(t, depth - 1)
        return self.pick(
            lambda: a + self.number(t, depth - 1),
            lambda: a - self.number(t, depth - 1),
            lambda: a * self.number(t, 0),
            lambda: a // self.draw(st.sampled_from([1, 2, 3, 1 << 40])),
            lambda: a % self.draw(st.sampled_from([1, 2, 7])),
            lambda: abs(a - self.number(t, 0)),
            lambda: select(self.truth(t, depth - 1), a, self.limit),
            lambda: smaller(a, self.number(t, 0)),
            lambda: larger(a, self.limit),
            lambda: self.beside(t, a, depth, 7),
            lambda: lookup(t.key, self.groups(t).key(0), self.groups(t).size(), default=5),
            lambda: lookup(t.key, self.others.key, self.others.n, default=6),
            lambda: lookup(t.key, self.groups(t).key(0), self.groups(t).n_unique(t.kind), default=4),
            lambda: self.end(t, t.n - 3),
            lambda: (t.end - t.begin) // days(3),
            lambda: t.score.as_ppm() - t.score // percent(7),
            lambda: month_of(t.begin) - self.pick(lambda: month_of(t.end), lambda: "1970-02"),
            lambda: year_of(t.begin) - "1970",
            lambda: t.kind.pick({"a": t.n, "b": 3}, otherwise=self.limit),
            lambda: self.over_time(t, a, depth),
        )

    def over_time(self, t: TinyLog, value: Expr, depth: int) -> Expr:
        """A state at a time, a running sum or a sum in a window, over a selection of t, or a state of the other log."""
        among = self.table(t, depth - 1)
        taken = Expr(value.node, among.rows)
        rows = t.where(self.truth(t, 0)) if self.draw(st.booleans()) else t
        own = Expr(value.node, rows.rows)
        length = self.draw(st.sampled_from([1, 2, 3, 1 << 16, (1 << 48) - 1]))
        found = self.pick(
            lambda: taken.running(),
            lambda: taken.running(per=t.key),
            lambda: taken.running(per=(t.kind, t.flag)),
            lambda: own.sum_within(length, at=rows.end),
            lambda: own.sum_within(length, at=rows.begin, per=rows.key),
            lambda: own.sum_within(self.limit + 1, at=rows.n - 1, per=(rows.kind, rows.flag)),
            lambda: latest(own, at=t.end, order=rows.begin, default=7),
            lambda: latest(own, at=t.end - 1, order=rows.end, per=(t.key, rows.key), default=self.limit),
            lambda: latest(own, at=t.n, order=rows.n - 2, per=((t.kind, t.flag), (rows.kind, rows.flag)), default=7),
            lambda: latest(self.others.n, at=t.begin, order=self.others.end, per=(t.key, self.others.key), default=3),
        )
        return Expr(found.node, t.rows)

    def beside(self, t: TinyLog, value: Expr, depth: int, default: Any) -> Expr:
        among = self.table(t, depth - 1)
        taken = Expr(value.node, among.rows)
        found = self.pick(
            lambda: taken.previous(default=default),
            lambda: taken.next(default=default),
            lambda: taken.previous(default=default, per=t.key),
            lambda: taken.next(default=default, per=(t.kind, t.flag)),
            lambda: taken.previous(default=default).next(default=default, per=t.kind),
        )
        return Expr(found.node, t.rows)

    def end(self, t: TinyLog, value: Expr) -> Expr:
        """The value on the first or the last of the rows with the same key."""
        groups = self.groups(t)
        word = self.pick(lambda: groups.first, lambda: groups.last)
        order = self.pick(lambda: (), lambda: t.begin, lambda: (descending(t.kind), t.flop))
        return lookup(t.key, groups.key(0), word(value, order=order), default=2)

    def groups(self, t: TinyLog) -> Any:
        return t.group_by(t.key)

    def amount(self, t: TinyLog, depth: int) -> Expr:
        """A number of FLOP."""
        return self.pick(
            lambda: t.flop,
            lambda: t.flop * t.n,
            lambda: t.flop + 10**30,
            lambda: t.flop - self.beside(t, t.flop, depth, 0),
            lambda: select(self.truth(t, depth - 1), t.flop, 0),
        )

    def truth(self, t: TinyLog, depth: int) -> Expr:
        if depth <= 0:
            return self.pick(
                lambda: t.flag, lambda: t.kind == "a", lambda: t.score <= "50%", lambda: t.kind.is_in(self.kinds)
            )
        return self.pick(
            lambda: operator.le(*apart(self.number(t, depth - 1), self.number(t, depth - 1))),
            lambda: operator.lt(*apart(self.amount(t, depth), self.amount(t, depth))),
            lambda: t.begin + 5 == t.end,
            lambda: day_of(t.begin) < day_of(t.end),
            lambda: sealed_within(t.end, self.draw(st.sampled_from(DELAYS))),
            lambda: not_ahead(select(t.flag, t.begin, t.end + 3), self.draw(st.sampled_from(DELAYS))),
            lambda: self.truth(t, depth - 1) & self.truth(t, depth - 1),
            lambda: self.truth(t, depth - 1) | self.truth(t, depth - 1),
            lambda: ~self.truth(t, depth - 1),
            lambda: t.key.is_in((1, 2, "x")),
            lambda: t.n.is_in((0, 3)),
            lambda: self.number(t, depth - 1).is_in(self.listed),
            lambda: t.key.is_in(self.others.key),
            lambda: within((t.key, t.flop), (self.others.key, self.others.flop)),
            lambda: self.best(t) <= "30%",
            lambda: Expr(self.table(t, 0).is_first.node, t.rows) | t.flag,
            lambda: Expr(self.table(t, 0).is_last.node, t.rows) & ~t.flag,
            lambda: t.kind >= self.pick(lambda: "a", lambda: "b", lambda: "c"),
            lambda: t.kind < self.pick(lambda: Expr(t.kind.previous(default="b").node, t.rows), lambda: "c"),
        )  # fmt: skip

    def best(self, t: TinyLog) -> Expr:
        keys = self.others.group_by(self.others.key)
        return lookup(t.key, keys.key(0), keys.max(self.others.score), default=9)

    def single(self, t: TinyLog, depth: int) -> Expr:
        """A condition on the whole log."""
        among = self.table(t, depth)
        cond = self.truth(t, depth - 1)
        on = Expr(self.number(t, depth - 1).node, among.rows)
        groups = among.group_by(t.key, t.kind) if not among.rows.order else t.group_by(t.kind)
        total = groups.sum(Expr(on.node, t.rows))
        return self.pick(
            lambda: among.every(cond),
            lambda: among.any(cond),
            lambda: among.none(cond),
            lambda: on.sum() <= self.limit,
            lambda: (on.max(empty=0) < on.min(empty=self.limit)) | (among.count() == 0),
            lambda: on.mean() >= self.limit,
            lambda: on.mean() < apart(on, Expr(self.number(t, 0).node, among.rows))[1].mean(),
            lambda: among.share(cond) > "50%",
            lambda: on.mean() - t.n.mean() <= self.limit,
            lambda: abs(among.share(cond) - self.others.share(self.others.flag)) < "40%",
            lambda: on.n_unique() <= self.limit,
            lambda: among.kind.max(empty="b") > "a",
            lambda: groups.every(groups.n_unique(t.n) <= self.limit),
            lambda: among.score.quantile("90%") <= "20%",
            lambda: among.score.quantile("40%") > "20%",
            lambda: groups.any(groups.quantile(t.score, "50%") >= "1%"),
            lambda: among.every(on * 2 <= on.sum() + t.n.max(empty=0)),
            lambda: groups.every((total >= self.limit) | (groups.min(t.flop) < groups.max(t.flop))),
            lambda: groups.any((groups.mean(t.score) <= "10%") & (groups.size(t.flag) >= 2)),
            lambda: groups.where(groups.size() > 1).count() <= self.limit,
            lambda: total.max(empty=0) <= self.limit,
            lambda: among.unique(t.key) & among.n.is_sorted(),
            lambda: among.unique(t.flop, t.n, t.kind),
            lambda: among.no_overlap(t.begin, t.end, per=t.key),
            lambda: among.no_overlap(t.n - 5, t.n),
            lambda: among.no_overlap(t.begin, t.begin, per=t.key),
            lambda: among.n.is_serial(first=0),
            lambda: among.flop.is_sorted(strict=True),
            lambda: among.begin.is_sorted(per=t.key) | among.n.is_serial(per=(t.kind, t.key)),
            lambda: same_rows((among.key, among.n), (self.others.key, self.others.n)),
            lambda: same_rows(groups.kind if not among.rows.order else t.kind, self.others.kind),
        )


@st.composite
def cases(draw: Any) -> Any:
    """A claim, rows for its two logs, its parameters."""

    def body(
        t: TinyLog,
        others: TinyLog,
        limit: Param[Count],
        listed: Param[SetOf[Count]] = param(places=3),
        kinds: Param[SetOf[Kind]] = names("a", "c"),  # noqa: B008
    ) -> None:
        """Random."""
        maker = Maker(draw, others, limit, kinds, listed)
        both = t.kind.is_in(kinds) & t.n.is_in(listed)
        require("used", (t.where(both).count() + others.count() + limit) != 98_765_432)
        for number in range(draw(st.integers(1, 2))):
            require(f"r{number}", maker.single(t, draw(st.integers(0, 2))))

    rows = {name: draw(st.lists(ROW, max_size=7)) for name in ("t", "others")}
    if draw(st.booleans()):
        rows["others"] = draw(st.permutations(rows["t"]))
    members = draw(st.lists(cell(2**32 - 1), max_size=3))
    listed = places.encode(members, 32, 3)
    publics = {"limit": draw(cell(2**32 - 1)), "listed": listed, "kinds": draw(st.integers(0, 7))}
    with anything_asked():
        return claim("random-claim")(body), rows, publics


def readable(row: dict[str, int]) -> dict[str, Any]:
    kinds = TINY.column("kind").choices
    key = f"0x{row['key'].to_bytes(16, 'little').hex()}"
    return {**row, "key": key, "kind": kinds[row["kind"]], "flag": bool(row["flag"])}
