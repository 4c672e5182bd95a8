"""The evaluator: tiles, next rows, periodic tables, register packing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kit import support
from zkcompliance.stark.air.machine import TILE, Code, Rows, execute
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P


def run(code: Code, rows: Rows, outputs: int) -> np.ndarray:
    """What the code gives, the same with its sums gathered as without."""
    out, plain = (
        np.zeros((outputs, rows.following.size), np.uint32),
        np.zeros((outputs, rows.following.size), np.uint32),
    )
    execute(code.pack(), rows, out)
    execute(code.pack(plain=True), rows, plain)
    assert (out == plain).all()
    return out


@pytest.mark.parametrize("count", [1, 8, TILE - 1, TILE, TILE + 1, 5 * TILE, 4096])
def test_loads_and_next_rows(count: int) -> None:
    source = np.random.default_rng(count).integers(0, P, (7, count), dtype=np.uint32)
    following = (np.arange(1, count + 1) % count).astype(np.int32)
    code = Code()
    code.store(0, code.load(0, 3))
    code.store(1, code.next(0, 3))
    code.store(2, code.ext_load(0, 1))
    code.store(8, code.ext_next(0, 1))
    out = run(code, Rows((source,), following), 14)
    assert (out[0] == source[3]).all() and (out[1] == np.roll(source[3], -1)).all()
    assert (out[2:8] == source[1:7]).all() and (out[8:14] == np.roll(source[1:7], -1, axis=1)).all()


def test_next_rows_in_any_order() -> None:
    """On a coset the next row is anywhere."""
    source = np.arange(1024, dtype=np.uint32)[None]
    following = np.random.default_rng(1).permutation(1024).astype(np.int32)
    code = Code()
    code.store(0, code.next(0, 0))
    assert (run(code, Rows((source,), following), 1)[0] == following).all()


@pytest.mark.parametrize("size", [TILE, 2 * TILE, 3 * TILE + 8])
def test_rows_in_parts(size: int) -> None:
    """Some rows at a time, from any tile on, are those of all at once; next rows reach beyond the part."""
    count = 4 * TILE + 8
    source, table = (np.random.default_rng(count).integers(0, P, (7, n), dtype=np.uint32) for n in (count, 64))
    rows = Rows((source,), ((np.arange(1, count + 1)) % count).astype(np.int32), (table,), (2,))
    code = Code()
    code.store(0, code.mul(code.ext_next(0, 1), code.ext_load(0, 0)))
    code.store(6, code.mul(code.next(0, 2), code.periodic(3)))
    whole = run(code, rows, 7)
    for first in range(0, count - size + 1, TILE):
        part = np.zeros((7, size), np.uint32)
        execute(code.pack(), rows, part, first)
        assert (part == whole[:, first : first + size]).all()


def test_a_source_with_some_of_its_rows() -> None:
    source = np.random.default_rng(5).integers(0, P, (2, 9, 300), dtype=np.uint32)
    following = ((np.arange(300) + 7) % 300).astype(np.int32)
    outs = []
    for chosen in (None, [2, 5, 8]):
        code = Code()
        code.store(0, code.mul(code.load(0, 8), code.next(0, 2)))
        code.store(1, code.add(code.load(1, 8), code.load(0, 5)))
        given = source[0] if chosen is None else source[0][chosen]
        if chosen:
            code.renumber(0, chosen)
        outs.append(run(code, Rows((given, source[1]), following), 2))
    assert (outs[0] == outs[1]).all()


@pytest.mark.parametrize(("period", "shift"), [(1, 0), (8, 0), (8, 3), (4, 9), (512, 1), (1024, 0)])
def test_periodic_tables(period: int, shift: int) -> None:
    table = np.random.default_rng(2).integers(0, P, (7, period), dtype=np.uint32)
    code = Code()
    code.store(0, code.periodic(6))
    code.store(1, code.ext_periodic(0))
    count = 2048
    out = run(code, Rows((), np.zeros(count, np.int32), (table,), (shift,)), 7)
    at = (np.arange(count) >> shift) % period
    assert (out[0] == table[6, at]).all() and (out[1:] == table[:6, at]).all()


def test_operands_may_be_one_register() -> None:
    code = Code()
    e = support.random_ext("machine")
    x = code.ext_const(e)
    code.store(0, code.mul(x, x))
    code.store(6, code.sub(x, x))
    y = code.const(P - 1)
    code.store(12, code.mul(y, y))
    code.store(13, code.scale(y, e))
    out = run(code, Rows((), np.zeros(3, np.int32)), 19)
    assert tuple(out[:6, 0]) == ext.mul(e, e) and not out[6:12].any()
    assert out[12, 2] == 1 and tuple(out[13:, 1]) == ext.neg(e)


def test_loads_are_shared() -> None:
    code = Code()
    assert code.load(0, 1) == code.load(0, 1) and code.load(0, 1) != code.next(0, 1)
    assert code.periodic(2) == code.periodic(2)


@pytest.mark.parametrize("terms", range(12))
@pytest.mark.parametrize("signs", [0, 0xFFF, 0x5A5])
@pytest.mark.parametrize("base", ["none", "first", "last", "both"])
def test_sums_of_scaled_base_values(terms: int, signs: int, base: str) -> None:
    """Any number of them added and subtracted, from and to extension values, at the largest entries too."""
    values = np.random.default_rng(terms).integers(0, P, (14, 3), dtype=np.uint32)
    values[:, 0], values[:, 1] = P - 1, 0
    scalars = [(P - 1,) * 6, *(support.random_ext(f"sum {i}") for i in range(12))]
    code = Code()
    loaded = [code.scale(code.load(0, i), scalars[i]) for i in range(terms + 1)]
    total = code.ext_load(0, 0) if base in ("first", "both") else loaded[0]
    wanted = [tuple(int(x) for x in values[:6, n]) for n in range(3)]
    if base in ("last", "none"):
        wanted = [ext.scale(scalars[0], int(values[0, n])) for n in range(3)]
    for i, term in enumerate(loaded[1:], 1):
        negative = signs >> i & 1
        total = code.sub(total, term) if negative else code.add(total, term)
        join = ext.sub if negative else ext.add
        wanted = [join(w, ext.scale(scalars[i], int(values[i, n]))) for n, w in enumerate(wanted)]
    if base in ("last", "both"):
        last = code.ext_load(0, 6)
        total = code.sub(total, last) if signs & 1 else code.add(total, last)
        join = ext.sub if signs & 1 else ext.add
        wanted = [join(w, tuple(int(x) for x in values[6:12, n])) for n, w in enumerate(wanted)]
    code.store(0, total)
    out = run(code, Rows((values,), np.zeros(3, np.int32)), 6)
    assert [tuple(out[:, n]) for n in range(3)] == wanted


@pytest.mark.parametrize("terms", [2, 3, 4, 5, 8])
def test_sums_and_products_at_their_largest(terms: int) -> None:
    """Entries p − 1 times constants whose Montgomery form is p − 1, and p − 1 everywhere in a product."""
    top = P - pow(1 << 32, -1, P)
    assert (top << 32) % P == P - 1
    full, most = (P - 1,) * 6, (top,) * 6
    code = Code()
    total = code.scale(code.load(0, 0), most)
    for _ in range(terms - 1):
        total = code.add(total, code.scale(code.load(0, 0), most))
    code.store(0, total)
    code.store(6, code.mul(code.ext_load(0, 0), code.ext_load(0, 0)))
    code.store(12, code.mul(code.ext_load(0, 0), code.load(0, 0)))
    code.store(18, code.scale(code.ext_load(0, 0), most))
    out = run(code, Rows((np.full((6, 5), P - 1, np.uint32),), np.zeros(5, np.int32)), 24)
    assert tuple(out[:6, 4]) == ext.scale(most, terms * (P - 1))
    assert tuple(out[6:12, 4]) == ext.mul(full, full)
    assert tuple(out[12:18, 4]) == ext.scale(full, P - 1)
    assert tuple(out[18:, 4]) == ext.mul(full, most)


def test_a_sum_that_is_read_twice_is_written_once() -> None:
    values = np.random.default_rng(9).integers(0, P, (4, 40), dtype=np.uint32)
    e = [support.random_ext(f"twice {i}") for i in range(4)]
    code = Code()
    x = code.add(code.scale(code.load(0, 0), e[0]), code.scale(code.load(0, 1), e[1]))
    y = code.sub(x, code.scale(code.load(0, 2), e[2]))
    code.store(0, code.mul(x, y))
    code.store(6, code.sub(code.sub(y, x), code.add(y, code.scale(code.load(0, 3), e[3]))))
    code.store(12, code.mul(y, code.load(0, 3)))
    out = run(code, Rows((values,), np.zeros(40, np.int32)), 18)
    for n in range(40):
        v = [int(value) for value in values[:, n]]
        a = ext.add(ext.scale(e[0], v[0]), ext.scale(e[1], v[1]))
        b = ext.sub(a, ext.scale(e[2], v[2]))
        assert tuple(out[:6, n]) == ext.mul(a, b)
        assert tuple(out[6:12, n]) == ext.neg(ext.add(a, ext.scale(e[3], v[3])))
        assert tuple(out[12:, n]) == ext.scale(b, v[3])
