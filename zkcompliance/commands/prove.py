"""`zkcompliance prove CLAIM --log DIR --param k=v -o FILE`, `prove --policy P --log NAME=DIR … -o FILE`, `--joint`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.asked_proof import document
from zkcompliance.commands.options import (
    claim_file_option,
    complete_claims,
    json_option,
    log_option,
    param_option,
    paths_of,
    policies_option,
    show_params,
    subject_option,
    subject_paths,
)
from zkcompliance.edge.pairs import by_slot, pairs
from zkcompliance.errors import UsageError
from zkcompliance.outputs import Outputs, keeping, kinds
from zkcompliance.quantities import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkcompliance.claim.model import Claim
    from zkcompliance.log.store import SealedLog
    from zkcompliance.policy.binding import Subject
    from zkcompliance.policy.model import Policy
    from zkcompliance.request.proof import ProofRequest

_CLUSTER = "zkcompliance prove --policy POLICY --log NAME=DIR -o FILE --cluster tcp://HOST:8786"
_JOINT = "zkcompliance prove --joint CAP.toml --lab NAME --log compute=DIR --log notes=DIR -o FILE"
_ATTEST = (
    "zkcompliance prove --policy POLICY --log NAME=DIR --subject NAME=PATH -o FILE "
    "--attest OUT.intoto.json --attest-key KEY.pem"
)


@click.command("prove")
@click.argument("claim_name", metavar="[CLAIM]", required=False, shell_complete=complete_claims)
@policies_option
@click.option(
    "--joint", type=click.Path(path_type=Path), metavar="CAP.toml",
    help="What this joint file asks of --lab, in place of one CLAIM: a cap over several labs (docs/across.md).",
)  # fmt: skip
@click.option("--lab", metavar="NAME", help="With --joint: which lab of the file proves.")
@claim_file_option
@log_option
@param_option
@subject_option
@click.option("--context", default="", help="A text bound into the proof: the regulator's reference or nonce.")
@click.option(
    "--request", "request_file", type=click.Path(path_type=Path), metavar="FILE",
    help="With --policy: the request that this proof answers, whose reference is bound into it.",
)  # fmt: skip
@click.option(
    "--asker", type=click.Path(path_type=Path), metavar="PUB",
    help="With --request: the public key file of who must have signed it.",
)  # fmt: skip
@click.option(
    "--rehearse", metavar="TIME",
    help="Rehearse a policy as if at this time, such as 2027-02-01: marked in the proof, and refused as anything else.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The proof file.")
@click.option(
    "--attest", "attestation", type=click.Path(path_type=Path), metavar="OUT",
    help="Write a signed in-toto Statement about the proof too; OUT.sigstore.json: as a sigstore bundle.",
)  # fmt: skip
@click.option(
    "--attest-key", type=click.Path(path_type=Path), metavar="PEM",
    help="The private key (ECDSA P-256 or Ed25519, PKCS#8) that signs it.",
)  # fmt: skip
@click.option(
    "--cluster", metavar="ADDRESS",
    help="With --policy: who makes the proofs, the workers of the Dask scheduler there, such as tcp://10.0.0.5:8786, "
    "or local:N, N processes of this machine.",
)  # fmt: skip
@json_option
def command(
    claim_name: str | None,
    policies: tuple[str, ...],
    joint: Path | None,
    lab: str | None,
    claim_files: tuple[str, ...],
    logs: tuple[str, ...],
    params: tuple[str, ...],
    subject: str | None,
    context: str,
    request_file: Path | None,
    asker: Path | None,
    rehearse: str | None,
    output: Path,
    attestation: Path | None,
    attest_key: Path | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Prove CLAIM, or every requirement of each --policy, over these logs in zero knowledge, and write one proof file.

    All requirements of a policy are one proof; where that is more than a proof may have, or than there is memory for
    where it is made, they are several in the file, which says as much as one. --log NAME=DIR again adds a log to NAME.

    The proof is bound to the model, the reference and this machine's time (with --rehearse, that time). With --policy,
    --log names a log of the policy, and --param REQUIREMENT.NAME=VALUE fills in what the policy leaves open. With
    --joint, the file says claim, parameters and reference of --lab, and --log is compute=DIR or notes=DIR. Everything
    is checked first: when a claim does not hold, nothing is proved and nothing is written.
    """
    from zkcompliance.policy.binding import Binding, reference_of

    reference = reference_of(context)
    if [claim_name is not None, bool(policies), joint is not None].count(True) != 1:
        raise UsageError("what is to be proved: one CLAIM, --policy or --joint", help="zkcompliance prove --help")
    if (joint is None) != (lab is None) or (joint is not None and (params or context or claim_files)):
        why = "--joint and --lab go together, and with none of --param, --context and --claim-file: the file says these"
        raise UsageError(why, help=_JOINT)
    if claim_name is not None and claim_files:
        raise UsageError("--claim-file goes with --policy: CLAIM is a file itself", help="zkcompliance prove --help")
    if rehearse is not None and (not policies or attestation is not None):
        why = "--rehearse goes with --policy, and no attestation is made of a rehearsal"
        raise UsageError(why, help="zkcompliance prove --help")
    if request_file is not None and (not policies or rehearse is not None or context):
        why = "--request goes with --policy, and with neither --context nor --rehearse"
        raise UsageError(why, help="zkcompliance prove --help")
    if asker is not None and request_file is None:
        raise UsageError("--asker says who must have signed --request", help="zkcompliance prove --help")
    if cluster is not None and not policies:
        raise UsageError("--cluster goes with --policy: its proofs are what is shared out", help=_CLUSTER)
    sign = _attesting(attestation, attest_key, subject)
    model_paths = subject_paths(subject)
    closed = [*paths_of(*logs), *model_paths]
    outputs = Outputs(
        {output: kinds.PROOF} | ({} if attestation is None else _attestation(output, attestation)),
        read=[*paths_of(claim_name, joint, attest_key, request_file, asker, *policies, *claim_files), *model_paths],
        closed=closed,
    )
    model = None if subject is None else _read(subject)
    now = int(time.time()) if rehearse is None else parse_time(rehearse)
    began = time.monotonic()
    said: dict[str, object]
    if not policies:
        from zkcompliance.prove import api
        from zkcompliance.prove.enclose import enclose, lineages_of

        if joint is not None and lab is not None:
            claim, publics, opened, reference = _under(joint, lab, logs, now)
        else:
            claim, publics, opened = _claimed(claim_name or "", params, logs)
        bound = Binding(None, model, now, reference).encode()
        with console.progress() as report:
            console.warm_up(report)
            bundle = api.prove_claim(claim, opened, publics, head=bound, progress=report)
        every = [log for several in opened.values() for log in several]
        if lineages_of(every):
            bundle = enclose({(bound, claim.id): bundle}, every, console.note)
        said = {"claim": claim.id, "version": claim.version, "params": {n: str(v) for n, v in publics.items()}}
        title, fields = f"proved {claim.id}", show_params(claim, publics)
        if joint is not None:
            said["joint"], fields["joint file"] = reference.hex(), f"{joint} (SHA-256 {reference.hex()})"
    else:
        from zkcompliance.claim import catalogue
        from zkcompliance.commands.logs import open_of
        from zkcompliance.policy.catalogue import asked
        from zkcompliance.prove import own_claims
        from zkcompliance.prove.cluster import connected
        from zkcompliance.prove.policy import prove_policies

        own = catalogue.own(claim_files)
        chosen = [own_claims.load(name, own) for name in policies]
        opened = open_of(chosen, logs)
        answers = None if request_file is None else _asked(request_file, asker, chosen, opened, now)
        if answers is not None:
            reference = answers.reference.encode()
        with connected(cluster) if cluster is not None else nullcontext() as executor, console.progress() as report:
            if executor is None:
                console.warm_up(report)
            bundle = prove_policies(
                chosen, opened, pairs(params, "--param"),
                binding=Binding(None, model, now, reference, rehearse is not None), own=own, progress=report,
                tell=console.note, executor=executor,
            )  # fmt: skip
        made = {policy.label: [requirement.name for requirement in asked(policy)] for policy in chosen}
        said = {"policies": {policy.label: policy.digest.hex() for policy in chosen}, "requirements": made}
        title = f"{'proved' if rehearse is None else 'REHEARSED'} {', '.join(made)}"
        said["rehearsal"] = rehearse is not None
        fields = {label: ", ".join(each) for label, each in made.items()}
        if answers is not None:
            said["request"], fields["answers"] = document(answers), f"the request {answers.digest.hex()}"
    with keeping(output, kinds.PROOF, bundle, closed=closed):
        outputs.write({output: bundle, **sign(bundle, [log for several in opened.values() for log in several])})
    seconds = time.monotonic() - began
    _tell(title, fields, said, output, bundle, opened, seconds, as_json)


