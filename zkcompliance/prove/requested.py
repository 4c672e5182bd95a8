"""A request for a proof, held against what a lab is about to prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zkcompliance.errors import UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.model import Policy
from zkcompliance.request.proof import ProofRequest
from zkcompliance.request.reading import read_for_proof


def requested(
    path: Path, policies: Sequence[Policy], logs: Mapping[str, Sequence[SealedLog]], *, asker: VerifierKey | None = None
) -> ProofRequest:
    """The request in a file, which asks for exactly this policy over logs of exactly these keys.

    asker: whose signature it must bear. logs: by the policy's names. Raises UsageError, MalformedRequest,
    SignatureRejected. Nothing is said of the day by which it is to be answered.
    """
    request = read_for_proof(path)
    if asker is not None:
        request.check_asker(asker)
    if len(policies) != 1:
        raise UsageError(
            "a request asks for a proof of one policy", help="zkcompliance prove --policy POLICY --request FILE"
        )
    request.check_policy(policies[0].label, policies[0].digest)
    request.check_keys({name: tuple(VerifierKey.parse(log.vkey) for log in several) for name, several in logs.items()})
    return request
