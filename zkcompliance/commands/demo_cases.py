"""The demo's tampered cases.

Each runs the real check and raises its refusal; none of them knows what the refusal will be.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from zkcompliance import importers
from zkcompliance.claim.model import Claim
from zkcompliance.commands.demo_dishonest import dishonest_bundle
from zkcompliance.decide import Request
from zkcompliance.log import keys, open_log
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.progress import Progress
from zkcompliance.prove import api
from zkcompliance.stark.commit.budget import Budget
from zkcompliance.verify.bundle import Bundle, decode_bundle
from zkcompliance.verify.statement import decode_statement

OTHER_LIMIT = 10**21
TOO_LOW = 10**18


@dataclass
class Scene:
    """What the honest part of the demo leaves behind."""

    folder: Path
    log: SealedLog
    key: SignerKey
    claim: Claim
    publics: dict[str, int]
    proof: bytes
    logged: Path
    report: Progress
    now: int  # UTC seconds
    _other: SealedLog | None = None

    def judge(self, proof: bytes, publics: dict[str, int] | None = None, key: SignerKey | None = None) -> None:
        """The regulator's decision on this file."""
        trusted = {"compute": (key or self.key).verifier}
        limit = (publics or self.publics)["limit"]
        request = Request(claim=self.claim.id, params={"limit": limit}, log_keys=trusted)
        request.decide(proof, clock=self.now).require()

    def bundle(self) -> Bundle:
        """The honest proof file, taken apart."""
        return decode_bundle(self.proof)

    def other_log(self) -> SealedLog:
        """Another log, sealed by another key: the same run, said to have used 40 % of the peak."""
        if self._other is None:
            keys.generate(self.folder / "other.key", "other.example/compute")
            key = keys.load_private(self.folder / "other.key")
            create_log(self.folder / "other", self.log.schema, key)
            chunks = importers.encode(
                importers.by_name("nanogpt"), self.logged, self.log.schema, {"utilisation": "40%"}
            )
            with Writer(self.folder / "other", key) as writer:
                writer.seal_columns(chunks)
            self._other = open_log(self.folder / "other")
        return self._other


def proof_byte_changed(scene: Scene) -> None:
    """One bit of one byte, anywhere in the proof part: here its middle."""
    bundle = scene.bundle()
    proof = bytearray(bundle.proof_bytes)
    proof[len(proof) // 2] ^= 1
    scene.judge(replace(bundle, proof_bytes=bytes(proof)).encode())


def another_limit_asked(scene: Scene) -> None:
    """The regulator asks for a limit that the proof is not about."""
    scene.judge(scene.proof, {**scene.publics, "limit": OTHER_LIMIT})


def limit_rewritten(scene: Scene) -> None:
    """The limit inside the file is replaced by the lower one that the regulator wants."""
    bundle = scene.bundle()
    statement = decode_statement(bundle.statement_bytes)
    publics = {**scene.publics, "limit": TOO_LOW}
    (claim,) = statement.claims
    lower = replace(claim, publics=(TOO_LOW, *claim.publics[1:]))
    forged = replace(statement, claims=(lower,))
    scene.judge(replace(bundle, statement_bytes=forged.encode()).encode(), publics)


def another_logs_key(scene: Scene) -> None:
    """The proof is held against the key of another lab."""
    scene.other_log()
    scene.judge(scene.proof, key=keys.load_private(scene.folder / "other.key"))


def another_logs_commitment(scene: Scene) -> None:
    """The file is given the commitment and the validly signed checkpoint of another log."""
    other = scene.other_log()
    bundle = scene.bundle()
    head = decode_statement(bundle.statement_bytes).head
    asked = api.Asked(scene.claim.id, scene.claim, {"compute": [other]}, scene.publics)
    parts = api.logs_of([asked])
    witness = api.witness_of(asked, api.columns_of(parts))
    described = api.state([asked], parts, [witness], head)
    forged = replace(bundle, statement_bytes=described.encode(), notes=(other.checkpoint_note.encode(),))
    scene.judge(forged.encode(), key=keys.load_private(scene.folder / "other.key"))


def over_the_limit(scene: Scene) -> None:
    """The honest prover is asked to prove what is false: less than 1e18."""
    api.prove_claim(scene.claim, {"compute": scene.log}, {**scene.publics, "limit": TOO_LOW}, progress=scene.report)


def over_the_limit_dishonestly(scene: Scene) -> None:
    """A prover that was changed to prove it all the same; the verifier looks at what it made."""
    publics = {**scene.publics, "limit": TOO_LOW}
    scene.judge(dishonest_bundle(scene.claim, scene.log, publics, scene.now, scene.report), publics)


def budget_spent(scene: Scene) -> None:
    """Proof after proof reserved on a copy of the segment's ledger, until its masks hide no more."""
    segment = scene.log.segments[0]
    copy = scene.folder / "ledger-copy"
    shutil.copyfile(segment.paths.budget, copy)
    budget = Budget(copy, segment.entry.encode(), segment.profile, segment.entry.k, segment.entry.kappa)
    for _ in range(budget.proofs_left() + 1):
        budget.reserve(budget.units, os.urandom(32))


CASES: dict[str, Callable[[Scene], None]] = {
    "one bit of the proof is flipped": proof_byte_changed,
    "the regulator asks for another limit": another_limit_asked,
    "the limit inside the file is rewritten": limit_rewritten,
    "the proof is held against another lab's key": another_logs_key,
    "the proof is given another log's commitment, validly signed": another_logs_commitment,
    "a total over the limit: the prover is asked to prove less than 1e18": over_the_limit,
    "a total over the limit: a dishonest prover makes a proof all the same": over_the_limit_dishonestly,
    "one proof more than the segment's budget allows": budget_spent,
}
