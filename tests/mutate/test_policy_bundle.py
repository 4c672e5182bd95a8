"""Hostile policy bundles, judged under a limit of memory and of work: only errors of ours, and none accepted."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit import support
from tests.kit.bundles import framed
from zkcompliance import errors, limits
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.prove.policy import prove_policies
from zkcompliance.stark.statement import encode_policy_bundle
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement

WORKER = Path(__file__).with_name("policy_worker.py")
MOST = limits.MAX_POLICY_PROOFS
MUTANTS = 300
MEMORY = 256 << 20  # bytes, for a file of 100 MiB
SLOWEST = 10_000  # pieces of work


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[str]]:
    """A sound bundle, and the worker's arguments."""
    folder = tmp_path_factory.mktemp("hostile")
    log = kit.make_log(folder, "log", "lab.example/c", kit.rows())
    (folder / "policy.toml").write_text(kit.text(limit='"1e21"'))
    bundle = prove_policies([kit.policy(limit='"1e21"')], {"compute": log}, binding=Binding(None, kit.MODEL, kit.NOW))
    return bundle, [str(folder / "policy.toml"), log.vkey, str(kit.NOW)]


def outcomes(world: tuple[bytes, list[str]], files: Iterable[bytes]) -> list[str]:
    """What is said of each; the limits are held."""
    sent = b"".join(len(data).to_bytes(4, "little") + data for data in files)
    command = [sys.executable, str(WORKER), *world[1]]
    done = subprocess.run(command, input=sent, capture_output=True, check=True, env=support.ENVIRONMENT)
    found = []
    for line in done.stdout.decode().splitlines():
        name, work, peak = line.split("\t")
        assert name == "ACCEPTED" or issubclass(getattr(errors, name, int), errors.ZkComplianceError), name
        assert name != "InternalError" and float(work) < SLOWEST and int(peak) < MEMORY, line
        found.append(name)
    return found


def test_the_sound_one(world: tuple[bytes, list[str]]) -> None:
    assert outcomes(world, [world[0]]) == ["ACCEPTED"]


def test_mutants(world: tuple[bytes, list[str]]) -> None:
    rng, data = random.Random(2026), world[0]
    made = []
    for _ in range(MUTANTS):
        at = rng.choice([rng.randrange(len(data)), rng.randrange(700), len(data) - 1 - rng.randrange(700)])
        size = rng.choice([1, 2, 4, 32, 1000])
        kind = rng.randrange(4)
        insert = (rng.randbytes(size), b"", data[at : at + size] * 2, bytes(size))[kind]
        made.append(data[:at] + insert + data[at + size :])
    found = Counter(outcomes(world, [each for each in made if each != data]))
    assert "ACCEPTED" not in found and len(found) >= 5, found


def relabelled(data: bytes, name: str, pad: int = 0) -> bytes:
    """A proof under the same head, of one claim by another name, `pad` zeros behind it."""
    whole = decode_bundle(data)
    statement = decode_statement(whole.statement_bytes)
    below = next(claim for claim in statement.claims if claim.requirement == "below")
    stated = replace(statement, claims=(replace(below, requirement=name),)).encode()
    programs = tuple(each for each in whole.program_bytes if sha256(each).digest() == below.program_digest)
    longer = whole.proof_bytes + bytes(pad)
    return replace(whole, statement_bytes=stated, program_bytes=programs, proof_bytes=longer).encode()


def test_as_much_as_there_may_be(world: tuple[bytes, list[str]]) -> None:
    """100 MiB, 64 proofs, the longest proofs: nothing is verified that the policy does not ask for."""
    (proof,) = proofs_in(world[0])
    whole, head = proof.data, proof.statement.head
    many = {(head, f"requirement-{i:02}"): relabelled(whole, f"requirement-{i:02}") for i in range(MOST)}
    long = limits.MAX_BUNDLE_BYTES - len(relabelled(whole, "a")) - 1
    few = [relabelled(whole, name, long) for name in "abc"]
    assert len(few[0]) == limits.MAX_BUNDLE_BYTES - 1
    sound = encode_policy_bundle({**dict(list(many.items())[: MOST - 1]), (head, "below"): whole})
    room = limits.MAX_BUNDLE_BYTES - len(whole)
    padded = replace(proof.bundle, proof_bytes=proof.bundle.proof_bytes + bytes(room)).encode()
    names = outcomes(world, [framed(*many.values()), framed(*few), sound, padded])
    assert names == ["RequirementNotShown", "RequirementNotShown", "StatementMismatch", "MalformedProof"]


def test_lengths_that_are_not_there(world: tuple[bytes, list[str]]) -> None:
    head = b"zkcd\2\0"
    made = [
        b"", b"zkcd", head, head + b"\xff\xff", head + b"\x40\0" + b"\xff" * 4, head + b"\1\0" + b"\xff" * 4,
        head + b"\x40\0" + bytes(4 * 64), framed(*[b"zkcb\2\0" + b"\xff" * 4] * 64), framed(*[framed(b"")] * 64),
        bytes(limits.MAX_POLICY_BUNDLE_BYTES), head + b"\1\0" + bytes(limits.MAX_POLICY_BUNDLE_BYTES),
    ]  # fmt: skip
    assert set(outcomes(world, made)) == {"MalformedBundle", "LimitExceeded"}
