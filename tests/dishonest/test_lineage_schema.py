"""A lineage that crosses a change of schema: what is registered for the two versions passes, and nothing else does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import lineages as kit
from tests.kit.lineages import KEY, NAME, Generation, Step, carried, lineage, proved
from tests.kit.two_versions import ONE, TWO, in_catalogue
from zkcompliance import schemas
from zkcompliance.claim import catalogue, same_rows
from zkcompliance.claim.model import Claim
from zkcompliance.errors import (
    LineageRejected,
    ProgramMismatch,
    StatementMismatch,
    VerificationError,
    ZkComplianceError,
)
from zkcompliance.lineage import chain
from zkcompliance.lineage.stream import root_of_leaves
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.linking import Passed
from zkcompliance.log.memory import Known
from zkcompliance.log.merkle import leaf_hash
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.verdict import Status
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import places, widened
from zkcompliance.stark.commit.table import SealedTable, commit
from zkcompliance.stark.profiles import STANDARD


@pytest.fixture(scope="module", autouse=True)
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with in_catalogue(tmp_path_factory.mktemp("cards") / "cards"):
        yield


def sealed(schema: Schema, columns: np.ndarray) -> SealedTable:
    seed = os.urandom(32)
    return SealedTable(columns, seed, commit(columns, seed, "standard", schema.digest), STANDARD)


def rows(count: int) -> np.ndarray:
    given = [{"at": 1_767_571_200 + n, "dish": "salad", "price": n, "source": "signed"} for n in range(count)]
    columns = np.zeros((ONE.width, 8), np.uint32)
    columns[:, :count] = schemas.encode_rows(ONE, given)
    return columns


OLD = [rows(3), rows(1)]
FIRST = Generation(1, tuple(sealed(ONE, each) for each in OLD))
SECOND = Generation(2, tuple(sealed(TWO, widened(ONE, TWO, each)) for each in OLD), FIRST.last)
SIZES = {"old_segments": 2, "new_segments": 2}


def proof_of(claim: Claim, old: Generation = FIRST, new: Generation = SECOND) -> bytes:
    return kit.prove(claim, {"old": (old, 0, 2), "new": (new, 0, 2)}, SIZES)


@pytest.fixture(scope="module")
def honest() -> bytes:
    return proof_of(catalogue.goes_on(ONE, TWO))


def read(data: bytes) -> tuple[Passed, ...]:
    return chain.read(data, NAME, [KEY.verifier], [KEY.verifier], Known())


def refused(step: Step, error: type[ZkComplianceError], match: str) -> None:
    with pytest.raises(error, match=match) as caught:
        read(lineage(step))
    assert caught.type is error, caught.value


def test_an_honest_change(honest: bytes) -> None:
    """And a plain refresh after it, which is under the later version alone."""
    step = Step(FIRST, SECOND, [proved(honest)])
    third = Generation(3, tuple(sealed(TWO, each.columns) for each in SECOND.tables), SECOND.last)
    again = Step(SECOND, third, [proved(proof_of(catalogue.goes_on(TWO, TWO), SECOND, third))])
    passed = read(lineage(step, again))
    assert [each.link.change for each in passed] == [("lunch@1", "lunch@2"), None]
    both_carried = Generation(3, SECOND.tables, SECOND.last)
    assert len(read(lineage(step, Step(SECOND, both_carried, [carried(2)])))) == 2


def test_a_pair_that_is_not_registered(honest: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two schemas that a verifier does not know, an unknown later one, and the way back."""
    other = replace(TWO, version=3)
    third = Generation(2, tuple(sealed(other, widened(ONE, TWO, each)) for each in OLD), FIRST.last)
    own = proof_of(catalogue.goes_on(ONE, other), new=third)
    refused(Step(FIRST, third, [proved(own)]), LineageRejected, "no claim is registered")
    first = Generation(1, SECOND.tables)
    back = Generation(2, FIRST.tables, first.last)
    refused(Step(first, back, [proved(honest)]), LineageRejected, "no claim is registered")
    monkeypatch.setattr(chain.catalogue, "goes_on", lambda old, new: None)
    refused(Step(FIRST, SECOND, [proved(honest)]), LineageRejected, "no claim is registered")


def test_nothing_is_carried_into_another_schema(honest: bytes) -> None:
    """Not as it is, and not with the new schema's name on an entry: that is another segment."""
    refused(Step(FIRST, SECOND, [carried(2)]), LineageRejected, "another one")
    entries = [each[:7] + TWO.digest + each[39:] for each in FIRST.entries]
    body = Checkpoint(f"{NAME}/g2", 2, root_of_leaves(b"".join(map(leaf_hash, entries))), FIRST.last).body
    renamed = Step(FIRST, SECOND, [carried(2)], new_note=kit.signed(body, KEY), new_entries=entries)
    refused(renamed, LineageRejected, "another one")
    refused(replace(renamed, parts=[proved(honest)]), LineageRejected, "another checkpoint")
    widths = [each[:39] + b"\xff\x00" + each[41:] for each in FIRST.entries]
    body = Checkpoint(f"{NAME}/g2", 2, root_of_leaves(b"".join(map(leaf_hash, widths))), FIRST.last).body
    wider = replace(renamed, new_note=kit.signed(body, KEY), new_entries=widths)
    refused(wider, LineageRejected, "another schema")


