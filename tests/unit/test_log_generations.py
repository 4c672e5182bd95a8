"""The rule between a log's key and the origins of its generations, wherever a checkpoint is held against a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkcompliance.errors import (
    CheckpointMismatch,
    CosignRefused,
    LogEvidence,
    MalformedNote,
    SignatureRejected,
    UsageError,
)
from zkcompliance.log import evidence, keys, merkle, seen
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.evidence import FORK, ROLLBACK, SUCCEEDED, Evidence
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy import checkpoints
from zkcompliance.policy.checkpoints import Asked
from zkcompliance.policy.model import LogKey

KEY = SignerKey("lab.example/x", bytes(32))
ENTRIES = [b"%02d" % i for i in range(12)]
AGAIN = [b"again %d" % i for i in range(12)]


def state(size: int, origin: str = KEY.name, entries: list[bytes] = ENTRIES) -> Checkpoint:
    return Checkpoint(origin, size, merkle.root(entries[:size]))


def later(size: int, after: Checkpoint, number: int = 2) -> Checkpoint:
    return Checkpoint(f"{KEY.name}/g{number}", size, merkle.root(AGAIN[:size]), after)


def sign(of: Checkpoint, key: SignerKey = KEY) -> str:
    return key.sign(of.body)


def taken(of: Checkpoint, key: SignerKey) -> object:
    signed = sign(of, key).encode()
    return checkpoints.take(signed, of.body.encode(), of.origin, [LogKey(key.verifier)], Asked(0), stated=0)


@pytest.mark.parametrize("name", [KEY.name, f"{KEY.name}/g1", "x/g02", "x/g"])
def test_a_key_signs_every_generation_of_its_log(name: str) -> None:
    key = SignerKey(name, bytes(32))
    first = Checkpoint(name, 3, bytes(32))
    for of in (first, Checkpoint(f"{name}/g2", 0, bytes(32), first), Checkpoint(f"{name}/g17", 5, bytes(32), first)):
        assert evidence.read(sign(of, key), key.verifier) == of
        assert taken(of, key)
        assert TrustPolicy.parse(f"log {key.verifier.text}\nquorum none\n").check(sign(of, key)).checkpoint == of


@pytest.mark.parametrize(
    "name", [f"{KEY.name}/g2", f"{KEY.name}/g3", "lab.example", "lab.example/x/g", f"{KEY.name}g2"]
)
def test_a_key_of_another_name_signs_none(name: str) -> None:
    """Not even the key that is named as the generation is."""
    of, key = later(1, state(3)), SignerKey(name, bytes(32))
    with pytest.raises(MalformedNote, match="another log"):
        evidence.read(sign(of, key), key.verifier)
    with pytest.raises(SignatureRejected):
        taken(of, key)
    with pytest.raises(SignatureRejected):
        TrustPolicy.parse(f"log {key.verifier.text}\nquorum none\n").check(sign(of, key))


@pytest.mark.parametrize("name", ["lab/x/g2", "lab/x/g1", "lab/x/g02", "lab/x/g0", "/g7"])
def test_no_key_is_made_for_the_name_of_a_generation(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="later generations"):
        keys.generate(tmp_path / "key", name)
    assert not list(tmp_path.iterdir())


def test_generations_accuse_each_other_of_nothing() -> None:
    """A smaller next generation is no rollback, and nobody can make it look like one."""
    old, new = sign(state(9)), sign(later(3, state(9)))
    with pytest.raises(CheckpointMismatch):
        evidence.compare(KEY.verifier, old, new, AGAIN[:3])
    for kind, pair in ((k, p) for k in (FORK, ROLLBACK, SUCCEEDED) for p in ((old, new), (new, old))):
        made = Evidence(kind, KEY.verifier, *pair)
        if kind == ROLLBACK and pair == (old, new):  # that the earlier generation came later is the word of who saw it
            assert Evidence.parse(made.document) == made
            continue
        with pytest.raises(CheckpointMismatch):
            Evidence.parse(made.document)


def test_an_older_generation_that_goes_on_is_evidence() -> None:
    proof = tuple(merkle.prefix_proof(5, ENTRIES[:9]))
    other = [*ENTRIES[:3], b"other", *ENTRIES[4:]]
    successor = sign(later(3, state(9)))
    for older, nodes, shown in (
        (state(10), (), True),
        (state(9, entries=other), (), True),
        (state(5, entries=other), proof, True),
        (state(9), (), False),
        (state(5), proof, False),
        (state(5, entries=other), (), False),
        (state(10), proof, False),
        (state(10, "lab.example/x/g1"), (), False),
    ):
        made = Evidence(SUCCEEDED, KEY.verifier, sign(older), successor, nodes)
        if shown:
            assert Evidence.parse(made.document) == made
            assert isinstance(made.error(), LogEvidence) and "lab.example/x/g2" in made.error().message
        else:
            with pytest.raises((CheckpointMismatch, MalformedNote, SignatureRejected)):
                Evidence.parse(made.document)


# A cosigner's memory


def cosigner(tmp_path: Path) -> Cosigner:
    return Cosigner(CosignerSigner("witness.example/1", ED25519, bytes(32)), tmp_path / "state")


def test_a_cosigner_remembers_each_generation(tmp_path: Path) -> None:
    made = cosigner(tmp_path)
    for of in (state(2), later(1, state(2)), later(1, state(2))):
        made.cosign(sign(of), KEY.verifier, now=1)
    grown = later(4, state(2))
    made.cosign(sign(grown), KEY.verifier, merkle.consistency_proof(1, AGAIN[:4]), now=1)
    assert (made.newest(KEY.verifier), made.newest(KEY.verifier, grown.origin)) == (2, 4)
    assert len(seen.load(tmp_path / "state")) == 2
    for bad in (state(3), state(1), later(2, state(2)), later(4, state(3)), later(1, state(3), 3)):
        with pytest.raises((CosignRefused, LogEvidence)):
            made.cosign(sign(bad), KEY.verifier, merkle.consistency_proof(2, ENTRIES[:3]), now=1)
    made.cosign(sign(Checkpoint(f"{KEY.name}/g3", 1, merkle.root(AGAIN[:1]), grown)), KEY.verifier, now=1)
    with pytest.raises(LogEvidence, match="succeeded") as gone_on:
        made.cosign(sign(later(5, state(2))), KEY.verifier, merkle.consistency_proof(4, AGAIN[:5]), now=1)
    assert Evidence.parse(gone_on.value.document).kind == SUCCEEDED
    with pytest.raises(CosignRefused, match="was succeeded by"):
        made.cosign(sign(later(3, state(2))), KEY.verifier, now=1)


def test_a_generation_begins_where_the_cosigner_left_the_one_before(tmp_path: Path) -> None:
    made = cosigner(tmp_path)
    made.cosign(sign(state(4)), KEY.verifier, now=1)
    with pytest.raises(CosignRefused, match="says that it succeeds"):
        made.cosign(sign(later(1, state(5))), KEY.verifier, now=1)
    for after in (state(3), state(4, entries=AGAIN)):
        with pytest.raises(LogEvidence, match="succeeded") as forked:
            made.cosign(sign(later(1, after)), KEY.verifier, now=1)
        assert Evidence.parse(forked.value.document).kind == SUCCEEDED
    made.cosign(sign(later(1, state(4))), KEY.verifier, now=1)
