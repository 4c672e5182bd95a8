"""`zkcompliance explain CLAIM | POLICY | FILE | CODE`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import claim_file_option, complete_subjects, error_classes, json_option
from zkcompliance.commands.policies import show
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.quantities import number_of, show_time

if TYPE_CHECKING:
    from zkcompliance.claim.model import Claim
    from zkcompliance.policy.proofs import Claimed, Proof


@click.command("explain")
@click.argument("subject", metavar="CLAIM|POLICY|FILE|CODE", shell_complete=complete_subjects)
@claim_file_option
@click.option(
    "--card",
    "card_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the claim's card to FILE, such as claim.json: what a verifier needs of it, as data.",
)
@json_option
def command(subject: str, claim_files: tuple[str, ...], card_file: Path | None, as_json: bool) -> None:
    """A claim or policy as sentences, what a proof file states (without verifying it), or what an error code means."""
    from zkcompliance import schemas
    from zkcompliance.card import catalogue as cards
    from zkcompliance.claim import catalogue
    from zkcompliance.policy import catalogue as policies

    found = {each.code: each for each in error_classes()}
    is_claim = subject in catalogue.names() or subject.endswith(".py")
    if card_file is not None:
        if not is_claim:
            raise UsageError(f"--card goes with a claim, and {subject!r} is none", help="zkcompliance claims")
        _write_card(subject, card_file)
    if subject in found:
        _explain_error(found[subject], as_json)
    elif is_claim:
        _explain_claim(subject, as_json)
    elif subject.endswith(".json"):
        _explain_card(Path(subject), as_json)
    elif subject.endswith(".toml") or subject.partition("@")[0] in policies.names():
        show(policies.load(subject, claim_files), as_json)
    elif os.path.isfile(subject):  # noqa: PTH113 (no error for a name that no file can have)
        _explain_file(Path(subject), as_json)
    elif (name := subject.partition("@")[0]) in catalogue.names():
        raise cards.unknown(subject, catalogue.names())
    elif name in schemas.names():
        raise UsageError(f"{subject!r}: a schema is shown by another command", help=f"zkcompliance schemas {name}")
    else:
        raise UsageError(
            f"{subject!r} is no claim, no policy, no proof file, no card and no error code",
            help="zkcompliance claims  # or zkcompliance policies, or an error code, as printed in error[CODE]",
        )


def _explain_error(kind: type[ZkComplianceError], as_json: bool) -> None:
    meaning = inspect.getdoc(kind) or ""
    if as_json:
        console.print_json(
            {"code": kind.code, "error": kind.__name__, "exit_status": kind.exit_status, "meaning": meaning}
        )
        return
    console.print_text(f"{kind.code} ({kind.__name__}), exit status {kind.exit_status}\n{meaning}")


def _explain_claim(name: str, as_json: bool) -> None:
    from zkcompliance.claim import catalogue
    from zkcompliance.claim.card import card_of, explain

    claim = _provable(name)
    text = explain(claim)
    if name in catalogue.names():
        text += f"\n\nFrom the claim's file, no part of its card:\n{indent(catalogue.about(name), '  ')}"
    if as_json:
        console.print_json(
            {
                "id": claim.id,
                "version": claim.version,
                "card": card_of(claim).digest.hex(),
                "digest": claim.program_digest.hex(),
                "text": text,
            }
        )
        return
    console.print_text(text)


def _write_card(name: str, path: Path) -> None:
    from zkcompliance.claim.card import card_of
    from zkcompliance.outputs import Outputs, kinds

    outputs = Outputs({path: kinds.CARD}, read=[name])
    outputs.write({path: card_of(_provable(name)).encoded})


def _provable(name: str) -> Claim:
    """The claim of that name or file; MalformedProgram where no proof of it would be accepted."""
    from zkcompliance.claim import catalogue
    from zkcompliance.prove.early import refuse_unprovable

    claim = catalogue.load(name)
    if name.endswith(".py"):  # tests prove those of the catalogue
        refuse_unprovable(claim.program_bytes)
    return claim


def _explain_card(path: Path, as_json: bool) -> None:
    """What a card says; whether a program is as it says shows when a proof is verified."""
    from zkcompliance import limits
    from zkcompliance.card import words
    from zkcompliance.card.file import decode
    from zkcompliance.edge import regular

    try:
        with regular.open_given(path) as file:
            card = decode(file.read(limits.MAX_CARD_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", help="zkcompliance explain CLAIM --card FILE") from error
    text = words.explain(card)
    text = "\n".join([text, *words.vacuity(card)])
    if as_json:
        document = {"id": card.id, "version": card.version, "card": card.digest.hex(), "digest": card.program.hex()}
        console.print_json({**document, "text": text})
        return
    console.print_text(f"{text}\n\nCard {card.digest.hex()}\nProgram {card.program.hex()}")


def _explain_file(path: Path, as_json: bool) -> None:
    """The decoded statements of a proof file; nothing is verified."""
    from zkcompliance.policy.proofs import open_proof

    with open_proof(path) as file:
        _explain_proofs(file.proofs, as_json)


def _explain_proofs(proofs: Sequence[Proof], as_json: bool) -> None:
    if as_json:
        console.print_json({"verified": False, "proofs": [_document(proof) for proof in proofs]})
        return
    said = [
        part
        for proof in proofs
        for part in (
            ("what the file states, NOT verified", _stated(proof)),
            *((f"claim {each.requirement}, NOT verified", _claim(each)) for each in proof.claims),
        )
    ]
    for title, fields in said:  # all of it can be read
        console.print_fields(title, fields, "bold yellow")


def _sizes(proof: Proof) -> dict[str, int]:
    """How many bytes each part of the file has."""
    outside = proof.outside
    return {
        "statement": len(outside.statement_bytes), "programs": sum(map(len, outside.program_bytes)),
        "notes": sum(map(len, outside.notes)), "proof": proof.size - len(outside.encode()),
    }  # fmt: skip


def _document(proof: Proof) -> dict[str, Any]:
    from zkcompliance.policy.finding import public_values

    statement, binding = proof.statement, proof.binding
    bound = None
    if binding is not None:
        made_for, subject = binding.policy, binding.subject
        bound = {
            "policy": made_for and {
                "id": made_for.id, "version": str(made_for.version), "sha256": made_for.digest.hex(),
            },
            "subject": subject and {"name": subject.name, "sha256": subject.digest.hex(),
                "tree": subject.tree.hex() or None,
            },
            "time": str(binding.time), "reference": binding.reference.hex(), "rehearsal": binding.rehearsal,
        }  # fmt: skip
    return {
        "profile": statement.profile.name, "head": statement.head.hex(), "binding": bound, "bytes": _sizes(proof),
        "logs": [{"checkpoint": x.checkpoint.body.decode(), "segments": len(x.entries)} for x in statement.logs],
        "claims": [
            {
                "requirement": each.requirement, "claim": each.stated.claim, "version": each.stated.version,
                "program": each.program.digest.hex(),
                "params": {name: str(value) for name, value in public_values(each).items()},
                "logs": [{"slot": place.slot, "origin": place.log.origin} for place in each.places],
            }
            for each in proof.claims
        ],
    }  # fmt: skip


def _stated(proof: Proof) -> dict[str, str]:
    """What all claims of a proof have together."""
    from zkcompliance.policy.binding import raw_text
    from zkcompliance.policy.requirement import shown_bytes

    statement, binding = proof.statement, proof.binding
    fields = {"claims": ", ".join(each.requirement for each in proof.claims), "profile": statement.profile.name}
    if binding is None:
        fields["head"] = f"{raw_text(statement.head)}, which is no binding"
    else:
        if binding.policy is not None:
            fields["for"] = binding.policy.label
        if binding.subject is not None:
            fields["model"] = f"{binding.subject.name}, SHA-256 {binding.subject.digest.hex()}"
            fields["model's tree"] = binding.subject.tree.hex() or "not bound"
        if binding.rehearsal:
            fields["rehearsal"] = "made as if at another time, and shows nothing of any time"
        fields["proved at"] = show_time(binding.time) if binding.time else "not said"
        fields["reference"] = shown_bytes(binding.reference)
    for number, log in enumerate(statement.logs, 1):
        ks = ", ".join(f"2^{entry.k}" for entry in log.entries)
        fields[f"log {number}"] = f"{log.origin}, size {log.checkpoint.size}, segments of up to {ks} rows"
    fields["bytes"] = ", ".join(f"{name} {size:,}" for name, size in _sizes(proof).items())
    return fields


def _claim(claimed: Claimed) -> dict[str, str]:
    program = claimed.program
    fields = {"claim": claimed.label, **_publics(claimed)}
    for slot in program.logs:
        fields[f"log {slot.name}"] = ", ".join(place.log.origin for place in claimed.filling(slot.name))
    tables, equations = len(program.tables), len(program.equations)
    fields["program"] = f"{program.digest.hex()}: {number_of(tables, 'table')}, {number_of(equations, 'equation')}"
    return fields


def _publics(claimed: Claimed) -> dict[str, str]:
    """Parameters and what is revealed, as people read them where the program is that of a claim of the catalogue; else
    the bare numbers of all public values, of which the file does not say what they are."""
    from zkcompliance.card import catalogue as cards
    from zkcompliance.policy.finding import public_values, rounded, text

    values, name = public_values(claimed), claimed.stated.claim
    card = cards.load(name) if name in cards.names() else None
    if card is None or card.program != claimed.program.digest:
        return {f"public {name}": str(value) for name, value in values.items()}
    said = {f"parameter {param.name}": text(param, values[param.name]) for param in card.params}
    for shown in card.revealed():
        value = values[shown.name]
        less = ", rounded down" if rounded(card, shown.name, value) else ""
        said[f"reveals {shown.name}"] = f"{text(shown, value)}{less}"
    return said
