"""The batch by the letter of docs/spec/proof.md, step 6, in Python integers: what a prover's F_h must be where it is
opened, from the rows that are opened there; and pruned openings by the letter of merkle.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np

from tests.kit import support
from zkcompliance.stark.air.program import Op
from zkcompliance.stark.commit import merkle
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P, root_of_unity
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.field.twin import bit_reverse
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.transcript import BLOCK, Stream


def stream_of(made: Prover, label: str) -> Stream:
    """The stream of a squeeze that has this label alone, of a prover after its work."""
    (state,) = (state for name, state in made.transcript.log if name == label)
    return Stream(state, BLOCK)


def drawn_positions(made: Prover) -> list[int]:
    """The positions of the tallest domain that were asked, with repetitions."""
    return stream_of(made, "queries").indices(made.queries, made.layout.domain_log2)


def point(position: int, bits: int) -> int:
    return 31 * pow(root_of_unity(bits), bit_reverse(position, bits), P) % P


def row(table: object, position: int, salt_words: int) -> list[int]:
    """The values of one leaf, as opened."""
    (leaf,) = table.rows(position, 1)  # type: ignore[attr-defined]
    return [int(x) for x in np.frombuffer(leaf, "<u4")[salt_words:]]


def as_exts(words: Sequence[int]) -> list[Ext]:
    return [support.as_ext(words[i : i + 6]) for i in range(0, len(words), 6)]


def unread(made: Prover) -> list[tuple[int, SealedTable, list[int]]]:
    """For each log-table instance: its number, its segment, and the columns that no LOG node of its table reads."""
    logs = [number for number, instance in enumerate(made.layout.instances) if instance.entry is not None]
    found = []
    for number, table in zip(logs, made.tables, strict=True):
        read = {a for op, a, _ in made.layout.instances[number].air.nodes if op == Op.LOG}
        found.append((number, table, [c for c in range(table.entry.width) if c not in read]))
    return found


def opened_rows(
    made: Prover, kappa: int, position: int
) -> tuple[dict[int, list[int]], list[int], list[int], list[int]]:
    """At a position of that height: the log rows by instance, the witness row, the extension row, the quotient row."""
    height = made.layout.heights.index(kappa)
    logs = {
        number: row(table, position, 8)
        for number, table, _ in unread(made)
        if made.layout.instances[number].kappa == kappa
    }
    trees = (made.witness[height], made.extension[height], made.quotients[height])
    witness, extension, quotient = (row(tree, position, 4) for tree in trees)
    return logs, witness, extension, quotient


def values_at(made: Prover, kappa: int, position: int) -> Iterator[tuple[int, Ext, Ext]]:
    """(number of the value, the opened polynomial's value at this position, its point), of that height."""
    logs, witness, extension, quotient = opened_rows(made, kappa, position)
    columns, elements, chunks = iter(witness), iter(as_exts(extension)), as_exts(quotient)
    number = 0
    for i, instance in enumerate(made.layout.instances):
        here = instance.kappa == kappa
        after = ext.scale(made.z, root_of_unity(instance.k))
        read = sorted({a for op, a, _ in instance.air.nodes if op == Op.LOG})
        own = [next(columns) for _ in range(instance.witness_columns)] if here else []
        sums = [next(elements) for _ in range(instance.air.extension_columns)] if here else []
        following = list(instance.air.next_columns)
        if here:
            found = [(ext.embed(logs[i][c]), made.z) for c in read]
            found += [(ext.embed(x), made.z) for x in own] + [(ext.embed(own[c]), after) for c in following]
            found += [(x, made.z) for x in sums] + [(sums[-1], after)]
            for at, (value, where) in enumerate(found, number):
                yield at, value, where
        number += len(read) + instance.witness_columns + len(following) + instance.air.extension_columns + 1
    for height, count in zip(made.layout.heights, made.layout.chunks, strict=True):
        if height == kappa:
            for at, value in enumerate(chunks[:count], number):
                yield at, value, made.z
        number += count
    assert number == len(made.values)


def batched_at(made: Prover, kappa: int, position: int, *, every_column: bool = True) -> Ext:
    """F_h at a position of its domain; without the e_c where not `every_column`."""
    stream = stream_of(made, "batch")
    coefficients = stream.exts(len(made.values))
    x = ext.embed(point(position, kappa + made.profile.log_blowup))
    logs, _, _, quotient = opened_rows(made, kappa, position)
    total = as_exts(quotient)[-1]  # R_h

    def divided(coefficient: Ext, difference: Ext, where: Ext) -> Ext:
        return ext.mul(coefficient, ext.mul(difference, ext.inv(ext.sub(x, where))))

    for at, value, where in values_at(made, kappa, position):
        total = ext.add(total, divided(coefficients[at], ext.sub(value, made.values[at]), where))
    for number, table, columns in unread(made):
        weights, own = stream.exts(len(columns)), stream.ext()
        if table.entry.kappa != kappa:
            continue
        for column, weight in zip(columns, weights, strict=True):
            if every_column:
                total = ext.add(total, ext.scale(weight, logs[number][column]))
        z0, lam = table.entry.tag_challenge()
        tag = support.total([ext.scale(a, value) for a, value in zip(lam, logs[number], strict=True)])
        total = ext.add(total, divided(own, ext.sub(tag, table.entry.tag), z0))
    return total


def agrees(made: Prover, *, every_column: bool = True) -> bool:
    """Whether the rows opened at every query give, at every height, the polynomial that FRI was run on.

    FRI's own part, that this polynomial is of low degree, needs no check: it is one, with so many coefficients.
    """
    tallest, drawn = made.layout.heights[0], set(drawn_positions(made))
    for kappa in made.layout.heights:
        word = support.word_of(made.batched[kappa], kappa, made.profile.log_blowup)
        for position in sorted({p >> (tallest - kappa) for p in drawn}):
            if batched_at(made, kappa, position, every_column=every_column) != support.as_ext(word[:, position]):
                return False
    return True


def root_of(opened: bytes, phase: int, depth: int, row_bytes: int, positions: list[int]) -> tuple[bytes, list[bytes]]:
    """A pruned opening of a tree: the root that the bytes give, and the rows."""
    order = sorted(set(positions))
    rows = [opened[i * row_bytes : (i + 1) * row_bytes] for i in range(len(order))]
    rest = opened[len(order) * row_bytes :]
    known = {}
    for leaf, content in zip(order, rows, strict=True):
        word = 0x80 + 8 * phase + leaf // 2**24 + 256 * (leaf % 2**24)
        known[leaf] = sha256(word.to_bytes(4, "little") + content).digest()
    step = 4 if depth >= merkle.QUATERNARY_DEPTH else 2
    while depth:
        above = {}
        for parent in sorted({node // step for node in known}):
            children = b""
            for child in range(step * parent, step * parent + step):
                if child not in known:
                    known[child], rest = rest[:32], rest[32:]
                children += known[child]
            above[parent] = sha256((3 if step == 4 else 2).to_bytes(4, "little") + children).digest()
        known, depth, step = above, depth - (2 if step == 4 else 1), 2
    assert not rest
    return known[0], rows
