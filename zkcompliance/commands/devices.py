"""`zkcompliance devices LOG`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.edge import regular
from zkcompliance.edge.given import whole
from zkcompliance.errors import EvidenceRefused, MalformedEvidence, UsageError
from zkcompliance.quantities import number_of

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
@click.option(
    "--requests", type=click.Path(path_type=Path), help="A new folder for requests of time stamps (RFC 3161)."
)
@click.option(
    "--stamp", "stamps", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="What a time-stamping authority replied; kept in the log.",
)  # fmt: skip
@json_option
def command(
    path: Path,
    beacon: Path | None,
    evidence: tuple[Path, ...],
    root: Path | None,
    requests: Path | None,
    stamps: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Have GPUs cosign LOG: print the nonce for its checkpoint, and take what they answered.

    Each device is asked for evidence of this nonce, with the maker's own tools. --evidence checks what came back, one
    answer for each device, and keeps it in LOG/devices; proofs for a policy that asks for devices bring it with them.
    Give the same --beacon then. After the next seal the checkpoint is another one, and devices are asked again.

    Evidence has no time. For policies that ask when devices answered, --requests writes a request for each answer that
    has no time stamp, and --stamp takes the replies.

    It shows that so many genuine devices answered; not whose they are, where they stand, or that they did the work.
    """
    from zkcompliance.log import answers
    from zkcompliance.log.layout import Layout
    from zkcompliance.log.store import SealedLog

    log = SealedLog.open(path)
    if not log.segments:
        raise UsageError(f"{path} has no sealed segment yet: there is nothing to answer for")
    body, layout = log.checkpoint_body.encode(), Layout(log.path)
    asked = _asked(layout, body, beacon, keep=bool(evidence))
    for each in evidence:
        names = _take(layout, asked, each, root)
        console.note(f"{each}: {number_of(len(names), 'device')} answered: {', '.join(names)}")
    for each in stamps:
        console.note(f"{each}: of {number_of(_stamp(layout, body, each), 'answer')}")
    if requests is not None:
        console.note(f"{requests}: {number_of(_requests(layout, body, requests), 'request')}")
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
            "log": f"{path} ({log.origin}), {number_of(log.checkpoint.size, 'segment')}",
            "nonce": asked.nonce.hex(),
            "beacon": f"round {asked.round}" if asked.round else "none",
            "answers": f"{len(kept)} kept for this checkpoint",
        },
    )


def _asked(layout: Layout, body: bytes, path: Path | None, *, keep: bool) -> Asked:
    """What is asked, with a round where one is given, which is checked and kept with the answers. UsageError,
    MalformedEvidence, EvidenceRefused."""
    from zkcompliance.evidence.answer import Asked

    if path is None:
        return Asked(body)
    from zkcompliance.evidence import beacon
    from zkcompliance.limits import MAX_BEACON_FILE_BYTES
    from zkcompliance.log import anchors

    found = beacon.read_round(whole(path, MAX_BEACON_FILE_BYTES))
    beacon.check_rounds([found])
    if keep:
        anchors.keep_round(layout, found.digest, found.encode())
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
            trusted = hashlib.sha256(chains.pem_blocks(whole(root, 1 << 16), 1)[0]).digest()
        evidence, nonces = nvidia.read(whole(path, MAX_EVIDENCE_JSON_BYTES))
        if any(nonce != asked.nonce for nonce in nonces):
            raise EvidenceRefused("it answers another nonce than that of this checkpoint and beacon")
        devices = nvidia.check_all(evidence, nonces, nvidia.Trust(trusted), int(time.time()))
    except (EvidenceRefused, MalformedEvidence) as error:
        raise type(error)(f"{path}: {error.message}", help=error.help) from None
    for each in evidence:
        answers.keep(layout, Answer(asked, each).encode())
    return [each.name for each in devices]


def _requests(layout: Layout, body: bytes, folder: Path) -> int:
    """Write a TimeStampReq for each answer without a time stamp; how many."""
    from zkcompliance.evidence import timestamp
    from zkcompliance.evidence.answer import Answer
    from zkcompliance.log import answers

    try:
        folder.mkdir()
    except OSError as error:
        raise UsageError(f"{folder}: {regular.reason(error)}", help="name a folder that is not there yet") from error
    count = 0
    for each in answers.of_checkpoint(layout, body):
        answer = Answer.decode(each)
        if not answer.stamp:
            count += 1
            (folder / f"{count:03d}.tsq").write_bytes(timestamp.request(answer.evidence.data))
    return count


def _stamp(layout: Layout, body: bytes, path: Path) -> int:
    """Keep a reply with the answer that it is over; of how many that was, which is one. EvidenceRefused where of none.

    Whether the authority is trusted is for whoever verifies.
    """
    import hashlib
    from dataclasses import replace

    from zkcompliance.evidence import timestamp
    from zkcompliance.evidence.answer import Answer
    from zkcompliance.limits import MAX_TIMESTAMP_BYTES
    from zkcompliance.log import answers

    reply = whole(path, MAX_TIMESTAMP_BYTES)
    imprint = timestamp.imprint_of(reply)
    count = 0
    for each in answers.of_checkpoint(layout, body):
        answer = Answer.decode(each)
        if hashlib.sha256(answer.evidence.data).digest() == imprint:
            answers.put(layout, each, replace(answer, stamp=reply).encode())
            count += 1
    if not count:
        raise EvidenceRefused(f"{path}: the time stamp is over none of the answers that are kept for this checkpoint")
    return count
