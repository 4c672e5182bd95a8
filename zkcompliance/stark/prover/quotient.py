"""The quotient of all constraints of one height, and its blinded chunks (docs/spec/air.md, Composition)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from zkcompliance.errors import ParametersRejected
from zkcompliance.stark.air.machine import Code, Packed, Reg, Rows, execute
from zkcompliance.stark.air.program import Kind
from zkcompliance.stark.air.shape import Instance, Layout
from zkcompliance.stark.air.weights import (
    EXTENSION,
    FIRST,
    LAST,
    LOG,
    PUBLIC,
    WEIGHTS,
    Challenges,
    NodeCode,
    group_fractions,
    linear_terms,
)
from zkcompliance.stark.commit.cache import Extension
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.table import coset_shifts
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import vector, workspace
from zkcompliance.stark.field.babybear import P, inv, root_of_unity
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.field.ntt import (
    MOST_COSETS,
    bit_reverse_indices,
    evaluate_cosets,
    interpolate,
    interpolate_cosets,
)
from zkcompliance.stark.profiles import CHUNK_BLIND

# on a coset three more public rows: L_0/Z, X − g^−1, L_{N−1}/Z, and one more periodic row: 1/Z
FIRST_Z, TRANSITION, LAST_Z = range(3)
INVERSE_Z = 13

SMALL_LOG2 = 2  # a small coset has at most a quarter of a whole one's points

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]  # of the log, the witness, the extension


def coset_only(instance: Instance) -> int:
    """The first of the public rows that exist on cosets only."""
    return WEIGHTS + (0 if instance.weighed is None else 6)


class Cosets(NamedTuple):
    """What determines a quotient: whole cosets of size 2^κ, and the log2 of the size of a smaller one, if any."""

    whole: int
    rest: int | None


def cosets(layout: Layout, kappa: int) -> Cosets:
    """Masks make a quotient a little longer than a number of cosets: for so little a small coset is enough."""
    needed = max(i.numerator_degree() - i.rows + 1 for i in layout.instances if i.kappa == kappa)
    whole, rest = divmod(needed, 1 << kappa)
    log_rest = max(0, rest - 1).bit_length()
    if whole and rest > 0 and log_rest + SMALL_LOG2 <= kappa:
        return Cosets(whole, log_rest)
    return Cosets(-(-needed // (1 << kappa)), None)


def cosets_needed(layout: Layout, kappa: int) -> int:
    """How many whole cosets of size 2^κ the quotient of this height is taken from."""
    count = cosets(layout, kappa).whole
    most = min(2 * layout.profile.blowup, MOST_COSETS)
    if count > most:
        raise ParametersRejected(f"the quotient needs {count} cosets, over {most}: use profile standard")
    return count


def require_cosets(layout: Layout) -> None:
    """ParametersRejected where the quotient of some height needs more cosets than there may be."""
    for kappa in layout.heights:
        cosets_needed(layout, kappa)


def constraint_weights(alpha: Ext, first: int, count: int) -> list[Ext]:
    """α^first, …: what `count` constraints, the first of them number `first` of its height, are weighed by."""
    begun = ext.power(alpha, first)
    return [ext.mul(begun, power) for power in ext.powers(alpha, count)]


def composition(layout: Layout, number: int, challenges: Challenges, terminal: Ext, weights: list[Ext]) -> Code:
    """Σ weight·selector·C/Z over the constraints of one instance; output rows 0 … 5."""
    instance = layout.instances[number]
    code = Code()
    nodes = NodeCode(code, instance)
    extra = coset_only(instance)
    own, count = len(instance.air.constraints), len(instance.air.groups)
    *phis, first, last = weights[own:]
    totals: dict[Kind, Reg] = {}

    def add(kind: Kind, term: Reg) -> None:
        totals[kind] = code.add(totals[kind], term) if kind in totals else term

    for constraint, weight in zip(instance.air.constraints, weights[:own], strict=True):
        if nodes.constant(constraint.node) == 0:  # of parameters alone, and met
            continue
        add(constraint.kind, code.scale(nodes.reg(constraint.node), weight))
    groups = group_fractions(nodes, challenges, [*phis, last])
    columns = [code.ext_load(EXTENSION, 6 * e) for e in range(count)]
    for column, fraction in zip(columns[:-1], groups[:-1], strict=True):
        if fraction is not None:
            add(Kind.EVERY, code.sub(code.mul(column, fraction[1]), fraction[0]))
    accumulator = columns[-1]
    add(Kind.FIRST, code.scale(accumulator, first))
    step = code.sub(code.ext_next(EXTENSION, 6 * (count - 1)), accumulator)
    for column in columns[:-1]:
        step = code.sub(step, column)
    step = code.sub(step, linear_terms(nodes, layout, number, challenges))
    step = code.add(step, code.scale(code.load(PUBLIC, LAST), terminal))
    if groups[-1] is None:
        add(Kind.EVERY, code.scale(step, last))
    else:
        add(Kind.EVERY, code.sub(code.mul(step, groups[-1][1]), groups[-1][0]))
    every = totals[Kind.EVERY]
    if Kind.TRANSITION in totals:
        every = code.add(every, code.mul(totals[Kind.TRANSITION], code.load(PUBLIC, extra + TRANSITION)))
    result = code.mul(every, code.periodic(INVERSE_Z))
    result = code.add(result, code.mul(totals[Kind.FIRST], code.load(PUBLIC, extra + FIRST_Z)))
    if Kind.LAST in totals:
        result = code.add(result, code.mul(totals[Kind.LAST], code.load(PUBLIC, extra + LAST_Z)))
    code.store(0, result)
    return code


def constraint_count(instance: Instance) -> int:
    """The number of constraints of an instance, LogUp ones included."""
    return len(instance.air.constraints) + len(instance.air.groups) + 1


def periodic_values(values: np.ndarray, instance: Instance, shift: int, log_size: int) -> tuple[np.ndarray, int]:
    """A periodic table (rows, period) on the coset shift·⟨ω⟩ of size 2^log_size, and how far to shift a position."""
    period = values.shape[1]
    log_period = max(0, period.bit_length() - 1 + log_size - instance.k)
    point = pow(shift, instance.rows // period, P)
    out = evaluate_cosets(interpolate(values), log_period, [point])[:, 0]
    return out, log_size - log_period


def periodic_tables(layout: Layout, number: int, delta: Ext) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The blind's weights u^i, i mod 8 < 6 (6, 8); the buckets' weights δ^b (6, G); the bucket's number (1, G)."""
    buckets = layout.instances[number].buckets
    weights = np.array(ext.powers(delta, buckets), np.uint32).T.copy()
    return np.eye(6, 8, dtype=np.uint32), weights, np.arange(buckets, dtype=np.uint32)[None]


