"""Out-of-domain values, and the batched polynomial F_h of each height (docs/spec/proof.md, steps 5 and 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import vector, workspace
from zkcompliance.stark.field.babybear import root_of_unity
from zkcompliance.stark.field.extension import Ext

UNITS: tuple[Ext, ...] = (
    (1, 0, 0, 0, 0, 0),
    (0, 1, 0, 0, 0, 0),
    (0, 0, 1, 0, 0, 0),
    (0, 0, 0, 1, 0, 0),
    (0, 0, 0, 0, 1, 0),
    (0, 0, 0, 0, 0, 1),
)


@dataclass(frozen=True)
class Opening:
    """Some polynomials of one height, opened at one point; `extension` where six rows make one value."""

    kappa: int
    point: Ext
    polynomials: np.ndarray  # (w, d)
    extension: bool

    @property
    def count(self) -> int:
        return int(self.polynomials.shape[0]) // (6 if self.extension else 1)


@dataclass
class InstancePolynomials:
    """Coefficients of one instance: its used log columns, witness columns, extension columns (6 rows each)."""

    log: np.ndarray | None
    witness: np.ndarray
    extension: np.ndarray


def openings(layout: Layout, polynomials: list[InstancePolynomials], chunks: list[np.ndarray], z: Ext) -> list[Opening]:
    """Everything that is opened, in the order of the proof."""
    result = []
    for instance, parts in zip(layout.instances, polynomials, strict=True):
        after = ext.scale(z, root_of_unity(instance.k))
        if parts.log is not None and parts.log.shape[0]:
            result.append(Opening(instance.kappa, z, parts.log, False))
        result.append(Opening(instance.kappa, z, parts.witness, False))
        if instance.air.next_columns:
            columns = np.ascontiguousarray(parts.witness[list(instance.air.next_columns)])
            result.append(Opening(instance.kappa, after, columns, False))
        result.append(Opening(instance.kappa, z, parts.extension, True))
        result.append(Opening(instance.kappa, after, np.ascontiguousarray(parts.extension[-6:]), True))
    for kappa, chunk in zip(layout.heights, chunks, strict=True):
        result.append(Opening(kappa, z, chunk, True))
    return result


class Powers:
    """The powers of each point, computed once up to the longest polynomial."""

    def __init__(self) -> None:
        self._known: dict[Ext, np.ndarray] = {}

    def of(self, point: Ext, count: int) -> np.ndarray:
        """(6, n), n ≥ count."""
        known = self._known.get(point)
        if known is None or known.shape[1] < count:
            known = vector.ext_powers(point, count)
            self._known[point] = known
        return known


def evaluate(opening: Opening, powers: Powers) -> list[Ext]:
    """The values of an opening."""
    found = vector.dot(opening.polynomials, powers.of(opening.point, opening.polynomials.shape[1]))
    rows = [tuple(int(x) for x in row) for row in found]
    if not opening.extension:
        return rows  # type: ignore[return-value]
    values = []
    for i in range(0, len(rows), 6):
        total = ext.ZERO
        for unit, row in zip(UNITS, rows[i : i + 6], strict=True):
            total = ext.add(total, ext.mul(unit, row))  # type: ignore[arg-type]
        values.append(total)
    return values


def combine_openings(
    kappa: int,
    mask: np.ndarray,
    opened: list[Opening],
    coefficients: list[Ext],
    tags: list[tuple[Ext, np.ndarray, Ext]],
    unread: list[np.ndarray],
) -> np.ndarray:
    """F_h = R + Σ c_j·(p_j − p_j(z_j))/(X − z_j) + tag terms + columns that are not read: (6, d).

    `coefficients` run over the values of all openings in order; tags: (coefficient, tag polynomial, z0); unread: for
    each log-table instance of this height Σ e_c·T̂_c over the columns that no LOG node of the table reads.
    """
    by_point: dict[Ext, np.ndarray] = {}
    at = 0
    for opening in opened:
        own = coefficients[at : at + opening.count]
        at += opening.count
        if opening.kappa != kappa:
            continue
        total = by_point.setdefault(opening.point, workspace.zeros(*mask.shape))
        units = UNITS if opening.extension else UNITS[:1]
        weights = np.array([ext.mul(c, unit) for c in own for unit in units], np.uint32)
        vector.combine_into(total, opening.polynomials, weights)
    for coefficient, polynomial, point in tags:
        total = by_point.setdefault(point, workspace.zeros(*mask.shape))
        vector.ext_combine_into(total, polynomial, coefficient)
    result = workspace.take(*mask.shape)
    result[:] = mask
    for point, total in by_point.items():
        vector.accumulate(list(result), vector.divide_linear(total, point, in_place=True))
    for combined in unread:
        vector.accumulate([row[: combined.shape[1]] for row in result], combined)
    return result
