"""`zkcompliance witness --key KEY --log-key PUB --state FILE`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.watch import stopping
from zkcompliance.errors import InternalError, UsageError
from zkcompliance.quantities import number_of


@click.command("witness")
@click.option(
    "--key", "keys", multiple=True, required=True, type=click.Path(path_type=Path),
    help="A private key of this witness (`keygen --cosigner`); again for one of another kind.",
)  # fmt: skip
@click.option(
    "--log-key", "log_keys", multiple=True, type=click.Path(path_type=Path), metavar="PUB",
    help="The public key file of a log to follow; again for each log.",
)  # fmt: skip
@click.option(
    "--trust", type=click.Path(path_type=Path), metavar="FILE",
    help="A trust policy (C2SP tlog-policy), whose `log` lines are followed too.",
)  # fmt: skip
@click.option(
    "--state", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="What was signed; made when new. Keep it with the keys: they sign from this one alone.",
)  # fmt: skip
@click.option(
    "--listen", default="127.0.0.1:8400", show_default=True, metavar="HOST:PORT", help="Where; port 0 takes a free one."
)
def command(keys: tuple[Path, ...], log_keys: tuple[Path, ...], trust: Path | None, state: Path, listen: str) -> int:
    """Cosign checkpoints of the logs that are named, over HTTP (C2SP tlog-witness), until SIGTERM or SIGINT.

    Only what extends everything that was signed before is signed; the first checkpoint of a log is taken as it is. A
    fork is refused, and the evidence of it kept beside the state, as FILE.evidence.…, for `zkcompliance evidence`.
    For other machines, put a server in front of it that speaks https.
    """
    from zkcompliance.cosigning import serving
    from zkcompliance.cosigning.answering import Witness
    from zkcompliance.cosigning.state import open_bound
    from zkcompliance.log import keys as key_files
    from zkcompliance.log.trust import load_trust
    from zkcompliance.outputs import places

    signers = [key_files.load_cosigner(key) for key in keys]
    logs = [key_files.load_public(each) for each in log_keys]
    logs += load_trust(trust).logs if trust is not None else ()
    if not logs:
        raise UsageError("a witness follows at least one log", help="--log-key lab.key.pub, or --trust FILE")
    places.outside_logs(state)
    listening = serving.bound(listen)
    witness = Witness(signers, logs, open_bound(state, keys), console.note)
    with stopping() as stopped, serving.serving(witness, listening) as ended:
        names = ", ".join(dict.fromkeys(each.verifier.name for each in signers))
        console.print_text(
            f"{names} follows {number_of(len({key.name for key in logs}), 'log')} at {serving.url_of(listening)}"
        )
        while not stopped and not ended.is_set():
            time.sleep(0.2)
        if ended.is_set() and not stopped:
            raise InternalError("the server ended by itself")
    return 0
