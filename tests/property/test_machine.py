"""The evaluator kernel and its register allocation against plain evaluation."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zkcompliance.stark.air.check import node_values
from zkcompliance.stark.air.machine import Code, Reg, Rows, execute
from zkcompliance.stark.air.program import Op, TableAir
from zkcompliance.stark.air.shape import Instance
from zkcompliance.stark.air.weights import NodeCode
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover.quotient import periodic_tables

DETERMINISTIC = settings(
    derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), database=None
)
WIDTH, WITNESS = 3, 2
EDGES = [0, 1, 2, 65535, 65536, P // 2, P - 2, P - 1]


@st.composite
def dags(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    made: list[tuple[int, int, int]] = []
    for _ in range(draw(st.integers(1, 30))):
        if not made or draw(st.integers(0, 2)) == 0:
            op = draw(st.sampled_from([Op.CONST, Op.LOG, Op.WIT, Op.NEXT, Op.FIRST, Op.LAST, Op.BUCKET]))
            a = {Op.CONST: st.sampled_from(EDGES), Op.LOG: st.integers(0, WIDTH - 1)}.get(
                op, st.integers(0, WITNESS - 1)
            )
            made.append((int(op), draw(a) if op in (Op.CONST, Op.LOG, Op.WIT, Op.NEXT) else 0, 0))
        else:
            op = draw(st.sampled_from([Op.ADD, Op.SUB, Op.MUL]))
            near = st.integers(max(0, len(made) - 5), len(made) - 1) | st.integers(0, len(made) - 1)
            made.append((int(op), draw(near), draw(near)))
    return made


def columns(rng: np.random.Generator, count: int, rows: int) -> np.ndarray:
    made = rng.integers(0, P, (count, rows))
    edges = rng.choice(np.array(EDGES), (count, rows))
    return np.where(rng.random((count, rows)) < 0.3, edges, made).astype(np.uint32)


@DETERMINISTIC
@given(dags(), st.sampled_from([3, 7, 8, 9, 11, 15]), st.integers(0, 2**32))
def test_expressions(nodes: list[tuple[int, int, int]], k: int, seed: int) -> None:
    """Every node of a random expression over every row, N from less than a tile to many."""
    rng = np.random.default_rng(seed)
    rows = 1 << k
    air = TableAir(0, WITNESS, tuple(nodes), (), (), (0,))
    instance = Instance(air, k, k, 192)
    log, witness = columns(rng, WIDTH, rows), columns(rng, WITNESS, rows)
    plain = node_values(instance, log, witness)
    code = Code()
    made = NodeCode(code, instance)
    for i in range(len(nodes)):
        code.store(i, made.reg(i))
    public = np.zeros((2, rows), np.uint32)
    public[0, 0] = public[1, -1] = 1
    tables = periodic_tables(SimpleNamespace(instances=[instance]), 0, (3, 1, 4, 1, 5, 9))  # type: ignore[arg-type]
    following = (np.arange(1, rows + 1) % rows).astype(np.int32)
    out = np.zeros((len(nodes), rows), np.uint32)
    sources = (log, witness, np.zeros((1, 1), np.uint32), public)
    execute(code.pack(), Rows(sources, following, tables, (0, 0, 0)), out)
    for i in range(len(nodes)):
        assert (plain(i) == out[i]).all(), nodes[: i + 1]


Value = tuple[int, ...]


@st.composite
def codes(draw: st.DrawFn) -> tuple[Code, list[tuple[bool, Value]], list[Reg]]:
    """Straight-line code over one row, and what each register should be."""
    code = Code()
    regs: list[Reg] = []
    values: list[tuple[bool, Value]] = []
    number = st.sampled_from(EDGES) | st.integers(0, P - 1)

    def element() -> ext.Ext:
        return tuple(draw(number) for _ in range(6))  # type: ignore[return-value]

    def some(extension: bool) -> int | None:
        known = [i for i, (e, _) in enumerate(values) if e == extension]
        return draw(st.sampled_from(known)) if known else None

    for _ in range(draw(st.integers(1, 40))):
        kind = draw(
            st.sampled_from(["const", "econst", "add", "sub", "mul", "eadd", "esub", "emul", "emulb", "scale", "from"])
        )
        x, y = some(kind.startswith("e") or kind == "scale"), some(kind in ("eadd", "esub", "emul"))
        if kind == "const" or (
            kind not in ("econst",) and (x is None or (y is None and kind not in ("scale", "from")))
        ):
            c = draw(number)
            regs.append(code.const(c))
            values.append((False, (c,)))
        elif kind == "econst":
            e = element()
            regs.append(code.ext_const(e))
            values.append((True, e))
        else:
            assert x is not None
            a = values[x][1]
            if kind in ("scale", "from"):
                e = element()
                regs.append(code.scale(regs[x], e))
                values.append((True, ext.mul(a, e) if kind == "scale" else ext.scale(e, a[0])))
                continue
            assert y is not None
            b = values[y][1]
            if kind in ("add", "eadd"):
                regs.append(code.add(regs[x], regs[y]))
                values.append((kind == "eadd", tuple((p + q) % P for p, q in zip(a, b, strict=True))))
            elif kind in ("sub", "esub"):
                regs.append(code.sub(regs[x], regs[y]))
                values.append((kind == "esub", tuple((p - q) % P for p, q in zip(a, b, strict=True))))
            else:
                regs.append(code.mul(regs[x], regs[y]))
                if kind == "mul":
                    values.append((False, (a[0] * b[0] % P,)))
                else:
                    values.append((True, ext.mul(a, b) if kind == "emul" else ext.scale(a, b[0])))  # type: ignore[arg-type]
    return code, values, regs


@DETERMINISTIC
@given(codes(), st.data())
def test_register_allocation(made: tuple[Code, list[tuple[bool, Value]], list[Reg]], data: st.DataObject) -> None:
    """Whatever is stored, whenever its last use: no register is given away too early."""
    code, values, regs = made
    kept = sorted(data.draw(st.sets(st.integers(0, len(regs) - 1), min_size=1)))
    for at, i in enumerate(kept):
        code.store(6 * at, regs[i])
    packed = code.pack()
    assert packed.registers <= sum(6 if e else 1 for e, _ in values)
    for count in (1, 255, 256, 300):
        out = np.zeros((6 * len(kept), count), np.uint32)
        execute(packed, Rows((), np.arange(count, dtype=np.int32)), out)
        for at, i in enumerate(kept):
            extension, value = values[i]
            assert (out[6 * at : 6 * at + (6 if extension else 1)] == np.array(value, np.uint32)[:, None]).all()


def test_packing_reuses_registers() -> None:
    """A long chain needs two."""
    code = Code()
    x = code.const(5)
    for _ in range(100):
        x = code.mul(x, x)
    code.store(0, x)
    assert code.pack().registers <= 2
    assert replace(code.pack(), registers=1).registers == 1
