"""A prover that keeps what it drew and opened, and whether that looks uniform."""

from __future__ import annotations

import numpy as np

from tests.kit import support
from tests.kit.support import Prover
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover import prover as prover_module


class Watched(Prover):
    """Keeps what it drew and opened."""

    def prove(self) -> bytes:
        self.drawn: list[bytes] = []
        stream = support.Keystream
        made = self

        class Noted(stream):  # type: ignore[misc, valid-type]
            def field(self, label: str, count: int) -> np.ndarray:
                found = super().field(label, count)
                made.drawn += [found[i : i + 16].tobytes() for i in range(0, count - 15, max(16, count // 8))]
                return found

        with support.without(prover_module, "Keystream", Noted):
            proof = super().prove()
        self.length = len(proof)
        return proof

    def open_positions(self, positions: list[int]) -> list[bytes]:
        self.positions = positions
        return super().open_positions(positions)


def leaves(made: Watched) -> dict[tuple[int, int, int], bytes]:
    """(phase, κ, position) → salt and row, as opened."""
    tallest = made.layout.heights[0]
    found = {}
    for table in made.tables:
        for p in made.positions:
            at = p >> tallest - table.entry.kappa
            found[0, table.entry.kappa, at] = table.rows(at, 1)[0]
    for committed in (*made.witness, *made.extension, *made.quotients):
        for p in made.positions:
            at = p >> tallest - committed.kappa
            found[committed.phase, committed.kappa, at] = committed.rows(at, 1)[0]
    return found


def uniform(values: np.ndarray, cells: int = 16) -> float:
    """Chi-square of elements of F over equal intervals, in standard deviations from its mean."""
    counts = np.bincount((values.astype(np.uint64) * cells // P).astype(np.int64), minlength=cells)
    expected = values.size / cells
    statistic = ((counts - expected) ** 2 / expected).sum()
    return float((statistic - (cells - 1)) / np.sqrt(2 * (cells - 1)))


PARTS = {
    "log rows": lambda m: [np.frombuffer(v[32:], "<u4") for (f, _, _), v in leaves(m).items() if f == 0],
    "witness rows": lambda m: [np.frombuffer(v[16:], "<u4") for (f, _, _), v in leaves(m).items() if f == 1],
    "extension rows": lambda m: [np.frombuffer(v[16:], "<u4") for (f, _, _), v in leaves(m).items() if f == 2],
    "quotient rows": lambda m: [np.frombuffer(v[16:], "<u4") for (f, _, _), v in leaves(m).items() if f == 3],
    "values": lambda m: [np.array(m.values, np.uint32).reshape(-1)],
    "terminals": lambda m: [np.array(m.terminals[:-1], np.uint32).reshape(-1)],
    "final polynomial": lambda m: [m.final.reshape(-1)],
    "FRI layers": lambda m: [layer.values[:, :, :64].reshape(-1) for layer in m.layers],
}


def siblings(positions: set[int], depth: int) -> int:
    """The digests of a pruned opening in a tree of 2^depth leaves, whose lowest step is quaternary from 2^18 on."""
    count, known = 0, set(positions)
    for step in (2, *[1] * (depth - 2)) if depth >= 18 else [1] * depth:
        above = {node >> step for node in known}
        count += (len(above) << step) - len(known)
        known = above
    return count


def openings_length(made: Watched) -> int:
    """Of the openings: rows and siblings."""
    total, tallest = 0, made.layout.heights[0]
    for table in made.tables:
        at = {p >> tallest - table.entry.kappa for p in made.positions}
        total += len(at) * (32 + 4 * table.entry.width) + 32 * siblings(at, table.extension().tree.depth)
    for committed in (*made.witness, *made.extension, *made.quotients):
        at = {p >> tallest - committed.kappa for p in made.positions}
        total += len(at) * (16 + 4 * committed.values.shape[1]) + 32 * siblings(at, committed.tree.depth)
    positions = made.positions
    for layer in made.layers:
        positions = [p >> layer.layer.arity_log2 for p in positions]
        total += len(set(positions)) * (24 << layer.layer.arity_log2) + 32 * siblings(set(positions), layer.tree.depth)
    return total
