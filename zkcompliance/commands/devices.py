"""`zkcompliance devices LOG`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.edge import regular
from zkcompliance.errors import EvidenceRefused, MalformedEvidence, UsageError

if TYPE_CHECKING:
    from zkcompliance.evidence.answer import Asked
    from zkcompliance.log.layout import Layout


@click.command("devices")
@click.argument("path", type=click.Path(path_type=Path), metavar="LOG")
@click.option("--beacon", type=click.Path(path_type=Path), help="A beacon's round that the nonce is over too.")
@click.option(
    "--evidence", "evidence", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="What devices answered, as NVIDIA's tools write it; kept in the log.",
)  # fmt: skip
@click.option("--root", type=click.Path(path_type=Path), help="The root certificate (PEM); default NVIDIA's.")
@json_option
def command(path: Path, beacon: Path | None, evidence: tuple[Path, ...], root: Path | None, as_json: bool) -> None:
    """Have GPUs cosign LOG: print the nonce for its checkpoint, and take what they answered.

    Each device is asked for evidence of this nonce, with the maker's own tools. --evidence checks what came back, one
    answer for each device, and keeps it in LOG/devices; proofs for a policy that asks for devices bring it with them.
    Give the same --beacon then. After the next seal the checkpoint is another one, and devices are asked again.

    It shows that so many genuine devices answered; not whose they are, where they stand, or that they did the work.
    """
    from zkcompliance.evidence.answer import Asked
    from zkcompliance.log import answers
    from zkcompliance.log.layout import Layout
    from zkcompliance.log.store import SealedLog

    log = SealedLog.open(path)
    if not log.segments:
        raise UsageError(f"{path} has no sealed segment yet: there is nothing to answer for")
    body = log.checkpoint_body.encode()
    asked = Asked(body) if beacon is None else _of_round(body, beacon)
    layout = Layout(log.path)
    for each in evidence:
        names = _take(layout, asked, each, root)
        console.note(f"{each}: {len(names)} device(s) answered: {', '.join(names)}")
    kept = answers.of_checkpoint(layout, body)
    if as_json:
        console.print_json(
            {
                "log": str(path), "origin": log.origin, "size": log.checkpoint.size, "nonce": asked.nonce.hex(),
                "round": str(asked.round), "answers": len(kept),
            }
        )  # fmt: skip
        return
    console.print_fields(
        "devices of a log",
        {
            "log": f"{path} ({log.origin}), {log.checkpoint.size} segment(s)",
            "nonce": asked.nonce.hex(),
            "beacon": f"round {asked.round}" if asked.round else "none",
            "answers": f"{len(kept)} kept for this checkpoint",
        },
    )


def _of_round(body: bytes, path: Path) -> Asked:
    """What is asked with a round, which is checked. UsageError, MalformedEvidence, EvidenceRefused."""
    from zkcompliance.evidence import beacon
    from zkcompliance.evidence.answer import Asked
    from zkcompliance.limits import MAX_BEACON_FILE_BYTES

    found = beacon.read_round(_read(path, MAX_BEACON_FILE_BYTES))
    beacon.check_rounds([found])
    return Asked(body, found.number, found.digest)


def _take(layout: Layout, asked: Asked, path: Path, root: Path | None) -> list[str]:
    """Check all devices of a file, then keep their answers; their names."""
    import hashlib

    from zkcompliance.evidence import chains, nvidia
    from zkcompliance.evidence.answer import Answer
    from zkcompliance.limits import MAX_EVIDENCE_JSON_BYTES
    from zkcompliance.log import answers

    try:
        trusted = nvidia.ROOT
        if root is not None:
            trusted = hashlib.sha256(chains.pem_blocks(_read(root, 1 << 16), 1)[0]).digest()
        evidence, nonces = nvidia.read(_read(path, MAX_EVIDENCE_JSON_BYTES))
        if any(nonce != asked.nonce for nonce in nonces):
            raise EvidenceRefused("it answers another nonce than that of this checkpoint and beacon")
        devices = nvidia.check_all(evidence, nonces, nvidia.Trust(trusted), int(time.time()))
    except (EvidenceRefused, MalformedEvidence) as error:
        raise type(error)(f"{path}: {error.message}", help=error.help) from None
    for each in evidence:
        answers.keep(layout, Answer(asked, each).encode())
    return [each.name for each in devices]


def _read(path: Path, limit: int) -> bytes:
    try:
        with regular.open_given(path) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"{path}: {regular.reason(error)}", help="give a file that you may read") from error
    if len(data) > limit:
        raise UsageError(f"{path}: has over {limit:,} bytes")
    return data
