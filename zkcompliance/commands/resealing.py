"""What `refresh` and `compact` share: the same rows in a new log, and the proof that they are the same."""

from __future__ import annotations

from pathlib import Path

from zkcompliance.commands import console
from zkcompliance.commands.options import writable, write_output


def reseal(old: Path, new: Path, key: Path, output: Path, context: str, as_json: bool, *, merge: bool) -> None:
    """Make the log `new` from `old` and write the proof file; on any failure neither is left."""
    from zkcompliance.log import keys, open_log
    from zkcompliance.prove.reseal import reseal as make

    signer = keys.load_private(key)
    log = open_log(old)
    writable(output)
    with console.progress() as report:
        console.warm_up(report)
        bundle = make(log, new, signer, merge=merge, context=context.encode(), progress=report)
    write_output(output, bundle)
    made = open_log(new)
    claim = f"rows-unchanged-{log.schema.name}"
    if as_json:
        console.print_json(
            {
                "log": str(new), "origin": made.origin, "segments": len(made.segments), "claim": claim,
                "proof": str(output), "bytes": len(bundle), "proofs_left": made.proofs_left(),
            }
        )  # fmt: skip
        return
    console.print_fields(
        "the same rows, sealed again",
        {
            "log": f"{new} ({made.origin})",
            "segments": f"{len(made.segments)}, from {len(log.segments)}",
            "proofs left": f"{made.proofs_left()} per segment",
            "proof": f"{output} ({len(bundle):,} bytes) of {claim}",
        },
    )