@dataclass(frozen=True)
class Selectors:
    """On one coset: L_0, L_{N−1}; L_0/Z, X − g^−1, L_{N−1}/Z; 1/Z, of which one value serves 2^k positions, or all; the
    position of g·x for each x."""

    first: np.ndarray
    last: np.ndarray
    over_z: tuple[np.ndarray, np.ndarray, np.ndarray]
    inverse_z: np.ndarray
    following: np.ndarray


def selectors(k: int, kappa: int, shift: int, *, apart: bool = False) -> Selectors:
    """For tables of 2^k rows, in the order of positions on shift·⟨ω_{2^κ}⟩.

    apart: g·x is not looked for on the coset, but as far behind x as the coset is long.
    """
    rows, values = 1 << k, max(0, kappa - k)
    g_inverse = inv(root_of_unity(k))
    points = vector.coset_points(kappa, shift)
    z = vector.add_constant(vector.coset_points(values, pow(shift, rows, P)), -1)
    first = vector.scale(vector.batch_inverse(vector.add_constant(points, -1)), inv(rows))
    transition = vector.add_constant(points, -g_inverse)
    last = vector.scale(vector.batch_inverse(transition), g_inverse * inv(rows) % P)
    ends = (first, last)
    over_z = [vector.scale(x, int(z[0])) if values == 0 else vector.mul(x, np.repeat(z, rows)) for x in ends]
    return Selectors(
        over_z[0],
        over_z[1],
        (first, transition, last),
        vector.batch_inverse(z)[None],
        np.arange(1 << kappa, 2 << kappa, dtype=np.int32) if apart else following(k, kappa),
    )


