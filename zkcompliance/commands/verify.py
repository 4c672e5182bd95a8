"""`zkcompliance verify FILE --claim C --param k=v --log-key PUB`."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import by_slot, json_option, param_option, params_of
from zkcompliance.quantities import exact_beside

if TYPE_CHECKING:
    from zkcompliance.claim.model import Claim
    from zkcompliance.judge import Shown


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--claim", "claim_name", metavar="CLAIM", help="The claim that must be proved.")
@param_option
@click.option("--log-key", "log_keys", multiple=True, metavar="[SLOT=]PUB", help="The public key file of the log.")
@click.option("--context", help="The reference or nonce that the proof must be bound to.")
@click.option("--trust", type=click.Path(path_type=Path), help="A C2SP tlog-policy: who must have cosigned.")
@click.option(
    "--state", type=click.Path(path_type=Path), help="A file that remembers the newest checkpoint of each log."
)
@json_option
def command(
    file: Path,
    claim_name: str | None,
    params: tuple[str, ...],
    log_keys: tuple[str, ...],
    context: str | None,
    trust: Path | None,
    state: Path | None,
    as_json: bool,
) -> None:
    """Verify a proof FILE against a claim, its parameters and the public key of the log it is about.

    Exit status 0 accepted, 1 rejected, 2 not a proof file, 3 when --state shows that the log was forked or rolled back
    (the evidence is written to STATE.evidence), 4 when --claim or --log-key is missing: then it only says what the
    proof shows.
    """
    from zkcompliance.judge import judge, read_proof
    from zkcompliance.log import keys, standing

    if claim_name is None and (params or context is not None):
        raise click.UsageError("--param and --context go with --claim")
    if (claim_name is None or not log_keys) and (trust or state):
        raise click.UsageError("--trust and --state go with --claim and --log-key")
    data = read_proof(file)
    if claim_name is None or not log_keys:
        _undecided(data, claim_name, params, log_keys, as_json)
        return
    from zkcompliance.claim import catalogue

    claim = catalogue.load(claim_name)
    publics = params_of(claim, params)
    paths = by_slot(list(claim.slots), log_keys, "--log-key")
    trusted = {slot: keys.load_public(path) for slot, path in paths.items()}
    began = time.monotonic()
    shown = judge(data, claim, publics, trusted, None if context is None else context.encode())
    found = standing.hold(shown.statement.logs, shown.bundle.notes, trusted, trust=trust, state=state)
    seconds = time.monotonic() - began
    cosigned = {slot: dict(each.cosigned) for slot, each in found.items()}
    if as_json:
        more = {"cosigned": cosigned} if trust else {}
        console.print_json({"verdict": "accepted", **as_document(shown), **more, "milliseconds": round(seconds * 1000)})
        return
    signers = {f"cosigned ({slot})": ", ".join(names) or "nobody; none is asked" for slot, names in cosigned.items()}
    fields = {**describe(shown, claim), **signers, "verified in": f"{seconds:.2f} s"}
    console.print_fields("ACCEPTED", fields, "bold green")
    _print_not_proven()


def _undecided(
    data: bytes, claim_name: str | None, params: tuple[str, ...], log_keys: tuple[str, ...], as_json: bool
) -> None:
    """Say what the proof shows, then raise Undecided."""
    from zkcompliance.claim import catalogue
    from zkcompliance.errors import Undecided
    from zkcompliance.judge import verify_shown

    claim = catalogue.load(claim_name) if claim_name else None
    if claim is not None:
        params_of(claim, params)
    shown = verify_shown(data, claim.program_digest if claim else None)
    named = claim
    if named is None and shown.statement.claim in catalogue.names():
        known = catalogue.load(shown.statement.claim)
        named = known if known.program_digest == shown.program.digest else None
    if as_json:
        console.print_json({"verdict": "undecided", **as_document(shown)})
    else:
        console.print_fields("NOT DECIDED: what this file shows", describe(shown, named), "bold yellow")
        if named is None:
            console.print_text(
                "The program is none of this installation's claims: its name says nothing about its meaning."
            )
        _print_not_proven()
    wanted = (("--claim CLAIM --param NAME=VALUE", claim_name), ("--log-key PUB", log_keys))
    missing = [text for text, given in wanted if not given]
    raise Undecided(
        f"nothing to hold the proof against: {' and '.join(missing)} not given",
        help="zkcompliance verify FILE --claim CLAIM --param NAME=VALUE --log-key PUB",
    )


def _bits(value: Fraction) -> str:
    whole, hundredths = divmod(int(value * 100), 100)
    return f"{whole}.{hundredths:02d}"


def describe(shown: Shown, claim: Claim | None) -> dict[str, str]:
    """A verified proof's statement as fields for a person."""
    statement = shown.statement
    fields = {"claim": f"{statement.claim}@{statement.version}"}
    if claim is not None:
        fields["says"] = claim.title
    params = {param.name: param for param in claim.params} if claim else {}
    for name, value in shown.publics.items():
        fields[name] = exact_beside(params[name].show(value), value) if name in params else str(value)
    for log in statement.logs:
        sizes = ", ".join(f"2^{entry.k}" for entry in log.entries)
        fields[f"log {log.slot}"] = (
            f"{log.checkpoint.origin}: all {log.checkpoint.size} segment(s), sizes up to {sizes} rows"
        )
    if statement.context:
        fields["context"] = statement.context.decode(errors="replace")
    bits = _bits(shown.report.security_bits)
    fields["security"] = f"{bits} bits, provable in the random oracle model; profile {shown.report.profile}"
    fields["program"] = shown.program.digest.hex()
    return fields


def as_document(shown: Shown) -> dict[str, Any]:
    """The same for machines; quantities are decimal strings."""
    from zkcompliance.judge import NOT_PROVEN

    statement = shown.statement
    return {
        "claim": {"id": statement.claim, "version": statement.version, "digest": shown.program.digest.hex()},
        "params": {name: str(value) for name, value in shown.publics.items()},
        "context": statement.context.hex(),
        "logs": [
            {
                "slot": log.slot,
                "origin": log.checkpoint.origin,
                "size": log.checkpoint.size,
                "root": log.checkpoint.root.hex(),
                "segments": [{"rows_log2": e.k, "root": e.root.hex()} for e in log.entries],
            }
            for log in statement.logs
        ],
        "profile": shown.report.profile,
        "security_bits": _bits(shown.report.security_bits),
        "proof_bytes": shown.report.proof_bytes,
        "not_proven": list(NOT_PROVEN),
    }


def _print_not_proven() -> None:
    from zkcompliance.judge import NOT_PROVEN

    console.print_text("This does not prove:\n" + "\n".join(f"  - {line}" for line in NOT_PROVEN))
