"""What `refresh` and `compact` share: the same rows in a new log, and the proof that they are the same."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.outputs import Outputs, kinds, places

_MORE = """

The proof shows, in zero knowledge, that both logs have the same rows in the same order (claim rows-unchanged-SCHEMA):
who trusts OLD's checkpoint can then trust NEW's. It uses the last of OLD's budget, which `prove` leaves for it.
"""


def resealing(name: str, does: str, *, merge: bool) -> click.Command:
    """The verb of that name."""

    @click.command(name, help=does + _MORE)
    @click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
    @click.option("--to", "new", type=click.Path(path_type=Path), required=True, help="The new log's folder.")
    @click.option("--key", type=click.Path(path_type=Path), required=True, help="The new log's private key file.")
    @click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The proof file.")
    @click.option("--context", default="", help="A text bound into the proof.")
    @json_option
    def command(old: Path, new: Path, key: Path, output: Path, context: str, as_json: bool) -> None:
        _reseal(old, new, key, output, context, as_json, merge=merge)

    return command


def _reseal(old: Path, new: Path, key: Path, output: Path, context: str, as_json: bool, *, merge: bool) -> None:
    """Make the log `new` from `old` and write the proof file; on any failure neither is left."""
    from zkcompliance.log import keys, open_log
    from zkcompliance.policy.binding import Binding
    from zkcompliance.prove.reseal import reseal as make

    signer = keys.load_private(key)
    log = open_log(old)
    places.outside_logs(new)
    outputs = Outputs({output: kinds.PROOF}, read=[key, new], closed=[old, new])
    bound = Binding(None, None, int(time.time()), context.encode()).encode()
    with console.progress() as report:
        console.warm_up(report)
        bundle = make(log, new, signer, merge=merge, context=bound, progress=report)
    try:
        outputs.write({output: bundle})
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
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
