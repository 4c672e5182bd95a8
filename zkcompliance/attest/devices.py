"""The evidence of devices in a proof file, checked against the root that a policy names.

It needs a library, so that the one-file verifier has no such module, and what a policy asks of devices stays undecided
there. What does not verify is counted and said, and refuses nothing by itself: whoever has a file can add to it.
"""

from __future__ import annotations

from zkcompliance.errors import EvidenceRefused, MalformedEvidence
from zkcompliance.evidence import nvidia
from zkcompliance.evidence.answer import Answer
from zkcompliance.policy.devices import Answered, Answers
from zkcompliance.policy.model import Devices
from zkcompliance.policy.proofs import File
from zkcompliance.verify.bundle import DEVICE


def answers(file: File, asked: Devices, now: int) -> Answers | None:
    """What the file has of devices; None where nobody can check them, as in the one-file verifier.

    now: when their certificates must be valid, UTC seconds.
    """
    pieces = sorted({each.data for proof in file.proofs for each in proof.outside.attachments if each.kind == DEVICE})
    trust = nvidia.Trust(asked.root, asked.models or nvidia.GPU_MODELS, asked.revoked)
    verified: list[Answered] = []
    refused: list[str] = []
    for piece in pieces:
        try:
            answer = Answer.decode(piece)
            device = nvidia.check(answer.evidence, answer.asked.nonce, trust, now)
        except (EvidenceRefused, MalformedEvidence) as error:
            refused.append(error.message)
            continue
        verified.append(Answered(answer.asked.body, device.key, device.model))
    return Answers(len(pieces), tuple(verified), tuple(refused))
