"""What the adversarial tests share: small sealed tables, provers over them, and the tools of a dishonest one.

Everything is deterministic: seeds are digests of names. Nothing here is needed to use the package.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import zkcompliance
from tests.kit import handwritten
from zkcompliance.errors import BalanceMismatch, ZkComplianceError
from zkcompliance.log import merkle as log_merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.signer import SignerKey
from zkcompliance.schemas import Schema
from zkcompliance.stark import transcript as prover_transcript
from zkcompliance.stark.air.program import RANGE_BUS, Program
from zkcompliance.stark.commit import table as table_module
from zkcompliance.stark.commit.cache import Extension
from zkcompliance.stark.commit.entry import Entry, encode_header, tag_challenge
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.merkle import TreeBuilder
from zkcompliance.stark.commit.table import SealedTable, coset_shifts, masked_coefficients
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field import vector
from zkcompliance.stark.field.babybear import P, inv, root_of_unity
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.field.ntt import bit_reverse_indices, evaluate_cosets, interpolate
from zkcompliance.stark.fri.prover import FRI_PHASE, CommittedLayer
from zkcompliance.stark.fri.schedule import Layer, fold_schedule
from zkcompliance.stark.profiles import by_id, by_name, degree_bound, log_mask
from zkcompliance.stark.prover import quotient as quotient_module
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import Trace
from zkcompliance.stark.statement import Statement, StatementClaim, StatementLog, encode_bundle
from zkcompliance.verify import constraints as verify_composition
from zkcompliance.verify import transcript as verifier_transcript
from zkcompliance.verify import verifier
from zkcompliance.verify.constraints import Opened, instance_constraints, public_columns
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.field import ZERO
from zkcompliance.verify.openings import CHUNK, EXTENSION, SEGMENT, WITNESS, Opening, opening_order
from zkcompliance.verify.program import decode_program
from zkcompliance.verify.shape import Shape, buckets, shape_of
from zkcompliance.verify.soundness import table as soundness_table
from zkcompliance.verify.statement import decode_statement
from zkcompliance.verify.verifier import Report, verify_proof
from zkcompliance.verify.weights import LookupChallenges, lookup_challenges, weigh, weigh_rows

CLAIM = handwritten.CLAIM
SCHEMA = handwritten.SCHEMA
PHASES = SCHEMA.column("phase").choices
ACT, PHASE, FLOP = 0, SCHEMA.limbs("phase")[0], list(SCHEMA.limbs("flop"))
COUNTED = 0b1111  # the claim's default phases
# (phase, flop): five counted rows, one of them with every limb in use, and an uncounted one
ROWS = [(0, 10**18), (1, 3), (4, 10**20), (2, 2**90 + 12345), (3, 65535), (0, 0)]
TOTAL = sum(flop for phase, flop in ROWS if COUNTED >> phase & 1)
LIMIT = 10**28
PUBLICS = {"limit": LIMIT, "phases": COUNTED}


# for a process of its own: the same package
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(zkcompliance.__file__).parents[1])}


def seed(name: str) -> bytes:
    """32 bytes that stand for OS randomness."""
    return sha256(b"test seed " + name.encode()).digest()


# Tables and statements


def table(rows: Sequence[tuple[int, int]], k: int = 3, schema: Schema = SCHEMA) -> np.ndarray:
    """A compute log of 2^k rows, the given ones real: (phase, flop); of the frozen schema, unless another is given."""
    columns = np.zeros((schema.width, 1 << k), np.uint32)
    for i, (phase, flop) in enumerate(rows):
        columns[ACT, i], columns[schema.limbs("phase")[0], i] = 1, phase
        for j, limb in enumerate(schema.limbs("flop")):
            columns[limb, i] = flop >> 16 * j & 0xFFFF
    return columns


def seal(
    columns: np.ndarray, name: str = "log", profile: str = "standard", digest: bytes = SCHEMA.digest
) -> SealedTable:
    """A sealed table with its extension in memory."""
    entry, kept = table_module._extend(columns, seed(name), by_name(profile), digest, None, lambda *_: None)
    made = SealedTable(columns, seed(name), entry, by_name(profile))
    made._cache = kept
    return made


def seal_words(
    polynomials: np.ndarray, words: np.ndarray, like: SealedTable, tag_of: np.ndarray | None = None
) -> SealedTable:
    """A dishonest sealer's table: a tree over any `words` (blowup, w, 2^κ), and the tag of these coefficients (w, d).

    `tag_of`: coefficients whose tag is published instead.
    """
    entry, size = like.entry, 1 << like.entry.kappa
    builder = TreeBuilder(0, like.profile.blowup * size)
    for block in range(like.profile.blowup):
        salts = Keystream(like._seed).words("salt", 8 * size, block * 8 * size).reshape(8, size)
        builder.add(block * size, salts, words[block])
    tree = builder.finish()
    header = encode_header(entry.profile, entry.schema_digest, entry.width, entry.k, entry.kappa)
    z0, weights = tag_challenge(header, tree.root, entry.width)

    def combined(source: np.ndarray) -> np.ndarray:
        out = np.zeros((6, max(degree_bound(entry.kappa), source.shape[1])), np.uint32)
        vector.combine_into(out, source, np.array(weights, np.uint32))
        return out

    published = combined(polynomials if tag_of is None else tag_of)
    made = SealedTable(
        like.columns, like._seed, replace(entry, root=tree.root, tag=vector.evaluate_ext(published, z0)), like.profile
    )
    made._cache = Extension(words, tree, combined(polynomials))
    return made


def log_polynomials(sealed: SealedTable, extra: int = 0) -> np.ndarray:
    """Masked coefficients of all columns, the masks `extra` longer than allowed."""
    entry = sealed.entry
    h = log_mask(entry.k, entry.kappa) + extra
    masks = np.stack([Keystream(sealed._seed).field(f"mask {c}", h) for c in range(entry.width)])
    return masked_coefficients(sealed.columns, masks)


def extend(polynomials: np.ndarray, kappa: int, log_blowup: int) -> np.ndarray:
    """(blowup, w, 2^κ) values in position order."""
    blocks = [evaluate_cosets(polynomials, kappa, [shift])[:, 0] for shift in coset_shifts(kappa, log_blowup)]
    return np.stack(blocks)


def checkpoint(entries: Sequence[Entry], origin: str = "memory") -> bytes:
    return Checkpoint(origin, len(entries), log_merkle.root([e.encode() for e in entries])).body.encode()


def statement(
    entries: Sequence[Entry], publics: dict[str, int], program: Program | None = None, head: bytes = b""
) -> Statement:
    program = program or CLAIM.program
    log = StatementLog(checkpoint(entries), tuple(entries))
    values = tuple(publics[public.name] for public in program.publics)
    claim = StatementClaim(program.claim, program, values, ((0,),))
    return Statement(by_id(entries[0].profile), head, (log,), (claim,))


def one_claim(
    program: Program,
    publics: Sequence[int],
    logs: Sequence[Sequence[Entry]],
    private: Sequence[int] = (),
    head: bytes = b"",
) -> Statement:
    """A statement of one claim, each of whose slots has one log of these entries: their origins are memory-0, …"""
    stated = tuple(StatementLog(checkpoint(entries, f"memory-{i}"), tuple(entries)) for i, entries in enumerate(logs))
    slots = tuple((number,) for number in range(len(stated)))
    claim = StatementClaim(program.claim, program, tuple(publics), slots, tuple(private))
    return Statement(by_id(logs[0][0].profile), head, stated, (claim,))


def only(stated: Statement) -> StatementClaim:
    """The claim of a statement that has one."""
    (claim,) = stated.claims
    return claim


def with_claim(stated: Statement, **changes: object) -> Statement:
    """The statement with these parts of its one claim changed."""
    return replace(stated, claims=(replace(only(stated), **changes),))  # type: ignore[arg-type]


def with_log(stated: Statement, log: StatementLog) -> Statement:
    """The statement with another log in the place of its one."""
    return replace(stated, logs=(log,))


def verify(stated: Statement, proof: bytes) -> Report:
    """What the independent verifier says, through its own decoders."""
    programs = [decode_program(claim.program.encoded) for claim in stated.claims]
    return verify_proof(decode_statement(stated.encode()), programs, proof)


# Provers


def prover(
    tables: list[SealedTable],
    publics: dict[str, int] | None = None,
    kind: type[Prover] = Prover,
    *,
    program: Program | None = None,
    private: list[np.ndarray] | None = None,
    unknowns: list[int] | None = None,
    head: bytes = b"",
    name: str = "proof",
) -> Prover:
    """A prover of the compute claim (or of another program) over tables in memory."""
    publics = publics or PUBLICS
    given = {"compute": [t.columns for t in tables]}
    witness = CLAIM.witness(given, publics)
    private = witness.private if private is None else private
    unknowns = witness.unknowns if unknowns is None else unknowns
    described = statement([t.entry for t in tables], publics, program, head)
    return kind(described, tables, private, unknowns, seed(name))


@dataclass(frozen=True)
class Proved:
    """A prover after its work, and what it sends."""

    prover: Prover
    proof: bytes

    @property
    def statement(self) -> bytes:
        return self.prover.statement.encode()

    @property
    def program(self) -> bytes:
        """Of its one claim."""
        return only(self.prover.statement).program.encoded

    @property
    def programs(self) -> list[bytes]:
        """Of its claims, in order."""
        return [claim.program.encoded for claim in self.prover.statement.claims]

    def verify(
        self, proof: bytes | None = None, statement: bytes | None = None, program: bytes | None = None
    ) -> Report:
        """What the independent verifier says of the bytes, or of others in their place; program: of all claims."""
        stated = decode_statement(statement or self.statement)
        programs = self.programs if program is None else [program] * len(self.programs)
        return verify_proof(stated, [decode_program(each) for each in programs], proof or self.proof)

    def bundle(self, signer: SignerKey | None = None) -> bytes:
        """The proof file."""
        notes = [(signer or SIGNER).sign(log.checkpoint.decode()).encode() for log in self.prover.statement.logs]
        return encode_bundle(self.prover.statement, notes, self.proof)


SIGNER = SignerKey("memory", sha256(b"the tests' signing key").digest())


def prove(made: Prover) -> Proved:
    return Proved(made, made.prove())


def refused(error: type[ZkComplianceError] | tuple[type[ZkComplianceError], ...], made: Prover | Proved) -> Proved:
    """The proof is refused with exactly this error; one of several where the bytes after a fault decide by chance."""
    proved = made if isinstance(made, Proved) else prove(made)
    with pytest.raises(error) as caught:
        proved.verify()
    assert caught.type in (error if isinstance(error, tuple) else (error,)), caught.value
    return proved


# Tools of a dishonest prover


def cells_of(made: Prover, trace: Trace) -> np.ndarray:
    """The column v of a trace: the cells, in order, to read and to write."""
    return trace.witness[-1][made.layout.table.cells]


def looked_up(made: Prover, trace: Trace, value: int, by: int) -> None:
    """Say of a value of 16 bits that it is looked up so many times more than before, on range bus 0."""
    table = made.layout.table
    row, pair = divmod(value, table.pairs)
    column = table.multiplicities(0).start + pair
    trace.witness[-1][column, row] = (int(trace.witness[-1][column, row]) + by) % P


def set_cell(made: Prover, trace: Trace, cell: int, value: int) -> None:
    """Another value of 16 bits in a cell, and the multiplicities with it."""
    v = cells_of(made, trace)
    looked_up(made, trace, int(v[cell]), -1)
    v[cell] = value
    looked_up(made, trace, value, 1)


def recount(made: Prover, trace: Trace) -> None:
    """The range multiplicities of a changed trace, counted again."""
    from zkcompliance.stark.air.check import node_values

    table = made.layout.table
    v = cells_of(made, trace)
    counts = np.bincount(v[v < 1 << 16], minlength=1 << 16)
    for number, instance in enumerate(made.layout.instances[:-1]):
        value = node_values(instance, trace.log_columns(number), trace.witness[number])
        for interaction in instance.air.interactions:
            if interaction.bus == RANGE_BUS:
                found = value(interaction.nodes[0])
                counts += np.bincount(found[found < 1 << 16], minlength=1 << 16)
    last = (1 << 16) // table.pairs
    trace.witness[-1][table.multiplicities(0), :last] = counts.reshape(last, table.pairs).T


def as_ext(values: Sequence[int]) -> Ext:
    a, b, c, d, e, f = (int(x) for x in values)
    return (a, b, c, d, e, f)


def random_ext(name: str) -> Ext:
    return as_ext(Keystream(seed(name)).field("element", 6))


def total(items: Sequence[Ext]) -> Ext:
    result = ext.ZERO
    for item in items:
        result = ext.add(result, item)
    return result


@dataclass(frozen=True)
class View:
    """What the verifier would compute from a prover's challenges and values: the tool of every adaptive attack."""

    made: Prover

    @property
    def shape(self) -> Shape:
        stated = decode_statement(self.made.statement.encode())
        programs = [decode_program(claim.program.encoded) for claim in self.made.statement.claims]
        return shape_of(stated, programs)

    @property
    def lookups(self) -> LookupChallenges:
        c = self.made.challenges
        return lookup_challenges(c.a, c.beta, c.delta, self.shape.bus_width)

    def balance(self, terminals: Sequence[Ext]) -> Ext:
        """Σ τ + the constants: zero is asked."""
        _, constant = weigh(self.shape, self.lookups)
        return ext.add(total(terminals), constant)

    def residuals(self, values: Sequence[Ext], terminals: Sequence[Ext]) -> list[Ext]:
        """For each height the two sides' difference at z: composition − quotient. Zero is asked."""
        shape, challenges = self.shape, self.lookups
        alpha, z = self.made.alpha, self.made.z
        weights, _ = weigh(shape, challenges)
        rows = weigh_rows(shape, weights, challenges.delta, z)
        at = dict(zip(opening_order(shape), values, strict=True))
        result = []
        for number, (height, chunks) in enumerate(zip(shape.heights, shape.chunks, strict=True)):
            composed, power = ext.ZERO, ext.ONE
            for i in shape.at_height(height):
                instance = shape.instances[i]
                opened = Opened(
                    {column: at[Opening(SEGMENT, i, column)] for column in instance.merged.log_columns},
                    [at[Opening(WITNESS, i, column)] for column in range(instance.witness_columns)],
                    {column: at[Opening(WITNESS, i, column, True)] for column in instance.merged.next_columns},
                    [at[Opening(EXTENSION, i, column)] for column in range(instance.extension_columns)],
                    at[Opening(EXTENSION, i, instance.extension_columns - 1, True)],
                )
                public = public_columns(instance.k, buckets(instance.k), z, challenges.delta)
                for value in instance_constraints(shape, instance, opened, public, challenges, terminals[i], rows[i]):
                    term = ext.mul(ext.mul(power, value), public.selectors.inverse_vanishing)
                    composed, power = ext.add(composed, term), ext.mul(power, alpha)
            step = self.step(height)
            for chunk in range(chunks):
                value = ext.mul(ext.power(step, chunk), at[Opening(CHUNK, number, chunk)])
                composed = ext.sub(composed, value)
            result.append(composed)
        return result

    def step(self, height: int) -> Ext:
        """z^t."""
        return ext.power(self.made.z, self.shape.degree(height) - 128)

    def index(self, opening: Opening) -> int:
        return opening_order(self.shape).index(opening)


