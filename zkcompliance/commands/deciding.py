"""What a verdict is asked with, the same for every verb that comes to one: options, and their exit status."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import (
    claim_file_option,
    complete_claims,
    complete_policies,
    subject_option,
)
from zkcompliance.errors import UsageError

if TYPE_CHECKING:
    from zkcompliance.policy.proofs import File
    from zkcompliance.policy.streak import Streak
    from zkcompliance.policy.verdict import Verdict

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--policy", metavar="POLICY", shell_complete=complete_policies,
        help="What must be proved: a ready-made policy, or a .toml file.",
    ),
    claim_file_option,
    click.option(
        "--claim", metavar="CLAIM", shell_complete=complete_claims, help="The one claim that must be proved."
    ),
    click.option(
        "--param", "-p", "params", multiple=True, metavar="NAME=VALUE",
        help="With --claim: the value that a parameter must have; its default where it is left out.",
    ),
    click.option(
        "--log-key", "log_keys", multiple=True, metavar="[LOG=]PUB",
        help="The public key file of a log; again for each log that goes by one name.",
    ),
    subject_option,
    click.option("--context", help="The reference or nonce that the proof must be bound to."),
    click.option(
        "--drawn", metavar="TIME", help="When you drew that reference: no proof that states an earlier time is taken."
    ),
    click.option(
        "--rehearsal", is_flag=True, help="Take a rehearsal (prove --rehearse), and nothing else; with --at its time."
    ),
    click.option("--trust", type=click.Path(path_type=Path), help="A C2SP tlog-policy: who must have cosigned."),
    click.option(
        "--state", type=click.Path(path_type=Path),
        help="A file that remembers what was seen of each log, and since when.",
    ),
    click.option(
        "--roll-up", "roll_ups", multiple=True, type=click.Path(path_type=Path),
        help="The roll-up file of a log: shows for which log it stands.",
    ),
    click.option(
        "--request", "requests", multiple=True, type=click.Path(path_type=Path),
        help="The request (request new) that the proof answers, or one for rows that the lab must have answered.",
    ),
    click.option(
        "--openings", multiple=True, type=click.Path(path_type=Path),
        help="With --policy: the file of opened rows that answers a request.",
    ),
    click.option(
        "--recognised", multiple=True, type=click.Path(path_type=Path), metavar="VERDICT",
        help="With --policy: another's signed verdict, for what the policy takes over from it.",
    ),
    click.option(
        "--withdrawn", multiple=True, type=click.Path(path_type=Path), metavar="LIST",
        help="With --recognised: a signed list of verdicts that their verifier withdrew.",
    ),
    click.option(
        "--lineage", "lineages", multiple=True, metavar="[LOG=]FILE",
        help="A log's lineage: shows that its generations, sealed again, have the same rows.",
    ),
    click.option(
        "--new-key", "new_keys", multiple=True, metavar="LOG",
        help="Take a key of this log that --state has not seen: you have asked the lab.",
    ),
    click.option("--at", metavar="TIME", help="Judge as of this time, such as 2026-08-02; now if it is not given."),
    click.option(
        "--attestation", type=click.Path(path_type=Path), help="An attestation that must be about this very FILE."
    ),
    click.option(
        "--attestation-key", type=click.Path(path_type=Path), help="The public key (PEM) that must have signed it."
    ),
)  # fmt: skip


def deciding_options(command: Command) -> Command:
    """The options of `decide`, as keyword arguments of the command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


keyring_option = click.option(
    "--keyring", type=click.Path(path_type=Path), metavar="DESK",
    help="A desk whose names for keys stand beside the keys: desk key add.",
)  # fmt: skip


def _names(keyring: Path) -> dict[str, str]:
    """What a desk calls keys, by vkey text. DeskRefused."""
    from zkcompliance.desk.store import Desk

    with Desk(keyring) as desk:
        return desk.names()


