"""What a file asks of when proofs were made, and of who cosigned checkpoints and when: `[freshness]`, `[cosigners]`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.policy.daters import parsed, refuse_twice
from zkcompliance.policy.model import Cosigners, Operator
from zkcompliance.policy.toml import Table, fault, name, span


@dataclass(frozen=True)
class Dated:
    """Ages are seconds, checkpoint_age only with cosigners; None: not asked."""

    proof_age: int | None = None
    checkpoint_age: int | None = None
    cosigners: Cosigners | None = None


def read_dated(root: Table, once: Callable[[bytes, str], None]) -> Dated:
    """Both tables, where they are there. once: refuses a public key, at a dotted key, that stands elsewhere too."""
    cosigners = _cosigners(root.table("cosigners"), once) if "cosigners" in root else None
    if "freshness" not in root:
        return Dated(cosigners=cosigners)
    found = root.table("freshness")
    proof = span(found, "proof") if "proof" in found else None
    checkpoint = span(found, "checkpoint") if "checkpoint" in found else None
    found.close()
    if checkpoint is not None and cosigners is None:
        raise fault("freshness.checkpoint", "needs [cosigners]: a log does not date its own checkpoints")
    return Dated(proof, checkpoint, cosigners)


def _cosigners(found: Table, once: Callable[[bytes, str], None]) -> Cosigners:
    given = found.table("operators")
    names = given.names()
    if len(names) > limits.MAX_POLICY_OPERATORS:
        raise fault("cosigners.operators", f"are at most {limits.MAX_POLICY_OPERATORS}")
    operators, cosigning = [], dict[str, str]()
    for each in names:
        path = given.at(each)
        keys = []
        texts = given.texts(name(each, path), limits.MAX_POLICY_KEYS, limits.MAX_POLICY_KEY_BYTES)
        for number, line in enumerate(texts, 1):
            keys.append(key := parsed(CosignerKey, line, f"{path}[{number}]"))
            once(key.public, f"{path}[{number}]")
            refuse_twice(key, each, f"{path}[{number}]", cosigning)
        operators.append(Operator(each, tuple(keys)))
    quorum = found.whole("quorum", 1, 2**16)
    if quorum > len(operators):
        raise fault("cosigners.quorum", f"is {quorum}, and there are {len(operators)} operators")
    found.close()
    return Cosigners(quorum, tuple(operators))
