"""The prover, step by step as in docs/spec/proof.md. Each step is a method: dishonest provers in tests replace one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from zkcompliance.errors import ProofRefused
from zkcompliance.progress import Progress, silent
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.air.weights import Challenges, cell_weights, tally_weights
from zkcompliance.stark.codec import u32s, u64
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.sha256 import grind
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field import workspace
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.field.ntt import interpolate
from zkcompliance.stark.fri.prover import fold_all
from zkcompliance.stark.prover.columns import Committed, commit_columns, mask
from zkcompliance.stark.prover.lookups import extension_columns
from zkcompliance.stark.prover.openings import (
    InstancePolynomials,
    Opening,
    Powers,
    combine_openings,
    evaluate,
    openings,
)
from zkcompliance.stark.prover.quotient import (
    Blocks,
    Held,
    blinded_chunks,
    cosets_needed,
    quotient_coefficients,
)
from zkcompliance.stark.prover.witness import Trace, build_trace
from zkcompliance.stark.soundness import shapes_of, soundness
from zkcompliance.stark.statement import Statement
from zkcompliance.stark.transcript import Transcript

WITNESS_PHASE, EXTENSION_PHASE, QUOTIENT_PHASE = 1, 2, 3
STAGES = ("witness", "lookups", "quotient", "values", "fold", "open")
MOST_ROWS_BYTES = 1 << 30  # of the rows of several segments, held while they are not read


@dataclass
class Prover:
    """One proof. `seed` is 32 fresh bytes from the OS: masks, salts and blinds of this proof and of no other.

    tables: of every segment, in statement order; private: the witness columns (columns, N) of every claim's tables,
    claim by claim, table by table, segment by segment of its slot; unknowns: of every claim, in order.
    """

    statement: Statement
    tables: list[SealedTable]
    private: list[np.ndarray]
    unknowns: list[int]
    seed: bytes
    progress: Progress = silent
    seconds: dict[str, float] = field(default_factory=dict)
    _trace: Trace | None = field(default=None, init=False)

    def prove(self) -> bytes:
        """The proof bytes. ProofRefused or ParametersRejected where no proof can be made."""
        self.layout = lay_out(self.statement)
        self.profile = self.statement.profile
        self.queries = soundness(shapes_of(self.layout)).queries
        self.stream = Keystream(self.seed)
        self.transcript = Transcript("zkcompliance/stark/v2")
        self.transcript.absorb("profile", self.profile.encode())
        self.transcript.absorb("statement", self.statement.encode())
        for number, step in enumerate(
            (self.commit_witness, self.commit_lookups, self.commit_quotient, self.open_values, self.fold)
        ):
            self.progress("prove", number, len(STAGES))
            started = time.perf_counter()
            step()
            self.seconds[STAGES[number]] = time.perf_counter() - started
        self.progress("prove", len(STAGES) - 1, len(STAGES))
        started = time.perf_counter()
        proof = self.assemble()
        self.seconds[STAGES[-1]] = time.perf_counter() - started
        self.progress("prove", len(STAGES), len(STAGES))
        return proof

    def let_go(self) -> None:
        """Leave the largest arrays to the next proof; nothing can be opened any more."""
        for committed in (*self.witness, *self.extension, *self.quotients):
            committed.let_go()
        workspace.shrink()

    # Step 2

    def make_trace(self) -> Trace:
        return build_trace(self.layout, self.tables, self.private, self.unknowns, self.stream)

    @property
    def trace(self) -> Trace:
        """Every value on every row; made again where it was let go of, the same one."""
        if self._trace is None:
            self._trace = self.make_trace()
        return self._trace

    @trace.setter
    def trace(self, trace: Trace) -> None:
        self._trace = trace

    def forget_trace(self) -> None:
        """Let go of it, and of the rows of the logs where they can be read again: what is left to do needs neither."""
        self._trace = None
        for table in self.tables:
            table.forget_columns()

    @property
    def many_rows(self) -> bool:
        """Whether several segments have so many that each one's are let go of between two uses."""
        held = sum(4 * table.entry.width << table.entry.k for table in self.tables)
        return len(self.tables) > 1 and held > MOST_ROWS_BYTES

    def pass_on(self, number: int, *, trace: bool) -> None:
        """Let go of the rows behind an instance already, and of its trace, where there are many."""
        if self.many_rows and number < len(self.tables):
            self.tables[number].forget_columns()
        if self.many_rows and trace:
            self.trace.witness[number] = np.empty((0, 0), np.uint32)

    def commit_witness(self) -> None:
        self.logs = self.trace.tables
        self.log_polynomials = {}
        for number, table in self.logs.items():
            self.log_polynomials[number] = table.coefficients(list(self.layout.instances[number].air.log_columns))
            self.pass_on(number, trace=False)
        self.witness_polynomials = [
            mask(columns, self.profile.mask, self.stream, f"witness {number}")
            for number, columns in enumerate(self.trace.witness)
        ]
        self.witness = self._commit(WITNESS_PHASE, self.witness_polynomials, "witness")
        a, beta, delta = self.transcript.squeeze("lookup").exts(3)
        self.challenges = Challenges(a, beta, delta)

    # Step 3

    def commit_lookups(self) -> None:
        rows = self.layout.instances[-1].rows
        weights = np.zeros((6, rows), np.uint32)
        try:
            found = cell_weights(self.layout, self.challenges)
        except ZeroDivisionError:
            raise ProofRefused("a challenge met a value of a public table; try again") from None
        weights[:, : len(found)] = np.array(found, np.uint32).reshape(-1, 6).T
        self.weights = {len(self.layout.instances) - 1: weights, **tally_weights(self.layout, self.challenges)}
        self.extension_polynomials: list[np.ndarray] = []
        self.terminals: list[Ext] = []
        self.trace = Trace(self.trace.tables, list(self.trace.witness))  # one that nobody else holds
        for number in range(len(self.layout.instances)):
            columns, terminal = self.lookup_columns(number)
            self.pass_on(number, trace=True)
            self.extension_polynomials.append(mask(columns, self.profile.mask, self.stream, f"extension {number}"))
            self.terminals.append(terminal)
        self.forget_trace()
        self.extension = self._commit(EXTENSION_PHASE, self.extension_polynomials, "extension")
        self.transcript.absorb("terminals", u32s(x for terminal in self.terminals for x in terminal))
        self.alpha = self.transcript.squeeze("constraint").ext()

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        """The extension columns (6·groups, N) of one instance, and its terminal."""
        log, witness = self.trace.log_columns(number), self.trace.witness[number]
        return extension_columns(self.layout, number, self.challenges, log, witness, self.weights.get(number))

    # Step 4

    def commit_quotient(self) -> None:
        weights = {number: interpolate(values) for number, values in self.weights.items()}
        self.masks: dict[int, np.ndarray] = {}
        self.chunks: list[np.ndarray] = []
        parts = []
        for kappa in self.layout.heights:
            coefficients = self.quotient(kappa, weights)
            blinded = blinded_chunks(self.layout, kappa, coefficients, self.stream)
            d = self.layout.degree(kappa)
            chunks = np.reshape(blinded, (-1, d))
            self.masks[kappa] = self.stream.field(f"fri {kappa}", 6 * d).reshape(6, -1)
            self.chunks.append(chunks)
            parts.append([chunks, self.masks[kappa]])
            del coefficients
        self.quotients = self._commit_heights(QUOTIENT_PHASE, parts, "quotient")
        self.z = self.transcript.squeeze("point").ext_outside_base()

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        sources = {number: self._sources(number) for number in self.layout.at_height(kappa)}
        return quotient_coefficients(self.layout, kappa, self.challenges, self.alpha, self.terminals, sources, weights)

    def _sources(self, number: int) -> Blocks:
        """Log, witness and extension columns of an instance, block by block of its domain."""
        instance = self.layout.instances[number]
        height = self.layout.heights.index(instance.kappa)
        before = [i for i in self.layout.at_height(instance.kappa) if i < number]
        w0 = sum(self.layout.instances[i].witness_columns for i in before)
        e0 = 6 * sum(self.layout.instances[i].air.extension_columns for i in before)
        witness = self.witness[height].values[:, w0 : w0 + instance.witness_columns]
        extension = self.extension[height].values[:, e0 : e0 + 6 * instance.air.extension_columns]
        return Blocks(
            instance.kappa,
            self.logs[number].extension(self.progress) if number in self.logs else None,
            self.log_polynomials.get(number),
            Held(self.witness_polynomials[number], witness),
            Held(self.extension_polynomials[number], extension),
        )

    # Steps 5 and 6

    def open_values(self) -> None:
        polynomials = [
            InstancePolynomials(self.log_polynomials.get(i), witness, extension)
            for i, (witness, extension) in enumerate(
                zip(self.witness_polynomials, self.extension_polynomials, strict=True)
            )
        ]
        self.opened: list[Opening] = openings(self.layout, polynomials, self.chunks, self.z)
        powers = Powers()
        self.values: list[Ext] = [value for opening in self.opened for value in evaluate(opening, powers)]
        self.transcript.absorb("values", u32s(x for value in self.values for x in value))
        unread = [self.layout.instances[number].unread_columns for number in self.logs]
        coefficients = self.transcript.squeeze("batch").exts(len(self.values) + sum(len(u) + 1 for u in unread))
        own = iter(coefficients[len(self.values) :])
        tags: dict[int, list[tuple[Ext, np.ndarray, Ext]]] = {kappa: [] for kappa in self.layout.heights}
        combined: dict[int, list[np.ndarray]] = {kappa: [] for kappa in self.layout.heights}
        for columns, table in zip(unread, self.tables, strict=True):
            weights = list(islice(own, len(columns)))
            if columns:
                combined[table.entry.kappa].append(self.combine_unread(table, columns, weights))
            tags[table.entry.kappa].append((next(own), table.extension().tag, table.entry.tag_point()))
        self.batched: dict[int, np.ndarray] = {}
        for kappa in self.layout.heights:
            given = (self.masks[kappa], self.opened, coefficients, tags[kappa], combined[kappa])
            self.batched[kappa] = combine_openings(kappa, *given)
        self.opened, self.chunks, self.masks = [], [], {}  # the tallest arrays but the codewords: let them go
        self.log_polynomials, self.witness_polynomials, self.extension_polynomials = {}, [], []

    def combine_unread(self, table: SealedTable, columns: list[int], weights: list[Ext]) -> np.ndarray:
        """Σ e_c·T̂_c over the columns of a segment that its table does not read; their rows are let go again."""
        combined = table.combined(columns, weights)
        table.forget_columns()
        return combined

    # Step 7

    def fold(self) -> None:
        self.layers, self.final = fold_all(self.batched, self.profile.log_blowup, self.transcript)
        self.transcript.absorb("final", u32s(int(x) for x in self.final.T.reshape(-1)))

    # Steps 8 and 9

    def assemble(self) -> bytes:
        nonce = grind(self.transcript.state, self.profile.grinding)
        self.transcript.absorb("nonce", u64(nonce))
        positions = self.transcript.squeeze("queries").indices(self.queries, self.layout.domain_log2)
        out = [committed.tree.root for committed in (*self.witness, *self.extension)]
        out.append(u32s(x for terminal in self.terminals for x in terminal))
        out += [committed.tree.root for committed in self.quotients]
        out.append(u32s(x for value in self.values for x in value))
        out += [layer.tree.root for layer in self.layers]
        out += [u32s(int(x) for x in self.final.T.reshape(-1)), u64(nonce)]
        return b"".join(out + self.open_positions(positions))

    def open_positions(self, positions: list[int]) -> list[bytes]:
        out = []
        tallest = self.layout.heights[0]
        for table in self.tables:
            above = tallest - table.entry.kappa
            out.append(table.extension().tree.open(sorted({p >> above for p in positions}), table.rows))
        for committed in (*self.witness, *self.extension, *self.quotients):
            above = tallest - committed.kappa
            out.append(committed.open(sorted({p >> above for p in positions})))
        for layer in self.layers:
            positions = [p >> layer.layer.arity_log2 for p in positions]
            out.append(layer.tree.open(sorted(set(positions)), layer.rows))
        return out

    # Helpers

    def _commit(self, phase: int, polynomials: list[np.ndarray], label: str) -> list[Committed]:
        """One tree for each height, tallest first."""
        parts = [[polynomials[i] for i in self.layout.at_height(kappa)] for kappa in self.layout.heights]
        return self._commit_heights(phase, parts, label)

    def _commit_heights(self, phase: int, parts: list[list[np.ndarray]], label: str) -> list[Committed]:
        result = []
        for kappa, part in zip(self.layout.heights, parts, strict=True):
            needed = 0 if phase == QUOTIENT_PHASE else cosets_needed(self.layout, kappa)
            committed = commit_columns(phase, kappa, part, self.profile, self.stream, needed)
            self.transcript.absorb(label, committed.tree.root)
            result.append(committed)
        return result
