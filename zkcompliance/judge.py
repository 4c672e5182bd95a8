"""The regulator's decision: a proof file held against a claim, its parameters and the keys of the logs.

Everything here is standard library, the independent verifier, and `cryptography` for the signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.claim import places
from zkcompliance.claim.model import Claim
from zkcompliance.errors import MalformedBundle, SignatureRejected, StatementMismatch, UsageError
from zkcompliance.limits import MAX_BUNDLE_BYTES
from zkcompliance.log import note
from zkcompliance.log.note import VerifierKey
from zkcompliance.quantities import exact_beside
from zkcompliance.verify import Bundle, Program, Report, Statement, verify_bundle

NOT_PROVEN = (
    "that the log is complete: compute that was never logged is not in it",
    "that its rows are true: they are as good as their source, self-declared unless the log says otherwise",
    "that this is the log's latest checkpoint: freshness is for you to ask for",
)


@dataclass(frozen=True)
class Shown:
    """A proof file that verifies, and what it says."""

    bundle: Bundle
    statement: Statement
    program: Program
    report: Report

    @property
    def publics(self) -> dict[str, int]:
        """Public values by name; a set of values, which has several publics, as one."""
        return places.named(self.program.publics, self.statement.publics)


def read_proof(path: Path) -> bytes:
    """The bytes of a proof file; UsageError when it cannot be read, MalformedBundle when it is too long to be one."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BUNDLE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    if len(data) > MAX_BUNDLE_BYTES:
        raise MalformedBundle(f"{path} is longer than any proof file ({MAX_BUNDLE_BYTES} bytes)")
    return data


def verify_shown(data: bytes, program_digest: bytes | None) -> Shown:
    """The independent verifier's answer; raises its errors."""
    return Shown(*verify_bundle(data, program_digest=program_digest))


def judge(
    data: bytes,
    claim: Claim,
    publics: Mapping[str, int],
    keys: Mapping[str, VerifierKey],
    context: bytes | None = None,
) -> Shown:
    """Accept or raise: the claim's pinned program, every parameter, the context where given, and each log's signature.

    keys: slot → the key that is trusted for it. Raises VerificationError or MalformedError by the check that failed.
    """
    shown = verify_shown(data, claim.program_digest)
    for name, value in shown.publics.items():
        if name in publics and publics[name] != value:
            param = next(p for p in claim.params if p.name == name)
            asked, stated = (exact_beside(param.show(x), x) for x in (publics[name], value))
            raise StatementMismatch(f"{name}: the proof is about {stated}, not {asked}")
    if missing := set(publics) - set(shown.publics):
        raise StatementMismatch(f"the proof has no parameter {sorted(missing)[0]}")
    if context is not None and context != shown.statement.context:
        raise StatementMismatch("context: the proof was made for another one")
    slots = [log.slot for log in shown.statement.logs]
    if sorted(slots) != sorted(keys):
        raise StatementMismatch(
            f"logs: the proof is about {', '.join(slots)}, and keys are given for {', '.join(keys)}"
        )
    for log, signed in zip(shown.statement.logs, shown.bundle.notes, strict=True):
        check_signature(signed, log.checkpoint.body, log.checkpoint.origin, keys[log.slot])
    return shown


def check_signature(signed: bytes, body: bytes, origin: str, key: VerifierKey) -> None:
    """SignatureRejected unless `key`, under the log's own name, signed exactly this checkpoint."""
    if key.name != origin:
        raise SignatureRejected(f"the proof is about the log {origin}; the key given is of {key.name}")
    if note.verify(signed, key).encode() != body:
        raise SignatureRejected(f"the note of {origin} signs more than its checkpoint")