@lru_cache(maxsize=2)
def following(k: int, kappa: int) -> np.ndarray:
    """(2^κ,) int32: on any coset, the position of g·x for the x of each position; g generates the trace of 2^k rows."""
    order = bit_reverse_indices(kappa)
    found: np.ndarray = order[(order + (1 << (kappa - k))) & ((1 << kappa) - 1)].astype(np.int32)
    return found


def coset_rows(
    layout: Layout,
    number: int,
    challenges: Challenges,
    shift: int,
    sources: Columns,
    weights: np.ndarray | None,
    known: dict[int, Selectors],
    small: int | None = None,
) -> Rows:
    """All that `composition` reads of one instance on shift·⟨ω_{2^κ}⟩; weights: coefficients (6, N) of W or V.

    known: selectors by k, of this coset; what is missing is added. small: it has so small a size instead, and the
    sources have its values and then those at g·x.
    """
    instance = layout.instances[number]
    kappa, k = instance.kappa if small is None else small, instance.k
    if k not in known:
        known[k] = selectors(k, kappa, shift, apart=small is not None)
    chosen = known[k]
    extra = coset_only(instance)
    public = workspace.take(extra + 3, 1 << kappa)
    public[FIRST], public[LAST] = chosen.first, chosen.last
    public[extra + FIRST_Z], public[extra + TRANSITION], public[extra + LAST_Z] = chosen.over_z
    if weights is not None:
        evaluate_cosets(weights, kappa, [shift], out=public[WEIGHTS:extra][:, None, :])
    tables = [
        *(
            periodic_values(table, instance, shift, kappa)
            for table in periodic_tables(layout, number, challenges.delta)
        ),
        (chosen.inverse_z, min(k, kappa)),
    ]
    return Rows((*sources, public), chosen.following, tuple(t for t, _ in tables), tuple(s for _, s in tables))


class Held(NamedTuple):
    """Columns by their polynomials (w, d), and their values (cosets, w, 2^κ) on as many cosets as these are kept of."""

    polynomials: np.ndarray
    values: np.ndarray

    def on(self, block: int, kappa: int, shift: int) -> np.ndarray:
        """(w, 2^κ) on the coset of this shift, which is the domain's block where that has so many."""
        if block < self.values.shape[0]:
            kept: np.ndarray = self.values[block]
            return kept
        return evaluate_cosets(self.polynomials, kappa, [shift])[:, 0]


class Blocks(NamedTuple):
    """Columns of an instance at height κ, on each block of its domain and on cosets outside.

    A log's, of which `log_polynomials` has those that are read, are looked up only when they are used.
    """

    kappa: int
    log: Extension | None
    log_polynomials: np.ndarray | None
    witness: Held
    extension: Held

    def on(self, block: int, shift: int, log_columns: Sequence[int]) -> Columns:
        """Log, witness and extension columns on one block; after the domain's on the coset of this shift.

        Of the log's only the `log_columns`, in this order.
        """
        log = np.zeros((1, 1), np.uint32)
        if self.log is not None and block < self.log.rows.shape[0]:
            log = self.log.block(block, log_columns)
        elif self.log_polynomials is not None:
            log = evaluate_cosets(self.log_polynomials, self.kappa, [shift])[:, 0]
        return log, self.witness.on(block, self.kappa, shift), self.extension.on(block, self.kappa, shift)

    def near(self, log_size: int, shift: int, g: int) -> Columns:
        """The same on a small coset, the log's, and on that and g times it, one after the other, the others'."""
        log = np.zeros((1, 1), np.uint32)
        if self.log_polynomials is not None:
            log = evaluate_cosets(self.log_polynomials, log_size, [shift])[:, 0]
        both = [shift, shift * g % P]
        witness, extension = (
            evaluate_cosets(held.polynomials, log_size, both).reshape(-1, 2 << log_size)
            for held in (self.witness, self.extension)
        )
        return log, witness, extension