def _read(subject: str) -> Subject:
    """The model that a proof is to be about."""
    from zkcompliance.policy.subject import parse_subject

    with console.progress() as report:
        return parse_subject(subject, report)


def _claimed(
    name: str, params: Sequence[str], logs: Sequence[str]
) -> tuple[Claim, dict[str, int], dict[str, tuple[SealedLog, ...]]]:
    """One claim, its parameters, and its logs."""
    from zkcompliance.card.typed import params_of
    from zkcompliance.claim import catalogue
    from zkcompliance.commands.logs import open_for

    claim = catalogue.load(name)
    publics = params_of(claim.id, claim.params, params)
    return claim, publics, open_for(claim, by_slot(list(claim.slots), logs, "--log"))


def _under(
    path: Path, lab: str, logs: Sequence[str], now: int
) -> tuple[Claim, dict[str, int], dict[str, tuple[SealedLog, ...]], bytes]:
    """The same of a lab under a joint file, and the reference; the logs are held against the file."""
    from zkcompliance.card.parameter import parsed
    from zkcompliance.claim import catalogue
    from zkcompliance.commands.logs import open_for
    from zkcompliance.joint import before
    from zkcompliance.joint.file import load_joint

    joint = load_joint(path)
    claim = catalogue.load(joint.claim)
    opened = open_for(claim, by_slot(list(claim.slots), logs, "--log"))
    before.require(joint, lab, opened, now=now)
    return claim, parsed(claim.id, claim.params, joint.params(lab)), opened, joint.digest


