"""`zkcompliance explain CLAIM | FILE | CODE`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from zkcompliance import errors
from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.errors import UsageError, ZkComplianceError


@click.command("explain")
@click.argument("subject", metavar="CLAIM|FILE|CODE")
@json_option
def command(subject: str, as_json: bool) -> None:
    """A claim as sentences, what a proof file states (without verifying it), or what an error code means."""
    from zkcompliance.claim import catalogue

    found = {each.code: each for each in error_classes()}
    if subject in found:
        _explain_error(found[subject], as_json)
    elif subject in catalogue.names() or subject.endswith(".py"):
        _explain_claim(subject, as_json)
    elif Path(subject).is_file():
        _explain_file(Path(subject), as_json)
    else:
        raise UsageError(
            f"{subject!r} is no claim, no proof file and no error code",
            help="zkcompliance claims  # or an error code, as printed in error[CODE]",
        )


def error_classes() -> Iterator[type[ZkComplianceError]]:
    """Every error class of `zkcompliance.errors`."""
    for _, value in inspect.getmembers(errors, inspect.isclass):
        if issubclass(value, ZkComplianceError):
            yield value


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

    claim = catalogue.load(name)
    if as_json:
        console.print_json(
            {"id": claim.id, "version": claim.version, "digest": claim.program_digest.hex(), "text": claim.explain()}
        )
        return
    console.print_text(claim.explain())


def _explain_file(path: Path, as_json: bool) -> None:
    """The decoded statement of a proof file; nothing is verified."""
    from zkcompliance.claim import places
    from zkcompliance.errors import StatementMismatch
    from zkcompliance.judge import read_proof
    from zkcompliance.verify import decode_bundle, decode_program, decode_statement

    bundle = decode_bundle(read_proof(path))
    statement, program = decode_statement(bundle.statement_bytes), decode_program(bundle.program_bytes)
    if len(program.publics) != len(statement.publics):
        raise StatementMismatch("publics: the statement and the program that the file brings have not as many")
    publics = places.named(program.publics, statement.publics)
    parts = {
        "statement": len(bundle.statement_bytes), "program": len(bundle.program_bytes),
        "notes": sum(map(len, bundle.notes)), "proof": len(bundle.proof_bytes),
    }  # fmt: skip
    if as_json:
        console.print_json(
            {
                "verified": False,
                "claim": statement.claim, "version": statement.version, "profile": statement.profile.name,
                "program": program.digest.hex(), "params": {name: str(value) for name, value in publics.items()},
                "context": statement.context.hex(), "bytes": parts,
                "logs": [
                    {"slot": x.slot, "checkpoint": x.checkpoint.body.decode(), "segments": len(x.entries)}
                    for x in statement.logs
                ],
            }
        )  # fmt: skip
        return
    fields = {"claim": f"{statement.claim}@{statement.version}", "profile": statement.profile.name}
    fields |= {f"parameter {name}": str(value) for name, value in publics.items()}
    if statement.context:
        fields["context"] = statement.context.decode(errors="replace")
    for log in statement.logs:
        sizes = ", ".join(f"2^{entry.k}" for entry in log.entries)
        fields[f"log {log.slot}"] = (
            f"{log.checkpoint.origin}, size {log.checkpoint.size}, segments of up to {sizes} rows"
        )
    fields["program"] = f"{program.digest.hex()}: {len(program.tables)} table(s), {len(program.equations)} equation(s)"
    fields["bytes"] = ", ".join(f"{name} {size:,}" for name, size in parts.items())
    console.print_fields("what the file states, NOT verified", fields, "bold yellow")