@contextlib.contextmanager
def forgetful(*labels: str) -> Iterator[None]:
    """A protocol, on both sides, whose transcript does not absorb messages with these labels."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (prover_transcript, verifier_transcript):
            heard = module.Transcript.absorb

            def absorb(self, label: str, data: bytes, heard: Callable[..., None] = heard) -> None:  # type: ignore[no-untyped-def]
                if label not in labels:
                    heard(self, label, data)

            patch.setattr(module.Transcript, "absorb", absorb)
        yield


@contextlib.contextmanager
def without(module: object, name: str, instead: object = lambda *_, **__: None) -> Iterator[None]:
    """A verifier that lacks one check, remembers nothing of one that has it, and leaves nothing to be remembered."""
    remembering = decode_program.cache_clear, check_multiplicities.cache_clear, soundness_table.cache_clear
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, instead)
        for forget in remembering:
            forget()
        yield
    for forget in remembering:
        forget()


def unbalanced(made: Prover) -> Proved:
    """Refused by the balance of the buses, which is all that stands in its way."""
    proved = refused(BalanceMismatch, made)
    with without(verifier, "add", lambda *_: ZERO):
        proved.verify()
    return proved


class DroppedConstraints(Prover):
    """Proves in the protocol that lacks some constraints: (instance, index among its constraints)."""

    dropped: frozenset[tuple[int, int]] = frozenset()

    def quotient(self, kappa: int, weights: dict[int, np.ndarray]) -> np.ndarray:
        starts, at = {}, 0
        for number in self.layout.at_height(kappa):
            starts[at] = number
            at += quotient_module.constraint_count(self.layout.instances[number])
        honest = quotient_module.constraint_weights

        def fewer(alpha: Ext, first: int, count: int) -> list[Ext]:
            found = honest(alpha, first, count)
            return [ext.ZERO if (starts[first], e) in self.dropped else weight for e, weight in enumerate(found)]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(quotient_module, "constraint_weights", fewer)
            return super().quotient(kappa, weights)


@contextlib.contextmanager
def verifier_drops(dropped: frozenset[tuple[int, int]]) -> Iterator[None]:
    """A verifier that lacks the same constraints."""

    def fewer(shape: Shape, instance, *rest):  # type: ignore[no-untyped-def]
        number = next(i for i, known in enumerate(shape.instances) if known is instance)
        found = instance_constraints(shape, instance, *rest)
        return [ext.ZERO if (number, e) in dropped else value for e, value in enumerate(found)]

    with without(verify_composition, "instance_constraints", fewer):
        yield


# FRI on words: for codewords that are of no low degree


def word_of(polynomial: np.ndarray, kappa: int, log_blowup: int) -> np.ndarray:
    """(6, n): a polynomial (6, d) on the domain of its height, in position order."""
    return np.concatenate(list(extend(polynomial, kappa, log_blowup)), axis=1)


def domain_points(kappa: int, log_blowup: int) -> np.ndarray:
    """(n,): the point of every position."""
    bits = kappa + log_blowup
    return vector.scale(vector.powers(root_of_unity(bits), 1 << bits)[bit_reverse_indices(bits)], 31)


def fold_word(word: np.ndarray, beta: Ext, arity_log2: int) -> np.ndarray:
    """The fold of docs/spec/fri.md, from the values alone."""
    n = word.shape[1]
    arity, bits = 1 << arity_log2, n.bit_length() - 1
    leaves = n // arity
    omega = root_of_unity(arity_log2)
    order = bit_reverse_indices(arity_log2)
    y = vector.powers(inv(root_of_unity(bits)), leaves)[bit_reverse_indices(bits - arity_log2)].astype(np.uint64)
    elements = word.reshape(6, leaves, arity).astype(np.uint64)
    result = np.zeros((6, leaves), np.uint32)
    power = np.ones(leaves, np.uint64)
    p = np.uint64(P)
    for m in range(arity):
        part = np.zeros((6, leaves), np.uint64)
        for i in range(arity):
            twiddle = np.uint64(pow(omega, -m * int(order[i]), P))
            part = (part + elements[:, :, i] * twiddle % p) % p
        part = part * power % p * np.uint64(inv(arity)) % p
        power = power * y % p
        result = vector.add(result, vector.ext_scale(part.astype(np.uint32), ext.power(beta, m)))
    return result


def commit_word(word: np.ndarray, layer: Layer, log_blowup: int) -> CommittedLayer:
    """One FRI layer over any word."""
    arity, blocks = 1 << layer.arity_log2, 1 << log_blowup
    leaves = word.shape[1] // arity // blocks
    values = np.ascontiguousarray(
        word.reshape(6, blocks, leaves, arity).transpose(1, 3, 0, 2).reshape(blocks, 6 * arity, leaves)
    )
    builder = TreeBuilder(FRI_PHASE, leaves * blocks)
    for block in range(blocks):
        builder.add(block * leaves, np.empty((0, leaves), np.uint32), values[block])
    return CommittedLayer(layer, values, builder.finish())


def interpolate_word(word: np.ndarray) -> np.ndarray:
    """Coefficients of the polynomial with these values on ⟨ω_n⟩."""
    bits = word.shape[1].bit_length() - 1
    return interpolate(np.ascontiguousarray(word[:, bit_reverse_indices(bits)]))


class WordProver(Prover):
    """Folds words: whatever F_h the verifier will see, its fold is honest and its last polynomial the best guess."""

    def words(self) -> dict[int, np.ndarray]:
        return {kappa: word_of(self.batched[kappa], kappa, self.profile.log_blowup) for kappa in self.layout.heights}

    def fold(self) -> None:
        words = self.words()
        layers, final = fold_schedule(self.layout.heights)
        current = words[layers[0].kappa]
        self.layers = []
        for layer in layers:
            current = self.before_layer(len(self.layers), current)
            self.layers.append(commit_word(current, layer, self.profile.log_blowup))
            self.transcript.absorb("fri", self.layers[-1].tree.root)
            beta = self.transcript.squeeze("fold").ext()
            current = fold_word(current, beta, layer.arity_log2)
            if layer.rolls_in:
                weight = ext.power(beta, 1 << layer.arity_log2)
                current = vector.add(current, vector.ext_scale(words[layer.kappa - layer.arity_log2], weight))
        self.last_word = current
        self.final = self.final_polynomial(current, self.layout.degree(final))
        self.transcript.absorb("final", self.final_bytes())

    def before_layer(self, number: int, word: np.ndarray) -> np.ndarray:
        return word

    def final_polynomial(self, word: np.ndarray, count: int) -> np.ndarray:
        return np.ascontiguousarray(interpolate_word(word)[:, :count])

    def final_bytes(self) -> bytes:
        return self.final.T.astype("<u4").tobytes()


class ForgedValues(WordProver):
    """States other out-of-domain values than its polynomials have, and folds the F_h that the verifier will see."""

    follow = True  # fold the verifier's F_h; otherwise the honest one

    def forge(self, values: list[Ext]) -> list[Ext]:
        return values

    def open_values(self) -> None:
        """As the honest one, with the forged values absorbed."""
        made, absorb = self, self.transcript.absorb

        def forging(label: str, data: bytes) -> None:
            if label == "values":
                made.true_values = made.values
                made.values = made.forge(list(made.values))
                data = b"".join(np.array(v, "<u4").tobytes() for v in made.values)
            absorb(label, data)

        squeeze = self.transcript.squeeze

        def listening(label: str):  # type: ignore[no-untyped-def]
            stream = squeeze(label)
            if label == "batch":
                exts = stream.exts

                def keep(count: int) -> list[Ext]:
                    made.coefficients = exts(count)
                    return made.coefficients

                stream.exts = keep
            return stream

        self.transcript.absorb, self.transcript.squeeze = forging, listening  # type: ignore[method-assign]
        super().open_values()
        del self.transcript.absorb, self.transcript.squeeze  # type: ignore[attr-defined]

    def words(self) -> dict[int, np.ndarray]:
        found = super().words()
        if not self.follow:
            return found
        shape = View(self).shape
        for opening, coefficient, true, stated in zip(
            opening_order(shape), self.coefficients, self.true_values, self.values, strict=False
        ):
            if true == stated:
                continue
            kappa = shape.heights[opening.owner] if opening.part == CHUNK else shape.instances[opening.owner].kappa
            point = self.z
            if opening.shifted:
                point = ext.scale(point, root_of_unity(shape.instances[opening.owner].k))
            x = domain_points(kappa, self.profile.log_blowup)
            difference = np.zeros((6, x.size), np.uint32)
            difference[0] = x
            difference = vector.sub(difference, np.repeat(np.array(point, np.uint32)[:, None], x.size, axis=1))
            factor = ext.mul(coefficient, ext.sub(true, stated))
            found[kappa] = vector.add(found[kappa], vector.ext_scale(vector.ext_batch_inverse(difference), factor))
        return found


class SatisfyingValues(ForgedValues):
    """At z, a chunk's value that satisfies the identity at each height, whatever the columns are."""

    def forge(self, values: list[Ext]) -> list[Ext]:
        view = View(self)
        for height, residual in enumerate(view.residuals(values, self.terminals)):
            at = view.index(Opening(CHUNK, height, 0))
            values[at] = ext.add(values[at], residual)
        return values


class Balanced(Prover):
    """A terminal that balances a false bus: the constraints of the cells table do not hold."""

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        columns, terminal = super().lookup_columns(number)
        if number == len(self.layout.instances) - 1:
            terminal = ext.sub(terminal, View(self).balance([*self.terminals, terminal]))
        return columns, terminal


class OpensTheSealed(Prover):
    """Proves over its own table and opens the rows of the sealed one."""

    real: SealedTable

    def open_positions(self, positions: list[int]) -> list[bytes]:
        mine, self.tables = self.tables, [self.real]
        found = super().open_positions(positions)
        self.tables = mine
        return found
