"""That named rows of a log are these: the claims behind openings (docs/spec/openings.md), for every schema.

Three ways to name a row: by its number among the real rows of the segments that a statement names, counted from 0; by
that number, with how many real rows there are disclosed, as a draw by rows needs; and by the FLOP of the real rows
before it, with the total disclosed, as a draw by FLOP needs. What is disclosed of a named row is every column. What a
program is follows from the schema, the way, and how many rows it opens; nothing of it is pinned in the catalogue, since
whoever verifies writes it anew (zkcompliance/openings/program.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from zkcompliance.card import types
from zkcompliance.card.parameter import Parameter
from zkcompliance.claim.model import CheckResult, Claim, Publics, Tables, Witness
from zkcompliance.errors import UsageError
from zkcompliance.schemas import LIMB_BITS, Schema, in_id
from zkcompliance.stark.air.builder import NodeRef, TableBuilder
from zkcompliance.stark.air.program import LogSlot, Program, Public

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SLOT = "log"
SEGMENT_BITS = 16
NUMBER_BITS = 27  # of a row's number and of how many there are: 60 segments of 2^21 rows are fewer than 2^27 < p
BEFORE_LIMBS = 8  # of the FLOP before a row and of the total: 60 · 2^21 · 2^96 < 2^123
PART_LIMBS = 32  # limbs of a row in one public integer, of 512 bits
TOKENS, ROWS = 1, 2  # general buses; 0 is the range bus and there is no lookup
MOST_WIDTH = 247  # of a log: a tuple on a bus has at most 255 values, of which 8 may name the row
_MOST_NODES, _MOST_PUBLICS = 4096, 255  # of a table, and of a program
_FRACTIONS = 8  # of one extension column of the private table, where they have constant denominators


class Naming(Enum):
    """How a row is named, and the beginning of the claim's id."""

    NUMBER = "rows-opened"
    DRAWN = "rows-drawn"
    FLOP = "rows-drawn-by-flop"


def parts_of(schema: Schema) -> list[int]:
    """How many limbs of a row are in each of its public integers: all columns but act, in their order."""
    left = schema.width - 1
    return [min(PART_LIMBS, left - at) for at in range(0, left, PART_LIMBS)]


