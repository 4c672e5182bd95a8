"""The one evaluator kernel: straight-line code over tiles of rows, for any claim and for nothing compiled at run time.

A register is a row of TILE base-field elements; an extension register is six of them. `Code` writes the instructions,
then packs its virtual registers into few real ones, so that a tile's registers stay in cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.air import lanes
from zkcompliance.stark.air.do import Do, operands_of
from zkcompliance.stark.air.fuse import GROUP, Fused, fuse
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import scalar, vector_lanes
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.parallel import run, split
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

TILE = 256
SOURCES = 4


@dataclass(frozen=True)
class Reg:
    """A virtual register."""

    number: int
    extension: bool


@dataclass
class Code:
    """Straight-line code under construction."""

    instructions: list[tuple[Do, int, int, int]] = field(default_factory=list)
    constants: list[int] = field(default_factory=list)
    ext_constants: list[Ext] = field(default_factory=list)
    _kinds: list[bool] = field(default_factory=list)
    _known: dict[int, Reg] = field(default_factory=dict)
    _loads: dict[tuple[Do, int, int], Reg] = field(default_factory=dict)

    def _emit(self, op: Do, extension: bool, a: int, b: int = 0) -> Reg:
        self._kinds.append(extension)
        reg = Reg(len(self._kinds) - 1, extension)
        self.instructions.append((op, reg.number, a, b))
        return reg

    def _once(self, op: Do, a: int, b: int = 0, *, extension: bool = False) -> Reg:
        key = (op, a, b)
        if key not in self._loads:
            self._loads[key] = self._emit(op, extension, a, b)
        return self._loads[key]

    def load(self, source: int, row: int) -> Reg:
        return self._once(Do.LOAD, source, row)

    def next(self, source: int, row: int) -> Reg:
        return self._once(Do.NEXT, source, row)

    def periodic(self, row: int) -> Reg:
        return self._once(Do.PERIODIC, row)

    def const(self, value: int) -> Reg:
        if value not in self._known:
            self.constants.append(value)
            self._known[value] = self._emit(Do.CONST, False, len(self.constants) - 1)
        return self._known[value]

    def add(self, x: Reg, y: Reg) -> Reg:
        return self._emit(Do.EADD if x.extension else Do.ADD, x.extension, x.number, y.number)

    def sub(self, x: Reg, y: Reg) -> Reg:
        return self._emit(Do.ESUB if x.extension else Do.SUB, x.extension, x.number, y.number)

    def mul(self, x: Reg, y: Reg) -> Reg:
        """Base × base, extension × extension, or extension × base."""
        op = (Do.EMUL if y.extension else Do.EMULB) if x.extension else Do.MUL
        return self._emit(op, x.extension, x.number, y.number)

    def scale(self, x: Reg, constant: Ext) -> Reg:
        """x × constant, in the extension."""
        self.ext_constants.append(constant)
        return self._emit(Do.ESCALE if x.extension else Do.EFROM, True, x.number, len(self.ext_constants) - 1)

    def ext_const(self, constant: Ext) -> Reg:
        self.ext_constants.append(constant)
        return self._emit(Do.ECONST, True, len(self.ext_constants) - 1)

    def ext_load(self, source: int, row: int) -> Reg:
        return self._once(Do.ELOAD, source, row, extension=True)

    def ext_next(self, source: int, row: int) -> Reg:
        return self._once(Do.ENEXT, source, row, extension=True)

    def ext_periodic(self, row: int) -> Reg:
        return self._once(Do.EPERIODIC, row, extension=True)

    def store(self, row: int, x: Reg) -> None:
        """Output rows row … row + 5 (or the one row of a base value)."""
        self.instructions.append((Do.STORE if x.extension else Do.STORE_BASE, row, x.number, 0))

    def renumber(self, source: int, rows: Sequence[int]) -> None:
        """Where a source has only these of its rows, in this order: what loads row rows[i] of it loads its row i."""
        place = {row: i for i, row in enumerate(rows)}
        for at, (op, dst, a, b) in enumerate(self.instructions):
            if op in (Do.LOAD, Do.NEXT) and a == source:
                self.instructions[at] = (op, dst, a, place[b])

    def pack(self, *, plain: bool = False) -> Packed:
        """Real registers by a linear scan over the last uses; plain: no sums are gathered."""
        if plain:
            code = Fused(self._kinds, [*self.ext_constants, ext.ZERO], self.instructions)
        else:
            code = fuse(self.instructions, self._kinds, self.ext_constants)
        reads = [operands_of(op, a, b, code.groups) for op, _, a, b in code.instructions]
        last = {operand: at for at, operands in enumerate(reads) for operand in operands}
        free: dict[bool, list[int]] = {False: [], True: []}
        place: dict[int, int] = {}
        used = 0
        packed: list[tuple[int, int, int, int]] = []
        groups = np.zeros((len(code.groups) + 1, 2 * GROUP), np.int64)
        for at, ((op, dst, a, b), operands) in enumerate(zip(code.instructions, reads, strict=True)):
            real = [place[operand] for operand in operands]
            x, y = (real[0] if operands else a), (real[1] if len(operands) > 1 else b)
            if op in (Do.DOT, Do.DOT_ADD):
                number = a if op == Do.DOT else b
                x, y = (number, 0) if op == Do.DOT else (x, number)
                groups[number] = [*real[-GROUP:], *(constant for _, constant in code.groups[number])]
            if op in (Do.STORE, Do.STORE_BASE):
                packed.append((op, dst, x, y))
            else:
                extension = code.kinds[dst]
                if free[extension]:
                    place[dst] = free[extension].pop()
                else:
                    place[dst], used = used, used + (6 if extension else 1)
                packed.append((op, place[dst], x, y))
                if dst not in last:
                    free[extension].append(place[dst])
            for operand in set(operands):
                if last[operand] == at:
                    free[code.kinds[operand]].append(place[operand])
        constants = np.array([*self.constants, 0], np.uint32)
        scaled = [[c << 32 for c in s] + [31 * c << 32 for c in s] for s in code.constants]
        mont = np.array([[c % int(scalar.P64) for c in row] for row in scaled], np.uint32)
        units = np.array(code.constants, np.uint32)
        return Packed(np.array(packed, np.int64).reshape(-1, 4), groups, constants, mont, units, used)


@dataclass(frozen=True)
class Packed:
    """Code ready to run."""

    instructions: np.ndarray
    groups: np.ndarray  # (n, 8): of DOT, four registers, then the numbers of the constants they are multiplied by
    constants: np.ndarray
    ext_mont: np.ndarray  # (n, 12): s and 31·s in Montgomery form
    ext_plain: np.ndarray  # (n, 6)
    registers: int


@dataclass(frozen=True)
class Rows:
    """What code runs over: up to four sources (rows, n), the next row of each, periodic tables (rows, period).

    Position p reads entry (p >> shift) mod period of a periodic table.
    """

    sources: tuple[np.ndarray, ...]
    following: np.ndarray  # (n,) int32
    periodic: tuple[np.ndarray, ...] = ()
    shifts: tuple[int, ...] = ()


def execute(code: Packed, rows: Rows, out: np.ndarray, first: int = 0) -> None:
    """Run over rows first … first + n − 1 into out (outputs, n), on every core; `first` is a multiple of TILE."""
    sources = (*rows.sources, *[np.zeros((1, 1), np.uint32)] * (SOURCES - len(rows.sources)))
    widest = max((table.shape[1] for table in rows.periodic), default=1)
    height = max(1, sum(table.shape[0] for table in rows.periodic))
    tables, marks = np.zeros((height, widest), np.uint32), np.zeros((height, 2), np.int64)
    at = 0
    for table, shift in zip(rows.periodic, rows.shifts, strict=True):
        height, period = table.shape
        tables[at : at + height, :period] = table
        marks[at : at + height] = (shift, period - 1)
        at += height
    count = out.shape[1]
    steps = rows.following[first : first + count - count % TILE].reshape(-1, TILE)
    runs = np.append((np.diff(steps, axis=1) == 1).all(axis=1), False)  # tiles whose next rows are consecutive
    fixed = (code.instructions, code.groups, code.constants, code.ext_mont, code.ext_plain, code.registers)
    calls = [
        (*fixed, *sources, rows.following, runs, tables, marks, out, first, first + lo, first + hi)
        for lo, hi in split(count, least=TILE, multiple=TILE)
    ]
    run(_run, calls)


@kernel
def _source_row(s0: U32, s1: U32, s2: U32, s3: U32, source: int, row: int) -> Any:
    """One row of the source of that number."""
    if source == 0:
        return s0[row]
    if source == 1:
        return s1[row]
    if source == 2:
        return s2[row]
    return s3[row]


@kernel
def _dot(groups: I64, number: int, r: int, mont: U32) -> Any:
    """Where in the flat registers, and in Montgomery form, the factors of row r of a group are."""
    g = groups[number]
    starts = (g[0] * TILE, g[1] * TILE, g[2] * TILE, g[3] * TILE)
    return starts, (mont[g[4], r], mont[g[5], r], mont[g[6], r], mont[g[7], r])


@kernel(
    "i8[:,:] i8[:,:] u4[:] u4[:,:] u4[:,:] i8 u4[:,:] u4[:,:] u4[:,:] u4[:,:] "
    "i4[:] b1[:] u4[:,:] i8[:,:] u4[:,:] i8 i8 i8"
)
def _run(
    instructions: I64,
    groups: I64,
    constants: U32,
    ext_mont: U32,
    ext_plain: U32,
    registers: int,
    s0: U32,
    s1: U32,
    s2: U32,
    s3: U32,
    following: Any,
    runs: Any,
    tables: U32,
    marks: I64,
    out: U32,
    first: int,
    lo: int,
    hi: int,
) -> None:
    """Rows lo … hi − 1, tile by tile, into columns lo − first …; lo is a multiple of TILE."""
    regs = np.zeros((registers, TILE), np.uint32)
    flat = regs.reshape(registers * TILE)
    for start in range(lo, hi, TILE):
        count = min(TILE, hi - start)
        for at in range(instructions.shape[0]):
            op, dst, a, b = instructions[at, 0], instructions[at, 1], instructions[at, 2], instructions[at, 3]
            d0, a0, b0 = dst * TILE, a * TILE, b * TILE
            if op == Do.LOAD or op == Do.NEXT or op == Do.ELOAD or op == Do.ENEXT:
                same_row = op == Do.LOAD or op == Do.ELOAD
                at_first = start if same_row else np.int64(following[start])
                for r in range(6 if op == Do.ELOAD or op == Do.ENEXT else 1):
                    column = _source_row(s0, s1, s2, s3, a, b + r)
                    if count == TILE and (same_row or runs[(start - first) // TILE]):
                        for i in range(0, TILE, LANES):
                            vector_lanes.soon(column, at_first + TILE + i)  # of the next tile
                            vector_lanes.copy(column, at_first + i, flat, d0 + r * TILE + i)
                    elif same_row:
                        for i in range(count):
                            regs[dst + r, i] = column[start + i]
                    else:
                        for i in range(count):
                            regs[dst + r, i] = column[following[start + i]]
            elif op == Do.PERIODIC or op == Do.EPERIODIC:
                for r in range(6 if op == Do.EPERIODIC else 1):
                    shift, mask = marks[a + r, 0], marks[a + r, 1]
                    if TILE >> shift == 0:  # the same entry for the whole tile
                        regs[dst + r] = tables[a + r, (start >> shift) & mask]
                    else:
                        for i in range(count):
                            regs[dst + r, i] = tables[a + r, ((start + i) >> shift) & mask]
            elif op == Do.CONST:
                regs[dst] = constants[a]
            elif op == Do.ADD or op == Do.EADD:
                for i in range(0, TILE if op == Do.ADD else 6 * TILE, LANES):
                    lanes.add(flat, a0 + i, flat, b0 + i, flat, d0 + i)
            elif op == Do.SUB or op == Do.ESUB:
                for i in range(0, TILE if op == Do.SUB else 6 * TILE, LANES):
                    lanes.sub(flat, a0 + i, flat, b0 + i, flat, d0 + i)
            elif op == Do.MUL:
                for i in range(0, TILE, LANES):
                    vector_lanes.multiply(flat, a0 + i, flat, b0 + i, flat, d0 + i)
            elif op == Do.EMUL:
                x, y, z = regs[a : a + 6], regs[b : b + 6], regs[dst : dst + 6]
                for i in range(0, TILE, LANES):
                    vector_lanes.ext_multiply(x, i, y, i, z, i)
            elif op == Do.ESCALE:
                x, z = regs[a : a + 6], regs[dst : dst + 6]
                for i in range(0, TILE, LANES):
                    vector_lanes.ext_scale(x, i, ext_mont[b], z, i)
            elif op == Do.EFROM:
                for r in range(6):
                    for i in range(0, TILE, LANES):
                        vector_lanes.scale(flat, a0 + i, ext_mont[b, r], flat, d0 + r * TILE + i)
            elif op == Do.DOT or op == Do.DOT_ADD:
                for r in range(6):
                    s, c = _dot(groups, a if op == Do.DOT else b, r, ext_mont)
                    for i in range(0, TILE, LANES):
                        at_i = (s[0] + i, s[1] + i, s[2] + i, s[3] + i)
                        if op == Do.DOT:
                            lanes.dot(flat, at_i, c, flat, d0 + r * TILE + i)
                        else:
                            lanes.dot_add(flat, at_i, c, flat, d0 + r * TILE + i, a0 + r * TILE + i)
            elif op == Do.EMULB:
                x, z = regs[a : a + 6], regs[dst : dst + 6]
                for i in range(0, TILE, LANES):
                    vector_lanes.ext_multiply_base(x, i, flat, b0 + i, z, i)
            elif op == Do.ECONST:
                for r in range(6):
                    regs[dst + r] = ext_plain[a, r]
            else:  # STORE or STORE_BASE
                for r in range(6 if op == Do.STORE else 1):
                    if count == TILE:
                        row = out[dst + r]
                        for i in range(0, TILE, LANES):
                            vector_lanes.copy(flat, a0 + r * TILE + i, row, start - first + i)
                    else:
                        for i in range(count):
                            out[dst + r, start - first + i] = regs[a + r, i]
