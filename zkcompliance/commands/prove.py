"""`zkcompliance prove CLAIM --log DIR --param k=v -o FILE`."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import (
    by_slot,
    json_option,
    log_option,
    param_option,
    params_of,
    show_params,
    writable,
    write_output,
)


@click.command("prove")
@click.argument("claim_name", metavar="CLAIM")
@log_option
@param_option
@click.option("--context", default="", help="A text bound into the proof: the regulator's reference or nonce.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The proof file.")
@json_option
def command(
    claim_name: str, logs: tuple[str, ...], params: tuple[str, ...], context: str, output: Path, as_json: bool
) -> None:
    """Prove CLAIM over these logs in zero knowledge and write one proof file. Refuses when the claim does not hold."""
    from zkcompliance.claim import catalogue
    from zkcompliance.commands.logs import open_for
    from zkcompliance.prove import api

    claim = catalogue.load(claim_name)
    publics = params_of(claim, params)
    writable(output)
    opened = open_for(claim, by_slot(list(claim.slots), logs, "--log"))
    with console.progress() as report:
        console.warm_up(report)
        began = time.monotonic()
        bundle = api.prove_claim(claim, opened, publics, context=context.encode(), progress=report)
        seconds = time.monotonic() - began
    write_output(output, bundle)
    left = {slot: log.proofs_left() for slot, log in opened.items()}
    digest = hashlib.sha256(bundle).hexdigest()
    if as_json:
        console.print_json(
            {
                "claim": claim.id, "version": claim.version, "params": {n: str(v) for n, v in publics.items()},
                "proof": str(output), "bytes": len(bundle), "sha256": digest, "milliseconds": round(seconds * 1000),
                "proofs_left": left,
            }
        )  # fmt: skip
        return
    console.print_fields(
        f"proved {claim.id}",
        {
            **show_params(claim, publics),
            "proof": f"{output} ({len(bundle):,} bytes)",
            "sha256": digest,
            "time": f"{seconds:.1f} s",
            **{f"proofs left ({slot})": str(count) for slot, count in left.items()},
        },
    )
