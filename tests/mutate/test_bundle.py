"""Two thousand broken proof files: all refused, each with an error of ours, none slow; every statement byte matters."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.support import Proved
from zkcompliance import errors
from zkcompliance.verify.statement import decode_statement

WORKER = Path(__file__).with_name("worker.py")
MUTANTS = 2000
LONG_MUTANTS = 50_000
SLOWEST = 2_000  # pieces of work

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def place(rng: random.Random, data: bytes, room: int = 1) -> int:
    """Anywhere, or (half of the time) in the first 6 KiB: frame, statement, programs, roots, values, FRI."""
    end = len(data) - room
    return rng.randrange(end if rng.random() < 0.5 else min(end, 6 << 10))


def flip_bit(rng: random.Random, data: bytes, _: bytes) -> bytes:
    made = bytearray(data)
    made[place(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(made)


def change_bytes(rng: random.Random, data: bytes, _: bytes) -> bytes:
    made = bytearray(data)
    at = place(rng, data)
    size = rng.choice([1, 1, 2, 4, 32])
    made[at : at + size] = rng.randbytes(len(made[at : at + size]))
    return bytes(made)


def edge_word(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """A u32 that is 0, 1, p − 1, p, p + 1 or all ones."""
    made = bytearray(data)
    at = place(rng, data, 4)
    made[at : at + 4] = rng.choice([0, 1, support.P - 1, support.P, support.P + 1, 2**32 - 1]).to_bytes(4, "little")
    return bytes(made)


def truncate(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return data[: rng.choice([rng.randrange(len(data)), len(data) - rng.randrange(1, 64)])]


def extend(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return data + rng.choice([b"\0", rng.randbytes(rng.randrange(1, 64)), data])


def splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """The beginning of one proof file and the rest of another."""
    at = place(rng, data)
    return data[:at] + other[at:]


def transplant(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """A slice of another proof file in the same place."""
    at, size = place(rng, data), rng.choice([24, 32, 500, 20_000])
    return data[:at] + other[at : at + size] + data[at + size :]


def remove(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at, size = place(rng, data), rng.choice([1, 4, 24, 32, 1000])
    return data[:at] + data[at + size :]


def repeat(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at, size = place(rng, data), rng.choice([1, 4, 24, 32, 1000])
    return data[: at + size] + data[at : at + size] + data[at + size :]


def exchange(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Two slices of one length change places."""
    size = rng.choice([24, 32, 64])
    a, b = sorted(rng.sample(range(0, len(data) - size, size), 2))
    return data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]


def frame(data: bytes) -> list[tuple[int, int]]:
    """Where the frame's numbers and lengths stand, each with its bytes; behind the last one is the proof."""
    fields: list[tuple[int, int]] = []

    def number(at: int, size: int) -> int:
        fields.append((at, size))
        return int.from_bytes(data[at : at + size], "little")

    at = 10 + number(6, 4)  # the statement
    for size in (4, 2):  # lengths of programs, of notes
        count = number(at, 1)
        at += 1
        for _ in range(count):
            at += size + number(at, size)
    number(at, 4)  # the proof
    return fields