_SIGNING = (
    click.option(
        "--sign", "sign", multiple=True, type=click.Path(path_type=Path), metavar="KEY",
        help="Sign the verdict with this private key (PEM): Ed25519, ECDSA P-256, ML-DSA-44 or ML-DSA-65; again for "
        "each.",
    ),
    click.option("--verifier", metavar="URI", help="With --sign: who judges, such as https://regulator.example/v1"),
    click.option(
        "--sign-as", type=click.Choice(["vsa", "svr"]), default="vsa",
        help="With --sign: a SLSA Verification Summary, or in-toto's Simple Verification Result.",
    ),
)  # fmt: skip


def signing_options(command: Command) -> Command:
    """The options of `Signing`, as keyword arguments of the command."""
    for option in reversed(_SIGNING):
        command = option(command)
    return command


@dataclass(frozen=True)
class Signing:
    """How a verdict is to be signed. keys: files of private keys; none: it is not."""

    keys: tuple[Path, ...]
    verifier: str
    simple: bool

    @classmethod
    def of(cls, sign: tuple[Path, ...], verifier: str | None, sign_as: str, output: Path | None) -> Signing:
        """UsageError where the options do not go together. output: where the signed verdict is to go."""
        if bool(sign) != (verifier is not None) or (not sign and sign_as != "vsa") or bool(sign) > (output is not None):
            raise UsageError(
                "--sign, --verifier and a file to write go together: who judges, by which key, and where to",
                help="zkcompliance verify FILE --policy POLICY --sign KEY --verifier URI -o FILE",
            )
        return cls(sign, verifier or "", sign_as == "svr")

    def made(self, verdict: Verdict, output: Path) -> bytes:
        """The signed verdict, for this file. Raises as `sign_verdict`."""
        from zkcompliance.signed import sign_verdict

        sigstore = output.name.endswith(".sigstore.json")
        made = sign_verdict(verdict, key=self.keys, verifier=self.verifier, simple=self.simple, sigstore=sigstore)
        return made.data

    def streak(self, found: Streak, output: Path) -> bytes:
        """The same of a streak. Raises as `attest.verdicts.sign_streak`, and KeyFileError."""
        from zkcompliance.attest import verdicts

        keys = [verdicts.load_signing(each) for each in self.keys]
        return verdicts.sign_streak(found, keys, self.verifier, sigstore=output.name.endswith(".sigstore.json"))


def decide(file: Path, asked: dict[str, Any], keyring: Path | None = None) -> Verdict:
    """The verdict on a proof file; asked: what `deciding_options` gave; keyring: the desk whose names stand in it."""
    from zkcompliance.policy.proofs import open_proof

    with open_proof(file) as opened:
        return _decide(opened, asked, keyring)


def _decide(file: File, asked: dict[str, Any], keyring: Path | None) -> Verdict:
    from zkcompliance.decide import Request

    names = asked.get("names") if keyring is None else _names(keyring)
    with console.progress() as report:
        return Request(**{**asked, "names": names}).decide(file, clock=int(time.time()), progress=report)


def decide_or_say(file: Path, asked: dict[str, Any], keyring: Path | None = None) -> Verdict:
    """The same, for a document: whatever is in the way of a verdict is in it, as its `error`."""
    from zkcompliance.decide import Request
    from zkcompliance.errors import InternalError, ZkComplianceError
    from zkcompliance.policy.proofs import open_proof
    from zkcompliance.report import refused

    opened = None
    try:
        with open_proof(file) as opened:
            return _decide(opened, asked, keyring)
    except Exception as error:
        why = error if isinstance(error, ZkComplianceError) else InternalError.of(error)
        policy = Request(**asked).named()
        return refused.verdict(why, file=opened, at=asked["at"], clock=int(time.time()), policy=policy)


def leave(verdict: Verdict) -> int:
    """The exit status of a verdict; the first error is said on stderr."""
    from zkcompliance.errors import RequirementNotShown

    if verdict.error is not None:
        return console.report_error(verdict.error)
    errors = [finding.error for finding in verdict.findings if finding.error is not None]
    if not errors and not verdict.accepted:
        errors = [RequirementNotShown("nothing in the file was judged")]
    return console.report_error(errors[0]) if errors else 0
