"""The in-toto Statement about a proof file: derived from the file, so that there is one (docs/attestation.md).

Everything in it is public in the file's own statements. Quantities are decimal strings; there are no JSON numbers. A
log that is a roll-up has its schema besides, and the log that it stands for: that alone is of another file, the
roll-up's, which has one checkpoint of that log for each of the roll-up.
"""

from __future__ import annotations

from zkcompliance import strict_json
from zkcompliance.errors import StatementMismatch
from zkcompliance.policy.binding import Binding, Subject
from zkcompliance.policy.finding import public_values
from zkcompliance.policy.proofs import Claimed, File, Place, claims_of, opened
from zkcompliance.policy.rolled import NOTHING_SHOWN, StandsFor, schema_of

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
TREE = "zkcomplianceTreeV1"  # name of the tree digest in a digest set
PREDICATE_TYPE = "https://zkcompliance/proof/v1"


def derive(data: bytes | File, rolled: StandsFor = NOTHING_SHOWN) -> bytes:
    """The statement about a proof file, as canonical JSON. The proofs are decoded and not verified.

    rolled: what roll-ups stand for, as roll-up files showed. StatementMismatch when a proof is a rehearsal or names no
    model, or two name different ones, times or references, or one is over a roll-up of which nothing is shown;
    MalformedError and VerificationError by what does not decode.
    """
    file = opened(data)
    proofs = file.proofs
    bindings = [proof.bound() if proof.statement.head else Binding() for proof in proofs]
    first, subject = bindings[0], bindings[0].subject
    if subject is None:
        raise StatementMismatch(
            "subject: the proof names no model, and an attestation is about one",
            help="zkcompliance prove --policy POLICY --log NAME=DIR --subject NAME=PATH -o FILE",
        )
    if any(binding.rehearsal for binding in bindings):
        raise StatementMismatch(
            "rehearsal: the file holds a rehearsal, and an attestation is of what was proved",
            help="zkcompliance prove --policy POLICY --log NAME=DIR --subject NAME=PATH -o FILE",
        )
    for other in bindings[1:]:
        for name in ("subject", "time", "reference"):
            if getattr(other, name) != getattr(first, name):
                raise StatementMismatch(f"{name}: two proofs of the file name different ones")
    requirements = [
        _requirement(claimed, binding)
        for proof, binding in zip(proofs, bindings, strict=True)
        for claimed in claims_of([proof], rolled)
    ]
    document = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": subject.name, "digest": _digests(subject)}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "proof": {"bytes": str(file.size), "digest": {"sha256": file.digest.hex()}},
            "time": str(first.time),
            "reference": first.reference.hex(),
            "requirements": requirements,
        },
    }
    return strict_json.canonical(document)


def _digests(subject: Subject) -> dict[str, str]:
    """in-toto's digest set: the content digest under its own name, the tree digest under one of ours."""
    return {"sha256": subject.digest.hex()} | ({TREE: subject.tree.hex()} if subject.tree else {})


def _requirement(claimed: Claimed, binding: Binding) -> dict[str, object]:
    stated, program = claimed.stated, claimed.program
    values = public_values(claimed)
    revealed = {public.name for public in program.publics if public.kind == 1}
    other = {public.name for public in program.publics if public.kind}
    found: dict[str, object] = {
        "claim": claimed.label,
        "program": {"sha256": stated.program_digest.hex()},
        "parameters": {name: str(value) for name, value in values.items() if name not in other},
        "reveals": {name: str(value) for name, value in values.items() if name in revealed},
        "logs": [_log(claimed, place) for place in claimed.places],
    }
    if binding.policy is not None:
        found["policy"] = {
            "id": binding.policy.id,
            "version": str(binding.policy.version),
            "digest": {"sha256": binding.policy.digest.hex()},
            "requirement": claimed.requirement,
        }
    return found


def _log(claimed: Claimed, place: Place) -> dict[str, object]:
    """A log in its slot; of a roll-up its schema too, and the log that it stands for."""
    own = place.log.checkpoint
    found = {"slot": place.slot} | _checkpoint(own.origin, own.size, own.root)
    schema = schema_of(claimed, place.slot)
    if schema is None:
        return found
    if place.stands is None:
        raise StatementMismatch(
            f"{place.log.origin} is a roll-up, and nothing shows for which log it stands: an attestation says it",
            help="# give its roll-up file too: --roll-up, roll_ups=",
        )
    of = place.stands.log.checkpoint
    return found | {"schema": schema, "standsFor": _checkpoint(of.origin, of.size, of.root)}


def _checkpoint(origin: str, size: int, root: bytes) -> dict[str, object]:
    return {"origin": origin, "size": str(size), "root": root.hex()}
