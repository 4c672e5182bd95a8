"""Faults of a union: the first one ends it, before anything behind it is read; and whatever a statement is rewritten
to, the verifier has an error of its own for it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from tests.kit import support, unions
from tests.kit import vocabulary as words
from tests.kit.support import ROWS, SCHEMA, Proved, table
from tests.kit.unions import compute, log_of, of_language
from zkcompliance import schemas
from zkcompliance.errors import (
    BracketNotBacked,
    CheckpointMismatch,
    GrindingRejected,
    InternalError,
    LimitExceeded,
    OpeningMismatch,
    ProgramMismatch,
    QuotientMismatch,
    StatementMismatch,
    ZkComplianceError,
)
from zkcompliance.verify import verifier
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.openings import opening_order
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.shape import shape_of
from zkcompliance.verify.statement import ClaimStatement, LogStatement, Statement, decode_statement

CHIP = {"kind": "h100_sxm", "owner": "lab", "from": 0, "until": 5, "peak": "1e15", "site": "s"}
DIGESTS = {"compute": SCHEMA.digest, "other": SCHEMA.digest, "used": schemas.chip.digest, "banned": schemas.chip.digest}


@pytest.fixture(scope="module")
def made() -> Proved:
    """Four claims over four logs, one of two segments; lookups, sums, general buses and a private table."""
    chips = {name: log_of(schemas.chip, [{**CHIP, "chip": name}]) for name in ("used", "banned")}
    logs = {"compute": [table(ROWS), table(ROWS[:2], 4)], "other": [table([(0, 5)])], **chips}
    wanted = [
        compute("a"), compute("b", limit=10**29), compute("c", ["compute", "other"]),
        of_language(words.absent, {"used": ["used"], "banned": ["banned"]}),
    ]  # fmt: skip
    return support.prove(unions.union(logs, DIGESTS, wanted).prover())


@dataclass
class Opened:
    """How far the proof was read."""

    bytes: int = 0


@pytest.fixture
def read() -> Iterator[Opened]:
    found = Opened()

    class Counting(Reader):
        def take(self, count: int) -> bytes:
            taken = super().take(count)
            found.bytes += count
            return taken

    with support.without(verifier, "Reader", Counting):
        yield found


def decoded(made: Proved) -> tuple[Statement, list[Program]]:
    return decode_statement(made.statement), [decode_program(each) for each in made.programs]


def ends(made: Proved) -> dict[str, int]:
    """Where each section of the proof ends."""
    shape = shape_of(*decoded(made))
    roots = 32 * len(shape.heights)
    sizes = {
        "witness": roots, "extension": roots, "terminals": 24 * len(shape.instances), "quotient": roots,
        "values": 24 * len(opening_order(shape)), "fri": 32 * len(shape.layers),
        "final": 24 * shape.degree(shape.final_size), "nonce": 8,
    }  # fmt: skip
    found, at = {}, 0
    for name, size in sizes.items():
        at += size
        found[name] = at
    return found


def test_the_first_fault_of_a_proof_ends_it(made: Proved, read: Opened) -> None:
    """In the last byte of each section: what is behind the check that sees it is not read."""
    places = ends(made)
    made.verify()
    assert read.bytes == len(made.proof)
    seen = {"witness": "values", "extension": "values", "terminals": "values", "quotient": "values", "values": "values",
            "fri": "nonce", "final": "nonce", "nonce": "nonce"}  # fmt: skip
    for name, until in seen.items():
        read.bytes, changed = 0, bytearray(made.proof)
        changed[places[name] - 4] ^= 1
        with pytest.raises(QuotientMismatch if until == "values" else GrindingRejected):
            made.verify(bytes(changed))
        assert read.bytes == places[until], name
    trees = len(made.prover.tables) + 3 * len(made.prover.layout.heights) + len(made.prover.layers)
    assert trees >= 9
    for at in (places["nonce"] + 1, places["nonce"] + 33):
        read.bytes, changed = 0, bytearray(made.proof)
        changed[at] ^= 1
        with pytest.raises(OpeningMismatch):
            made.verify(bytes(changed))
        assert read.bytes < places["nonce"] + (len(made.proof) - places["nonce"]) // 4  # the first tree alone


def of_claim(number: int, **changes: object) -> Callable[[Statement], Statement]:
    def change(stated: Statement) -> Statement:
        claims = list(stated.claims)
        claims[number] = replace(claims[number], **changes)  # type: ignore[arg-type]
        return replace(stated, claims=tuple(claims))

    return change


def of_log(number: int, change_log: Callable[[LogStatement], LogStatement]) -> Callable[[Statement], Statement]:
    def change(stated: Statement) -> Statement:
        logs = list(stated.logs)
        logs[number] = change_log(logs[number])
        return replace(stated, logs=tuple(logs))

    return change


NEVER_READ: dict[str, tuple[Callable[[Statement], Statement], type[ZkComplianceError]]] = {
    "a bracket": (of_log(0, lambda log: replace(log, brackets=((0, 5),) * len(log.entries))), BracketNotBacked),
    "a root of a log": (
        of_log(1, lambda log: replace(log, entries=tuple(replace(e, root=bytes(32)) for e in log.entries))),
        CheckpointMismatch,
    ),
    "another version": (of_claim(0, version=9), StatementMismatch),
    "another program": (of_claim(0, program_digest=bytes(32)), ProgramMismatch),
    "a log of another schema": (of_claim(2, slots=((1, 3),)), StatementMismatch),
    "a private table more": (of_claim(2, private=(3,)), StatementMismatch),
    "a public over its bits": (of_claim(3, publics=(1 << 300, 1)), StatementMismatch),
}


@pytest.mark.parametrize("name", NEVER_READ)
def test_a_fault_of_the_statement_ends_it_before_the_proof(made: Proved, read: Opened, name: str) -> None:
    change, error = NEVER_READ[name]
    stated, programs = decoded(made)
    with pytest.raises(error):
        verifier.verify_proof(change(stated), programs, made.proof)
    assert read.bytes == 0


def test_a_union_over_a_limit_ends_before_the_proof(made: Proved, read: Opened) -> None:
    """65 claims; more steps, cells and columns than there may be, with a lowered limit each."""
    stated, programs = decoded(made)
    (first,) = [each for each in stated.claims if each.requirement == "a"]
    many = [replace(first, requirement=f"a{number:02}") for number in range(62)]
    claims = tuple(sorted((*stated.claims, *many), key=lambda each: each.requirement.encode()))
    by_digest = {each.program_digest: program for each, program in zip(stated.claims, programs, strict=True)}
    over = replace(stated, claims=claims)
    with pytest.raises(LimitExceeded):
        verifier.verify_proof(over, [by_digest[each.program_digest] for each in claims], made.proof)
    limits = ("MAX_INSTANCES", "MAX_EVALUATIONS", "MAX_COLUMNS", "MAX_CELLS", "MAX_EQUATION_TERMS", "MAX_PUBLICS")
    for name in limits:
        with support.without(verifier.limits, name, 2), pytest.raises(LimitExceeded):
            verifier.verify_proof(stated, programs, made.proof)
    assert read.bytes == 0


# Statements rewritten at random


def rewritten(chance: random.Random, stated: Statement) -> Statement:
    """One or two parts of it are something else, of the right type."""
    for _ in range(chance.randint(1, 2)):
        stated = chance.choice(REWRITES)(chance, stated)
    return stated


def some_claim(change: Callable[[random.Random, Statement, ClaimStatement], ClaimStatement]) -> Rewrite:
    def rewrite(chance: random.Random, stated: Statement) -> Statement:
        claims = list(stated.claims)
        if not claims:
            return stated
        at = chance.randrange(len(claims))
        claims[at] = change(chance, stated, claims[at])
        return replace(stated, claims=tuple(claims))

    return rewrite


def other_slots(chance: random.Random, stated: Statement, claim: ClaimStatement) -> ClaimStatement:
    """Other logs, in any number of slots."""
    logs = list(range(len(stated.logs)))
    slots = tuple(tuple(sorted(chance.sample(logs, chance.randint(1, len(logs))))) for _ in claim.slots)
    return replace(claim, slots=slots if chance.random() < 0.8 else (*slots, (0,)))


def other_publics(chance: random.Random, stated: Statement, claim: ClaimStatement) -> ClaimStatement:
    values = [chance.choice((0, 1, value + 1, 2**111, 2**500)) for value in claim.publics]
    return replace(claim, publics=tuple(values[: chance.choice((len(values), len(values), 1))]))


def other_sizes(chance: random.Random, stated: Statement, claim: ClaimStatement) -> ClaimStatement:
    more = (3,) if chance.random() < 0.2 else ()
    return replace(claim, private=(*(chance.choice((3, 5, 14, 20, 21)) for _ in claim.private), *more))


def other_name(chance: random.Random, stated: Statement, claim: ClaimStatement) -> ClaimStatement:
    return replace(claim, requirement=chance.choice(("", "a", "é", "zz", "x" * 255)))


def other_program(chance: random.Random, stated: Statement, claim: ClaimStatement) -> ClaimStatement:
    other = chance.choice(stated.claims)
    return replace(claim, claim=other.claim, program_digest=other.program_digest, publics=other.publics)


def fewer_claims(chance: random.Random, stated: Statement) -> Statement:
    kept = [claim for claim in stated.claims if chance.random() < 0.7]
    return replace(stated, claims=tuple(kept))


def claims_again(chance: random.Random, stated: Statement) -> Statement:
    more = [replace(claim, requirement=claim.requirement + "'") for claim in stated.claims]
    return replace(stated, claims=tuple(sorted((*stated.claims, *more), key=lambda each: each.requirement.encode())))


def other_entries(chance: random.Random, stated: Statement) -> Statement:
    """Segments of other sizes, widths or schemas, left out, or in another order; the checkpoint stays or is theirs."""

    def change(log: LogStatement) -> LogStatement:
        entries = list(log.entries)
        at = chance.randrange(len(entries))
        entry = entries[at]
        k = chance.choice((3, 4, 13, 14, 17, 18, 21))
        capacity = stated.profile.capacity(k)
        changes: list[dict[str, object]] = [
            {"k": k, "kappa": capacity or entry.kappa}, {"kappa": entry.kappa + 1}, {"tag": (1,) * 6},
            {"width": chance.choice((0, 1, 1024, 1025))}, {"schema_digest": bytes(32)},
        ]  # fmt: skip
        entries[at] = replace(entry, **chance.choice(changes))  # type: ignore[arg-type]
        chance.shuffle(entries)
        return replace(log, entries=tuple(entries[: chance.choice((1, len(entries)))]))

    return of_log(chance.randrange(len(stated.logs)), change)(stated)


def other_range(chance: random.Random, stated: Statement) -> Statement:
    first, hashes = chance.choice((0, 1, 9)), (bytes(32),) * chance.randrange(3)
    number = chance.randrange(len(stated.logs))
    return of_log(number, lambda log: replace(log, first=first, hashes=hashes))(stated)


def other_logs(chance: random.Random, stated: Statement) -> Statement:
    """In another order, one left out, or one twice."""
    logs = list(stated.logs)
    kind = chance.randrange(3)
    logs = chance.sample(logs, len(logs)) if kind == 0 else logs[1:] if kind == 1 else [*logs, chance.choice(logs)]
    return replace(stated, logs=tuple(logs)) if logs else stated


def other_profile(chance: random.Random, stated: Statement) -> Statement:
    return replace(stated, profile=chance.choice(list(verifier.PROFILES.values())), head=chance.randbytes(5))


Rewrite = Callable[[random.Random, Statement], Statement]
REWRITES: list[Rewrite] = [
    some_claim(other_slots), some_claim(other_publics), some_claim(other_sizes), some_claim(other_name),
    some_claim(other_program), fewer_claims, claims_again, other_entries, other_range, other_logs, other_profile,
]  # fmt: skip


def refused(made: Proved, count: int, seed: int) -> Counter[str]:
    """What is said of that many rewritten statements: by their bytes, and by whoever has the records."""
    chance, found = random.Random(seed), Counter[str]()
    stated, programs = decoded(made)
    by_digest = {claim.program_digest: program for claim, program in zip(stated.claims, programs, strict=True)}
    while found.total() < count:
        other = rewritten(chance, stated)
        if other == stated:
            continue
        chosen = [by_digest.get(claim.program_digest, programs[0]) for claim in other.claims]
        with pytest.raises(ZkComplianceError) as caught:
            verifier.verify_proof(other, chosen, made.proof)
        assert not isinstance(caught.value, InternalError), (seed, caught.value.__cause__)
        found[caught.type.__name__] += 1
    return found


def test_statements_rewritten_at_random(made: Proved) -> None:
    found = refused(made, 400, 1)
    assert {"MalformedStatement", "StatementMismatch", "CheckpointMismatch", "QuotientMismatch"} <= set(found), found


@pytest.mark.long
def test_many_statements_rewritten_at_random(made: Proved) -> None:
    refused(made, 20_000, 2)