def weaker(columns: list[int]) -> Claim:
    """A program of one's own under the registered id, that compares these columns of the old log alone."""
    registered = catalogue.goes_on(ONE, TWO)
    kept = [places(ONE, TWO)[column] for column in columns]
    tables = same_rows.compared(0, columns), same_rows.compared(1, kept)
    program = same_rows.program(registered.id, (ONE, TWO), tables)
    program = replace(program, buses=(1 + len(columns), 2, 2))
    return replace(registered, build=lambda: program)


@pytest.mark.parametrize("columns", [list(range(1, ONE.width)), [1, 2]], ids=["new ones free", "old ones too"])
def test_no_program_of_ones_own_passes(columns: list[int]) -> None:
    """By its name it is the registered one, and its proof is sound: it just says less."""
    wrong = [widened(ONE, TWO, each) for each in OLD]
    for table in wrong:
        table[TWO.limbs("guests")[0], 0] ^= 1
    new = Generation(2, tuple(sealed(TWO, each) for each in wrong), FIRST.last)
    own = proof_of(weaker(columns), new=new)
    with pytest.raises(ProgramMismatch):
        read(lineage(Step(FIRST, new, [proved(own)])))
    with pytest.raises(VerificationError):
        read(lineage(Step(FIRST, new, [proved(proof_of(catalogue.goes_on(ONE, TWO), new=new))])))


def test_proofs_of_other_pairs_do_not_pass(honest: bytes) -> None:
    """Of rows unchanged under one version where the schemas are two, and of the change where they are one."""
    again = Generation(2, tuple(sealed(ONE, each) for each in OLD), FIRST.last)
    unchanged = proof_of(catalogue.goes_on(ONE, ONE), new=again)
    with pytest.raises(ProgramMismatch):
        read(lineage(Step(FIRST, SECOND, [proved(unchanged)])))
    with pytest.raises(ProgramMismatch):
        read(lineage(Step(FIRST, again, [proved(honest)])))
    with pytest.raises(ZkComplianceError):
        read(lineage(Step(FIRST, SECOND, [proved(honest), proved(honest)])))


# Policies

POLICY = """
format = "zkcompliance-policy/v1"
id = "lunches"
version = 1
title = "Lunches"
jurisdiction = "nowhere"
sources = ["made up"]
valid_from = 2026-01-01
valid_until = 2027-01-01
subject = "none"

[logs.lunch]
schema = "lunch"
keys = ["{key}"]
{floor}

{requirements}
"""
REQUIREMENT = """
[[requirements]]
name = "{name}"
says = "There are lunches."
claim = "{claim}"
card = "{card}"
logs = {{ log = "lunch" }}
params.rows = 1
params.sources = "signed"
"""
NOW = 1_780_000_000


def requirement(name: str, schema: Schema) -> str:
    card = chain.catalogue.floor("lunch", schema.digest)
    return REQUIREMENT.format(name=name, claim=card.label, card=card.digest.hex())


def policy_of(*schemas_of: Schema, floor: str = ""):  # type: ignore[no-untyped-def]
    asked = "".join(requirement(f"floor-{n}", schema) for n, schema in enumerate(schemas_of))
    return parse_policy(POLICY.format(key=KEY.verifier.text, requirements=asked, floor=floor).encode())


def shown(policy, schema: Schema, generation: Generation) -> bytes:  # type: ignore[no-untyped-def]
    """A proof for the policy's requirement, of the claim about this version, over this generation."""
    bound = Binding(ForPolicy(policy.digest, policy.id, policy.version), None, NOW, b"").encode()
    claim = catalogue.floor(schema)
    given = {param.name: 1 if param.name == "rows" else param.parse("signed") for param in claim.params}
    return kit.prove(claim, {"log": (generation, 0, 2)}, given, head=bound, requirement="floor-0")


@pytest.mark.parametrize(
    ("asked", "says"),
    [(ONE, "do not take it; ask by a claim or a policy that does"), (TWO, "has a log go on under a later version")],
    ids=["the log is ahead", "the policy is ahead"],
)
def test_a_policy_about_one_version_and_a_log_of_the_other(asked: Schema, says: str) -> None:
    other, generation = (TWO, SECOND) if asked is ONE else (ONE, FIRST)
    policy = policy_of(asked)
    assert policy.logs["lunch"].digest == asked.digest
    (finding,) = judge_policy(shown(policy, other, generation), policy, now=NOW).findings
    assert finding.status is Status.NOT_MET and isinstance(finding.error, StatementMismatch)
    assert finding.error.message.startswith("schema: ") and says in finding.error.message
    fitting = FIRST if asked is ONE else SECOND
    (finding,) = judge_policy(shown(policy, asked, fitting), policy, now=NOW).findings
    assert finding.status is Status.MET


def test_a_log_of_a_policy_is_of_one_version() -> None:
    with pytest.raises(ZkComplianceError, match=r"about lunch@1 \(floor-0\) and lunch@2 \(floor-1\)"):
        policy_of(ONE, TWO)
    assert policy_of(ONE, floor="rows = 3").logs["lunch"].digest == ONE.digest