def length_field(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """One of the numbers and lengths of the outer frame, or of those within the statement, is another number."""
    at, size = rng.choice([*frame(data), (17, 2)])
    old = int.from_bytes(data[at : at + size], "little")
    new = rng.choice(
        [0, 1, old - 1, old + 1, 2 * old, 2 ** (8 * size) - 1, 2 ** (8 * size - 1), rng.randrange(2 ** (8 * size))]
    )
    return data[:at] + (new % 2 ** (8 * size)).to_bytes(size, "little") + data[at + size :]


MUTATIONS: list[Mutation] = [
    flip_bit, flip_bit, change_bytes, change_bytes, edge_word, truncate, extend, splice, transplant, remove, repeat,
    exchange, length_field,
]  # fmt: skip


def outcomes(mutants: Iterable[bytes], workers: int = 2) -> list[tuple[str, float]]:
    """What the verifier says of each, in processes of its own."""
    items = list(mutants)

    def run(part: list[bytes]) -> list[tuple[str, float]]:
        sent = b"".join(len(data).to_bytes(4, "little") + data for data in part)
        command = [sys.executable, str(WORKER), support.SIGNER.verifier.text]
        done = subprocess.run(command, input=sent, capture_output=True, check=True, env=support.ENVIRONMENT)
        lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
        return [(name, float(work)) for name, work in lines]

    parts = [items[i::workers] for i in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(run, parts))
    result: list[tuple[str, float]] = [("", 0.0)] * len(items)
    for i, part in enumerate(found):
        result[i::workers] = part
    return result


def all_refused(found: list[tuple[str, float]]) -> Counter[str]:
    for name, work in found:
        assert issubclass(getattr(errors, name, int), errors.ZkComplianceError), name
        assert name != "InternalError"
        assert work < SLOWEST, (name, work)
    return Counter(name for name, _ in found)


@pytest.fixture(scope="module")
def bundles(by_profile: dict[str, Proved], two_segments: Proved, honest: Proved) -> list[bytes]:
    """Six proof files; two of one statement, so that a splice can be of equals; the last one of two claims."""
    again = support.prove(support.prover(honest.prover.tables, name="again"))
    return [p.bundle() for p in (*by_profile.values(), two_segments, again, two_claims(honest))]


def two_claims(honest: Proved) -> Proved:
    """The claim twice over the rows of one log, for two requirements and with one limit each."""
    stated, tables = honest.prover.statement, honest.prover.tables
    (claim,) = stated.claims
    claims, private, unknowns = [], [], []
    given = {"compute": [table.columns for table in tables]}
    for requirement, more in (("a", 0), ("b", 5)):
        publics = {**support.PUBLICS, "limit": support.PUBLICS["limit"] + more}
        values = tuple(publics[public.name] for public in claim.program.publics)
        claims.append(replace(claim, requirement=requirement, publics=values))
        witness = support.CLAIM.witness(given, publics)
        private += witness.private
        unknowns += witness.unknowns
    both = replace(stated, claims=tuple(claims))
    return support.prove(type(honest.prover)(both, tables, private, unknowns, support.seed("two claims")))


def mutants(bundles: list[bytes], count: int, seed: int) -> Iterable[bytes]:
    rng = random.Random(seed)
    pristine = set(bundles)
    while count:
        data = rng.choice(bundles)
        other = rng.choice(bundles)
        made = rng.choice(MUTATIONS)(rng, data, other)
        if made not in pristine:
            count -= 1
            yield made


def test_two_thousand_mutants(bundles: list[bytes]) -> None:
    assert {name for name, _ in outcomes(bundles)} == {"ACCEPTED"}
    kinds = all_refused(outcomes(mutants(bundles, MUTANTS, 2026)))
    assert sum(kinds.values()) == MUTANTS
    # the checks that random damage reaches
    expected = {
        "MalformedBundle", "MalformedStatement", "ProgramMismatch", "MalformedProof", "LimitExceeded",
        "OpeningMismatch", "QuotientMismatch", "GrindingRejected",
    }  # fmt: skip
    assert expected <= set(kinds), kinds


@pytest.mark.long
def test_many_more_mutants(bundles: list[bytes]) -> None:
    for seed in range(LONG_MUTANTS // MUTANTS):
        all_refused(outcomes(mutants(bundles, MUTANTS, seed)))


def test_every_byte_of_the_statement_matters(bundles: list[bytes]) -> None:
    """Each byte in turn, another bit of it each time; of one claim and of two."""
    for data in (bundles[0], bundles[-1]):
        size = int.from_bytes(data[6:10], "little")
        made = []
        for i in range(10, 10 + size):
            changed = bytearray(data)
            changed[i] ^= 1 << i % 8
            made.append(bytes(changed))
        assert len(made) == size
        all_refused(outcomes(made))


def test_claims_do_not_change_places(bundles: list[bytes]) -> None:
    """Their requirements, publics, or one of them left out: the proof binds them all."""
    data = bundles[-1]
    size = int.from_bytes(data[6:10], "little")
    stated = decode_statement(data[10 : 10 + size])
    first, second = stated.claims
    made = []
    for claims in (
        (replace(first, publics=second.publics), second),
        (replace(first, publics=second.publics), replace(second, publics=first.publics)),
        (first,),
        (second,),
        (first, replace(second, requirement="c")),
        (first, second, replace(second, requirement="c")),
    ):
        encoded = replace(stated, claims=claims).encode()
        made.append(data[:6] + len(encoded).to_bytes(4, "little") + encoded + data[10 + size :])
    assert set(all_refused(outcomes(made))) <= {"QuotientMismatch", "MalformedProof", "OpeningMismatch"}


def test_every_byte_outside_the_proof_matters(bundles: list[bytes]) -> None:
    """Frame, program and signed note: a bit of each byte."""
    data = bundles[0]
    start = 10 + int.from_bytes(data[6:10], "little")
    proof_at = sum(frame(data)[-1])
    made = []
    for i in (*range(10), *range(start, proof_at)):
        changed = bytearray(data)
        changed[i] ^= 1 << i % 8
        made.append(bytes(changed))
    all_refused(outcomes(made))


def test_every_word_of_the_front_of_the_proof_matters(bundles: list[bytes]) -> None:
    """Roots, terminals and the nonce are few: each u32 of the first kilobyte, by one."""
    data = bundles[2]  # profile small
    proof_at = sum(frame(data)[-1])
    made = []
    for at in range(proof_at, proof_at + 1024, 4):
        word = (int.from_bytes(data[at : at + 4], "little") + 1) % 2**32
        made.append(data[:at] + word.to_bytes(4, "little") + data[at + 4 :])
    all_refused(outcomes(made))


def test_empty_and_tiny_files() -> None:
    made = [b"", b"\0", b"zkcb", b"zkcb\2\0", b"zkcb\2\0" + b"\xff" * 20, b"zkcb\1\0", bytes(1000)]
    all_refused(outcomes(made))
