"""`zkcompliance request new --open 300 …` or `request new --policy P --lab NAME …`: what is asked of a lab."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import asked_proof, console
from zkcompliance.commands.options import claim_file_option, complete_policies, json_option
from zkcompliance.errors import UsageError
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.log.checkpoint import Checkpoint
    from zkcompliance.request.rows import AskedRows

_HELP = "zkcompliance request new --help"


@click.group("request")
def command() -> None:
    """Ask a lab for something, in one signed file."""


@command.command("new")
@click.option("--open", "rows", type=click.IntRange(1, 1000), help="Ask for rows: how many are drawn by lot.")
@click.option("--policy", shell_complete=complete_policies, help="Ask for a proof of what this policy asks.")
@claim_file_option
@click.option("--lab", metavar="NAME", help="With --policy: whom you ask, as you call them.")
@click.option(
    "--weight", type=click.Choice(["rows", "flop"]), default="rows",
    help="Whether each row is as likely as any other, or each FLOP.",
)  # fmt: skip
@click.option(
    "--checkpoint", type=click.Path(path_type=Path),
    help="With --open: the log's checkpoint as you have seen it, signed: the file `checkpoint` of its folder.",
)  # fmt: skip
@click.option(
    "--log-key",
    "log_keys",
    multiple=True,
    metavar="[LOG=]PUB",
    help="The public key file of the log; with --policy, of each log of which the policy says none, where you have it.",
)
@click.option("--trust", type=click.Path(path_type=Path), help="A C2SP tlog-policy: who must have cosigned.")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Your own private key file (keygen), which signs the request; with --open it is needed.",
)
@click.option(
    "--answer-by", "--due", metavar="TIME", required=True, help="A time, such as 2026-08-16, or a length: 2 weeks."
)
@click.option(
    "--context",
    default="",
    help="The reference under which you ask; with --policy, what stands before the digits that are drawn.",
)
@click.option(
    "--beacon", type=click.Choice(["quicknet", "mainnet"]), default="quicknet", help="The chain of drand that draws."
)
@click.option(
    "--state", type=click.Path(path_type=Path),
    help="With --open: the file that remembers what you saw: a request without an answer is a finding of `verify`.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The request, for the lab.")
@json_option
def new_command(
    rows: int | None,
    policy: str | None,
    claim_files: tuple[str, ...],
    lab: str | None,
    weight: str,
    checkpoint: Path | None,
    log_keys: tuple[str, ...],
    trust: Path | None,
    key: Path | None,
    answer_by: str,
    context: str,
    beacon: str,
    state: Path | None,
    output: Path,
    as_json: bool,
) -> None:
    """Ask a lab for a proof of a policy, or to open rows of a log that are drawn by lot.

    With --policy the request names the policy's digest, its logs with their keys, and a reference that is drawn here:
    a proof that is bound to it was made after this moment. The lab gives the file to `prove`, you to `verify`.

    With --open rows are drawn by a round of a public beacon that is published a minute from now. Neither you nor the
    lab can choose them: you are bound by this file before the round, the lab by its checkpoint. Send the file at once,
    so that the lab has it before the round. There is no second draw of what is asked here.
    """
    if (rows is None) == (policy is None):
        raise UsageError("what is asked for: a proof of --policy, or rows, --open", help=_HELP)
    until = _until(answer_by, int(time.time()))
    if policy is not None:
        if checkpoint is not None or trust is not None or state is not None or weight != "rows":
            raise UsageError("--checkpoint, --trust, --state and --weight go with --open", help=_HELP)
        if lab is None:
            raise UsageError("--lab is not given: whom you ask", help=_HELP)
        asked_proof.ask(policy, claim_files, lab, log_keys, key, until, context, output, as_json)
    elif rows is not None:
        if lab is not None or claim_files:
            raise UsageError("--lab and --claim-file go with --policy", help=_HELP)
        if checkpoint is None or key is None or len(log_keys) != 1:
            raise UsageError("--open goes with --checkpoint, --key, and one --log-key", help=_HELP)
        _ask_rows(
            rows, weight, checkpoint, Path(log_keys[0]), trust, key, until, context, beacon, state, output, as_json
        )


def _ask_rows(
    rows: int,
    weight: str,
    checkpoint: Path,
    log_key: Path,
    trust: Path | None,
    key: Path,
    until: int,
    context: str,
    beacon: str,
    state: Path | None,
    output: Path,
    as_json: bool,
) -> None:
    from zkcompliance.evidence.beacon import BEACONS, first_round, moment
    from zkcompliance.log import keys
    from zkcompliance.openings import kept
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.quantities import show_time
    from zkcompliance.request.file import Request
    from zkcompliance.request.rows import WAIT, AskedRows

    now = int(time.time())
    about = _seen(checkpoint, log_key, trust, now)
    signer, drand = keys.load_private(key), BEACONS[beacon]
    asked = AskedRows(about.origin, about.size, about.root, drand, first_round(drand, now + WAIT), rows, weight)
    request = Request(signer.verifier, _reference(context), now, until, asked).signed_by(signer)
    data = request.encode()
    Request.decode(data)  # or the error that the lab would see
    if state is not None:
        _refuse_another(state, request.openings)
    outputs = Outputs({output: kinds.REQUEST}, read=[checkpoint, log_key, key, *([trust] if trust else [])], closed=[])
    if state is not None:
        kept.remember(state, [request])
    outputs.write({output: data})
    drawn = moment(drand, asked.round)
    if as_json:
        console.print_json(
            {
                "request": str(output), "sha256": request.digest.hex(), "origin": asked.origin, "size": asked.size,
                "root": asked.root.hex(), "rows": rows, "weight": weight, "beacon": beacon, "round": asked.round,
                "round_at": drawn, "answer_by": request.answer_by,
            }
        )  # fmt: skip
        return
    console.print_fields(
        f"request for {number_of(rows, 'row')} of {asked.origin}",
        {
            "file": f"{output} (send it to the lab now)",
            "of": f"{number_of(asked.size, 'segment')}, root {asked.root.hex()}",
            "drawn by": f"round {asked.round} of {beacon}, published {show_time(drawn)}",
            "answer by": show_time(request.answer_by),
        },
    )  # fmt: skip


def _seen(path: Path, log_key: Path, trust: Path | None, now: int) -> Checkpoint:
    """The checkpoint that is asked about: signed by the log's key, and cosigned as the trust policy has it."""
    from zkcompliance.edge import regular
    from zkcompliance.limits import MAX_NOTE_BYTES
    from zkcompliance.log import note
    from zkcompliance.log.checkpoint import Checkpoint
    from zkcompliance.log.public_keys import load_public
    from zkcompliance.log.trust import load_trust

    try:
        with regular.open_given(path) as file:
            data = file.read(MAX_NOTE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {regular.reason(error)}", help=_HELP) from error
    found = Checkpoint.parse(note.verify(data, load_public(log_key)))
    if not found.size:
        raise UsageError(f"{path} is of a log without segments", help=_HELP)
    if trust is not None:
        load_trust(trust).check(data, now=now)
    return found


def _reference(text: str) -> str:
    from zkcompliance.policy.binding import reference_of

    reference_of(text)
    return text


def _until(text: str, now: int) -> int:
    """A time, or a length of time from now."""
    from zkcompliance.quantities import parse_seconds, parse_time

    try:
        found = parse_time(text)
    except UsageError:
        found = now + parse_seconds(text)
    if found <= now:
        raise UsageError("--answer-by is in the past", help=_HELP)
    return found


def _refuse_another(state: Path, asked: AskedRows) -> None:
    """UsageError where the same checkpoint was asked before with this state, and the request is open."""
    from zkcompliance.openings import kept

    for each in kept.load(state):
        before = each.request.openings
        if not each.answered and (before.origin, before.size, before.root) == (asked.origin, asked.size, asked.root):
            raise UsageError(
                f"{before.rows} rows of this checkpoint were asked for before, and that request is open: an answer "
                "that is missing is a finding, and no reason for another draw",
                help="zkcompliance verify FILE --policy POLICY --state STATE --request EARLIER",
            )