def quotient_coefficients(
    layout: Layout,
    kappa: int,
    challenges: Challenges,
    alpha: Ext,
    terminals: list[Ext],
    sources: Mapping[int, Blocks],
    weights: Mapping[int, np.ndarray],
) -> np.ndarray:
    """(6, n) coefficients of Q, n ≥ their number; sources: of each instance; weights: coefficients, of those that have
    them."""
    plan, size = cosets(layout, kappa), 1 << kappa
    shifts = coset_shifts(kappa, layout.profile.log_blowup + 1)[: plan.whole + 1]  # the domain's blocks first
    codes: dict[int, Packed] = {}
    first = 0
    for number in layout.at_height(kappa):
        weighed = constraint_weights(alpha, first, constraint_count(layout.instances[number]))
        code = composition(layout, number, challenges, terminals[number], weighed)
        code.renumber(LOG, layout.instances[number].air.log_columns)  # what `on` gives
        codes[number] = code.pack()
        first += len(weighed)

    def fill(total: list[np.ndarray], shift: int, block: int | None) -> None:
        """Q's values on the domain's block of this shift, or on a small coset of it."""
        known: dict[int, Selectors] = {}
        out = workspace.take(6, total[0].shape[0])
        for number, packed in codes.items():
            instance = layout.instances[number]
            if block is not None:
                columns = sources[number].on(block, shift, instance.air.log_columns)
            else:
                columns = sources[number].near(plan.rest or 0, shift, root_of_unity(instance.k))
            given = (layout, number, challenges, shift, columns, weights.get(number), known)
            execute(packed, coset_rows(*given) if block is not None else coset_rows(*given, plan.rest), out)
            vector.accumulate(total, out, begin=number == next(iter(codes)))

    values = workspace.take(6, plan.whole, size)
    for block, shift in enumerate(shifts[: plan.whole]):
        fill([row[block] for row in values], shift, block)
    whole = interpolate_cosets(values, shifts[: plan.whole], in_place=True)
    if plan.rest is None:
        return whole
    there = workspace.take(6, 1 << plan.rest)
    fill(list(there), shifts[-1], None)
    return _lengthened(whole, kappa, shifts[:-1], there, shifts[-1])


def _lengthened(whole: np.ndarray, kappa: int, shifts: list[int], there: np.ndarray, shift: int) -> np.ndarray:
    """Q = A + M·E: A agrees with it on the cosets of `shifts`, M = Π (X^n − y_i) is 0 there, n = 2^κ and y_i = shift^n.

    whole: A (6, count·n); there: Q's values (6, s) on shift·⟨ω_s⟩, where M is one number, since s divides n.
    """
    size, small = 1 << kappa, there.shape[1]
    factors = [1]  # of M in Y = X^n
    for y in (pow(each, size, P) for each in shifts):
        factors = [(a - y * b) % P for a, b in zip([0, *factors], [*factors, 0], strict=True)]
    power = pow(shift, size, P)
    here = sum(factor * pow(power, j, P) for j, factor in enumerate(factors)) % P
    known = evaluate_cosets(whole, small.bit_length() - 1, [shift])[:, 0]
    rest = np.ascontiguousarray(vector.scale(vector.sub(there, known), inv(here)))
    excess = interpolate_cosets(rest[:, None], [shift])
    longer = workspace.take(6, whole.shape[1] + small)
    longer[:, : whole.shape[1]] = whole
    longer[:, whole.shape[1] :] = excess
    for j, factor in enumerate(factors[:-1]):
        part = [row[j * size : j * size + small] for row in longer]
        vector.accumulate(part, vector.scale(excess, factor))
    return longer


def blinded_chunks(layout: Layout, kappa: int, coefficients: np.ndarray, stream: Keystream) -> np.ndarray:
    """(chunks, 6, d): Q'_i = Q_i + X^t·b_i − b_(i−1), with Q = Σ X^(t·i)·Q_i and uniform b_i of 128 coefficients."""
    d = layout.degree(kappa)
    t = d - CHUNK_BLIND
    count = layout.chunks[layout.heights.index(kappa)]
    chunks = workspace.take(count, 6, d)
    for i, chunk in enumerate(chunks):
        part = coefficients[:, i * t : (i + 1) * t if i < count - 1 else i * t + d]
        chunk[:, : part.shape[1]] = part
        chunk[:, part.shape[1] :] = 0
    for i in range(count - 1):
        blind = stream.field(f"chunk {kappa} {i}", 6 * CHUNK_BLIND).reshape(6, CHUNK_BLIND)
        chunks[i][:, t:] = vector.add(np.ascontiguousarray(chunks[i][:, t:]), blind)
        low = np.ascontiguousarray(chunks[i + 1][:, :CHUNK_BLIND])
        chunks[i + 1][:, :CHUNK_BLIND] = vector.sub(low, blind)
    return chunks