def _asked(
    path: Path, asker: Path | None, policies: Sequence[Policy], logs: Mapping[str, Sequence[SealedLog]], now: int
) -> ProofRequest:
    """The request, held against what is about to be proved; said is who asks, and whether the day is over."""
    from zkcompliance.log.public_keys import load_public
    from zkcompliance.prove.requested import requested
    from zkcompliance.quantities import show_time

    found = requested(path, policies, logs, asker=None if asker is None else load_public(asker))
    who = "nobody signed the request" if found.asker is None else f"the request is signed by {found.asker.text}"
    over = ", which is over" if found.answer_by < now else ""
    console.note(f"{who}; it asks {found.lab} to answer by {show_time(found.answer_by)}{over}")
    return found


def _attestation(output: Path, attestation: Path) -> dict[Path, kinds.Kind]:
    if attestation == output:
        raise UsageError("-o and --attest are one file: an attestation is a file of its own", help=_ATTEST)
    return {attestation: kinds.ATTESTATION}


def _attesting(
    attestation: Path | None, key_file: Path | None, subject: str | None
) -> Callable[[bytes, Sequence[SealedLog]], dict[Path, bytes]]:
    """From a proof file, and the logs that it is over, to the attestation that is written beside it; all that can be
    refused is refused now."""
    if attestation is None and key_file is None:
        return lambda _, __: {}
    if attestation is None or key_file is None:
        raise UsageError("--attest and --attest-key go together", help=_ATTEST)
    if subject is None:
        raise UsageError("--attest is about a model: --subject says which", help=_ATTEST)
    from zkcompliance.attest.api import attest_as
    from zkcompliance.attest.signing import SigningKey

    key = SigningKey.load(key_file)

    def sign(bundle: bytes, logs: Sequence[SealedLog]) -> dict[Path, bytes]:
        from zkcompliance.policy.rolled import read_roll_ups
        from zkcompliance.prove.rolled_logs import files_of

        with console.progress() as report:
            return {attestation: attest_as(attestation, bundle, key, read_roll_ups(files_of(logs), None, report))}

    return sign


def _tell(
    title: str,
    fields: Mapping[str, str],
    said: Mapping[str, object],
    output: Path,
    bundle: bytes,
    opened: Mapping[str, Sequence[SealedLog]],
    seconds: float,
    as_json: bool,
) -> None:
    from zkcompliance.commands.logs import by_label

    left = {label: log.proofs_left() for label, log in by_label(opened).items()}
    digest = hashlib.sha256(bundle).hexdigest()
    if as_json:
        milliseconds = round(seconds * 1000)
        console.print_json(
            {
                **said, "proof": str(output), "bytes": len(bundle), "sha256": digest, "milliseconds": milliseconds,
                "proofs_left": left,
            }
        )  # fmt: skip
        return
    console.print_fields(
        title,
        {
            **fields,
            "proof": f"{output} ({len(bundle):,} bytes)",
            "sha256": digest,
            "time": f"{seconds:.1f} s",
            **{f"proofs left ({name})": str(count) for name, count in left.items()},
        },
    )