def most_opened(schema: Schema, naming: Naming) -> int:
    """How many rows one program can open: by the nodes of a table, and the publics of a program."""
    each = schema.width + (2 * BEFORE_LIMBS if naming is Naming.FLOP else 4)
    return min((_MOST_NODES - 40) // each, (_MOST_PUBLICS - 2) // (1 + len(parts_of(schema))))


def opened_rows(schema: Schema, naming: Naming, count: int) -> Claim:
    """The claim that opens `count` rows of a log of the schema. UsageError where no program can say so."""
    if schema.width > MOST_WIDTH:
        raise UsageError(
            f"a row of {schema.label} has {schema.width} limbs, and rows of at most {MOST_WIDTH} can be opened"
        )
    if naming is Naming.FLOP and not has_flop(schema):
        raise UsageError(f"a row of {schema.label} has no column `flop`: rows of it are drawn by rows")
    least = 1 if naming is Naming.NUMBER else 0  # a draw from a log without rows discloses that it has none
    if not least <= count <= (most := most_opened(schema, naming)):
        raise UsageError(f"one claim about {schema.label} opens from {least} to {most} rows, not {count}")
    return Claim(
        id=f"{naming.value}-{in_id(schema)}",
        version=1,
        title="The named rows of a log are those that are shown.",
        doc=(
            "Each row that is named is a real row of the segments that the proof names, and every column of it is\n"
            "shown. Of the other rows nothing is shown."
        ),
        params=_params(naming, count),
        slots={SLOT: schema},
        build=partial(_program, schema, naming, count),
        check=partial(_check, schema, naming, count),
        witness=partial(_witness, schema, naming, count),
    )


def has_flop(schema: Schema) -> bool:
    """Whether its rows have a column of FLOP by which they can be drawn."""
    return any(column.name == "flop" and column.type == "flop" for column in schema.columns)


def _params(naming: Naming, count: int) -> tuple[Parameter, ...]:
    high = (1 << (LIMB_BITS * BEFORE_LIMBS if naming is Naming.FLOP else NUMBER_BITS)) - 1
    unit = types.FLOP if naming is Naming.FLOP else types.COUNT
    said = "the FLOP before the row" if naming is Naming.FLOP else "the number of the row, from 0"
    segments = Parameter("segments", types.COUNT, 0, (1 << SEGMENT_BITS) - 1, "the number of segments")
    return segments, *(Parameter(f"row {number}", unit, 0, high, said) for number in range(1, count + 1))


def _publics(schema: Schema, naming: Naming, count: int) -> tuple[Public, ...]:
    """segments; the total, where it is disclosed; then of each row how it is named, and its parts."""
    made = [Public("segments", SEGMENT_BITS)]
    name_bits = LIMB_BITS * BEFORE_LIMBS if naming is Naming.FLOP else NUMBER_BITS
    if naming is not Naming.NUMBER:
        made.append(Public("total", name_bits, reveal=True))
    for number in range(1, count + 1):
        made.append(Public(f"row {number}", name_bits))
        for part, limbs in enumerate(parts_of(schema), 1):
            made.append(Public(f"row {number} part {part}", LIMB_BITS * limbs, reveal=True))
    return tuple(made)


def _program(schema: Schema, naming: Naming, count: int) -> Program:
    names = BEFORE_LIMBS if naming is Naming.FLOP else 1
    by_flop = naming is Naming.FLOP
    table = _by_flop(schema).build((2, 2, 2, 2, 2, 1)) if by_flop else _by_number(schema).build((2, 1))
    return Program(
        claim=f"{naming.value}-{in_id(schema)}",
        version=1,
        publics=_publics(schema, naming, count),
        logs=(LogSlot(SLOT, schema.digest, schema.width, ranged=True),),
        lookups=(),
        tables=(table, _shown(schema, naming, count).build(_groups(count))),
        unknowns=(),
        equations=(),
        buses=(1 + names, names + schema.width - 1),
    )


def _groups(count: int) -> tuple[int, ...]:
    """The two tokens, then the rows."""
    full, rest = divmod(count, _FRACTIONS)
    return (2, *(_FRACTIONS,) * full, *((rest,) if rest else ()))


def _by_number(schema: Schema) -> TableBuilder:
    """Real rows are numbered through, n' = n + act; a row that is opened (o = 1, act = 1) puts (n, its columns) on the
    bus of rows. The count goes from segment to segment in a token (segment, rows before it)."""
    row = TableBuilder(log=0)
    act, zero = row.log_column(0), row.lift(0)
    row.require_zero("act is 0 or 1", act * (act - 1))
    opened = row.witness_column()
    row.require_zero("a row is opened or not", opened * (opened - 1))
    row.require_zero("only real rows are opened", opened * (act - 1))
    number = row.witness_column()
    row.require_transition("rows are numbered", row.next_row(number) - number - act)
    row.interact(TOKENS, zero - row.first(), row.ordinal(), number)
    row.interact(TOKENS, row.last(), row.ordinal() + 1, number + act)
    row.interact(ROWS, opened, number, *(row.log_column(c) for c in range(1, schema.width)))
    return row


def _by_flop(schema: Schema) -> TableBuilder:
    """As by number, but rows are named by the FLOP before them, in limbs S_0 … S_7 of 16 bits with carries c_j of 0 or
    1: S_j' = S_j + act·f_j + c_{j−1} − 2^16·c_j, where f_j is 0 from limb 6 on, and c_{−1}, c_7 are 0."""
    row = TableBuilder(log=0)
    act, zero = row.log_column(0), row.lift(0)
    row.require_zero("act is 0 or 1", act * (act - 1))
    opened = row.witness_column()
    row.require_zero("a row is opened or not", opened * (opened - 1))
    row.require_zero("only real rows are opened", opened * (act - 1))
    before = [row.witness_column() for _ in range(BEFORE_LIMBS)]
    carries = [row.witness_column() for _ in range(BEFORE_LIMBS - 1)]
    row.require_16_bits(*before)
    flop = [row.log_column(c) for c in schema.limbs("flop")]
    row.require_16_bits(*flop)
    for number, carry in enumerate(carries):
        row.require_zero(f"carry {number} is 0 or 1", carry * (carry - 1))
    after = []
    for limb in range(BEFORE_LIMBS):
        total = before[limb] + act * flop[limb] if limb < len(flop) else before[limb]
        total = total + carries[limb - 1] if limb else total
        after.append(total - carries[limb] * (1 << LIMB_BITS) if limb < len(carries) else total)
    for number, (summand, value) in enumerate(zip(before, after, strict=True)):
        row.require_transition(f"FLOP are added up: limb {number}", row.next_row(summand) - value)
    row.interact(TOKENS, zero - row.first(), row.ordinal(), *before)
    row.interact(TOKENS, row.last(), row.ordinal() + 1, *after)
    row.interact(ROWS, opened, *before, *(row.log_column(c) for c in range(1, schema.width)))
    return row


def _shown(schema: Schema, naming: Naming, count: int) -> TableBuilder:
    """The private table, of which the first row counts: it puts (0, 0) on the bus of tokens and takes (segments,
    total); and takes every row that is shown off the bus of rows, by the publics."""
    ends = TableBuilder(log=None)
    zero = ends.lift(0)
    taken = zero - ends.first()
    parts = parts_of(schema)
    at = 1 if naming is Naming.NUMBER else 2
    total = [ends.witness_column()] if naming is Naming.NUMBER else _name(ends, 1, naming)
    ends.interact(TOKENS, ends.first(), zero, *(zero for _ in total))
    ends.interact(TOKENS, taken, ends.public(0), *total)
    for number in range(count):
        own = at + number * (1 + len(parts))
        cells = [ends.public(own + 1 + part, limb) for part, limbs in enumerate(parts) for limb in range(limbs)]
        ends.interact(ROWS, taken, *_name(ends, own, naming), *cells)
    return ends


def _name(ends: TableBuilder, public: int, naming: Naming) -> list[NodeRef]:
    """A public that names a row as it stands on the bus: limbs of FLOP; or a number below 2^27 in one value."""
    if naming is Naming.FLOP:
        return [ends.public(public, limb) for limb in range(BEFORE_LIMBS)]
    return [ends.public(public) + ends.public(public, 1) * (1 << LIMB_BITS)]


def real_rows(tables: Sequence[NDArray[np.uint32]]) -> NDArray[np.uint32]:
    """The rows of these segments that are no padding, one behind the other: limbs (width, n)."""
    import numpy as np

    return np.concatenate([table[:, table[0] == 1] for table in tables], axis=1)


def flop_before(schema: Schema, rows: NDArray[np.uint32]) -> list[int]:
    """Of each of these rows the FLOP of those before it; and last, the total."""
    limbs = [rows[c].tolist() for c in schema.limbs("flop")]
    sums = [0]
    for parts in zip(*limbs, strict=True):
        sums.append(sums[-1] + sum(limb << LIMB_BITS * number for number, limb in enumerate(parts)))
    return sums


def joined(schema: Schema, limbs: Sequence[int]) -> list[int]:
    """A row's columns but act, as its public integers."""
    found, at = [], 0
    for size in parts_of(schema):
        found.append(sum(int(limb) << LIMB_BITS * number for number, limb in enumerate(limbs[at : at + size])))
        at += size
    return found


def _asked(naming: Naming, count: int, publics: Publics) -> list[int]:
    return [publics[f"row {number}"] for number in range(1, count + 1)]


def _numbers(schema: Schema, naming: Naming, rows: NDArray[np.uint32], asked: Sequence[int]) -> list[int] | None:
    """The numbers among the real rows of those that are named, None where one is none, or is named twice."""
    if len(set(asked)) != len(asked):
        return None
    if naming is not Naming.FLOP:
        return list(asked) if max(asked, default=-1) < rows.shape[1] else None
    before = flop_before(schema, rows)
    at = {flop: number for number, (flop, end) in enumerate(pairwise(before)) if end > flop}
    return [at[flop] for flop in asked] if set(asked) <= set(at) else None


def _check(schema: Schema, naming: Naming, count: int, tables: Tables, publics: Publics) -> CheckResult:
    """On plain integers. Of rows named by the FLOP before them those count that have FLOP themselves."""
    segments = tables[SLOT]
    if len(segments) != publics["segments"]:
        return CheckResult(False, "the number of segments is this", f"there are {len(segments)}")
    rows = real_rows(segments)
    if _numbers(schema, naming, rows, _asked(naming, count, publics)) is None:
        return CheckResult(False, "the named rows are there", f"there are {rows.shape[1]} rows")
    return CheckResult(True, "the named rows are there", f"{count} of {rows.shape[1]} rows")


def _witness(schema: Schema, naming: Naming, count: int, tables: Tables, publics: Publics) -> Witness:
    """Of each segment whether a row is opened, then its number or the FLOP before it with carries; then the total."""
    import numpy as np

    segments = tables[SLOT]
    rows = real_rows(segments)
    numbers = _numbers(schema, naming, rows, _asked(naming, count, publics))
    if numbers is None:
        raise UsageError("a row that is to be opened is not there")
    before = flop_before(schema, rows) if naming is Naming.FLOP else []
    chosen = np.zeros(rows.shape[1], np.uint32)
    chosen[numbers] = 1
    columns, done = [], 0
    for table in segments:
        act = table[0].astype(np.int64)
        rank = done + np.cumsum(act) - act
        own = np.zeros((1, table.shape[1]), np.uint32)
        own[0, act == 1] = chosen[done : done + int(act.sum())]
        if naming is Naming.FLOP:
            own = np.concatenate([own, _sums(schema, table, [before[int(number)] for number in rank])])
        else:
            own = np.concatenate([own, rank.astype(np.uint32)[None]])
        columns.append(own)
        done += int(act.sum())
    if naming is Naming.NUMBER:
        columns.append(np.full((1, 8), done, np.uint32))
    else:
        columns.append(np.zeros((0, 8), np.uint32))
    return Witness(columns, [], _disclosed(schema, naming, rows, numbers, before))


def _sums(schema: Schema, table: NDArray[np.uint32], before: Sequence[int]) -> NDArray[np.uint32]:
    """The limbs of what is before each row, and the carries of adding its own FLOP."""
    import numpy as np

    limbs = np.array(
        [[flop >> LIMB_BITS * limb & 0xFFFF for flop in before] for limb in range(BEFORE_LIMBS)], dtype=np.int64
    )
    carries, carry = [], np.zeros(table.shape[1], np.int64)
    flop = schema.limbs("flop")
    for limb in range(BEFORE_LIMBS - 1):
        added = table[flop[limb]].astype(np.int64) * table[0] if limb < len(flop) else 0
        carry = (limbs[limb] + added + carry) >> LIMB_BITS
        carries.append(carry)
    return np.concatenate([limbs, np.stack(carries)]).astype(np.uint32)


def _disclosed(
    schema: Schema, naming: Naming, rows: NDArray[np.uint32], numbers: Sequence[int], before: Sequence[int]
) -> Mapping[str, int]:
    """The total, where the claim discloses it, and the parts of each row."""
    found = {}
    if naming is not Naming.NUMBER:
        found["total"] = before[-1] if naming is Naming.FLOP else rows.shape[1]
    for place, number in enumerate(numbers, 1):
        for part, value in enumerate(joined(schema, rows[1:, number].tolist()), 1):
            found[f"row {place} part {part}"] = value
    return found
