"""`circuits/REGISTRY.lock` pins every claim of the catalogue to the digest of its program."""

from __future__ import annotations

from pathlib import Path

from zkcompliance.claim import catalogue
from zkcompliance.verify.program import decode_program

LOCK = Path(__file__).parents[2] / "circuits" / "REGISTRY.lock"


def test_every_claim_has_its_pinned_program() -> None:
    claims = [catalogue.load(name) for name in catalogue.names()]
    pinned = "".join(f"{claim.id}@{claim.version} {claim.program.digest.hex()}\n" for claim in claims)
    assert LOCK.read_text(encoding="utf-8") == pinned


def test_the_verifier_reads_every_program_to_the_same_digest() -> None:
    for name in catalogue.names():
        claim = catalogue.load(name)
        assert decode_program(claim.program_bytes).digest == claim.program_digest


def test_parameters_do_not_change_the_program() -> None:
    claim = catalogue.load("training-compute-below")
    assert claim.build().digest == claim.program_digest == claim.program.digest
    assert {public.name for public in claim.program.publics} == {param.name for param in claim.params}
