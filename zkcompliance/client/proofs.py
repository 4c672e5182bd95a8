"""Proofs: made, kept in files, attested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.card.parameter import parsed
from zkcompliance.client.given import AnyPolicy, Cluster, bytes_of, claim_of, moment_of, seconds_now, tell
from zkcompliance.client.logs import AnyLog, Log, sealed
from zkcompliance.errors import UsageError
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding, Subject
from zkcompliance.policy.model import Policy
from zkcompliance.policy.subject import check_name, parse_subject
from zkcompliance.progress import Progress, silent

if TYPE_CHECKING:
    from zkcompliance.claim.language.build import ClaimDefinition
    from zkcompliance.claim.model import Claim

Value = int | str | Decimal


class Proof:
    """A proof file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all: a new one, or in place of an earlier proof; UsageError otherwise."""
        from zkcompliance.outputs import Outputs, kinds

        Outputs({Path(path): kinds.PROOF}).write({Path(path): self.data})

    def attest(self, path: str | Path, *, key: str | Path, roll_ups: Sequence[str | Path] = ()) -> None:
        """Write a signed in-toto Statement that this proof is of its model: docs/attestation.md.

        path: a name that ends in `.sigstore.json` makes a sigstore bundle, any other a DSSE envelope. key: the private
        key's PEM file (ECDSA P-256 or Ed25519, PKCS#8). roll_ups: the roll-up files of the roll-ups that it is over,
        which are verified too. The proof is verified first: raises VerificationError, StatementMismatch where it names
        no model, or a roll-up of which no file is given, KeyFileError, UsageError where the place is not free, which it
        is where nothing is or an earlier attestation.
        """
        from zkcompliance.attest.api import attest_as
        from zkcompliance.attest.signing import SigningKey
        from zkcompliance.outputs import Outputs, kinds
        from zkcompliance.policy.rolled import read_roll_ups

        outputs = Outputs({Path(path): kinds.ATTESTATION}, read=[key, *roll_ups])
        rolled = read_roll_ups([Path(each) for each in roll_ups], None, silent)
        outputs.write({Path(path): attest_as(Path(path), self.data, SigningKey.load(Path(key)), rolled)})

    @classmethod
    def load(cls, path: str | Path) -> Proof:
        """Read a file (of any size that a proof may have)."""
        from zkcompliance.policy.proofs import read_proof

        return cls(read_proof(Path(path)))


def prove(
    claim: str | Claim | ClaimDefinition | None = None,
    logs: Mapping[str, AnyLog | Sequence[AnyLog]] | None = None,
    *,
    policy: AnyPolicy | Sequence[AnyPolicy] | None = None,
    joint: str | Path | None = None,
    claims: Sequence[str | Path | Claim] = (),
    subject: Subject | str | None = None,
    context: bytes | str = b"",
    request: str | Path | None = None,
    time: int | None = None,
    rehearsal: bool = False,
    cluster: Cluster | None = None,
    progress: Progress = silent,
    **params: Value | Mapping[str, Value],
) -> Proof:
    """Prove a claim (an id, a .py file, or a Claim), or all that policies ask, over every sealed segment of these logs.

    With a claim, `logs` are by its slots, and parameters are integers, or text as on the command line. With `policy`
    (an id, a .toml file, a Policy, or several), `logs` are by the policies' names, and all requirements of a policy are
    one proof (several where limits or memory ask for it, with a warning that says why). Under one name may be a list of
    logs, whose rows then count together. What policies leave open is
    `params={"REQUIREMENT.NAME": value}`, and `claims` are the claims (.py files) that policy files name and the
    catalogue lacks. The proof is bound to `subject` (a model, as `--subject` takes it), `context`
    (a regulator's reference) and `time` (UTC seconds; the clock's, where it is not given). `rehearsal`: as if at that
    time, of policies that may not be in force yet; the proof says so, and is refused as anything else. `cluster`: with
    `policy`, a `distributed.Client` or an executor of processes, whose workers make the proofs (docs/cluster.md).
    `request`: the file of the request that the proof answers, of this policy and the keys of these logs; its reference
    is bound, in the place of `context`. `joint`: the file of a cap over several labs, under which `lab=` proves, over
    `logs` of `compute` and of `notes`; claim, other parameters and reference are the file's (docs/across.md), and what
    whoever judges would refuse of these logs is refused before anything is proved.

    Raises ClaimDoesNotHold, BudgetSpent, UsageError; with policies all is checked before anything is proved.
    """
    now = seconds_now() if time is None else moment_of("time", time)
    model = parse_subject(subject, progress) if isinstance(subject, str) else subject
    if model is not None:
        check_name(model.name)
    if logs is not None and not isinstance(logs, Mapping):
        raise UsageError('prove: logs are by name: {"NAME": log}, or {"NAME": [log, another]}')
    opened = {name: tuple(map(sealed, several_of(several))) for name, several in (logs or {}).items()}
    if [claim, policy, joint].count(None) != 2:
        raise UsageError("prove: one claim, policy= or joint=")
    if (claims or rehearsal) and policy is None:
        raise UsageError(f"prove: {'claims=' if claims else 'rehearsal='} goes with policy=")
    if cluster is not None and policy is None:
        raise UsageError("prove: cluster= goes with policy=: its proofs are what is shared out")
    if rehearsal and time is None:
        raise UsageError("prove: rehearsal= goes with time=, as if at which it proves")
    if request is not None and (policy is None or rehearsal or context):
        raise UsageError("prove: request= goes with policy=, and neither with context= nor with rehearsal=")
    if policy is not None:
        from zkcompliance.claim import catalogue
        from zkcompliance.prove import own_claims
        from zkcompliance.prove.cluster import executor_of
        from zkcompliance.prove.policy import prove_policies

        several = [policy] if isinstance(policy, str | Path | Policy) else list(policy)
        left = params.pop("params", {})
        if params or not isinstance(left, Mapping):
            raise UsageError('prove: with policy=, parameters are params={"REQUIREMENT.NAME": value}')
        own = catalogue.own(claims)
        chosen = [each if isinstance(each, Policy) else own_claims.load(str(each), own) for each in several]
        if request is not None:
            from zkcompliance.prove.requested import requested

            context = requested(Path(request), chosen, opened).reference
        made = prove_policies(
            chosen, opened, left, binding=Binding(None, model, now, bytes_of(context), rehearsal), own=own,
            progress=progress, tell=tell, executor=None if cluster is None else executor_of(cluster),
        )  # fmt: skip
        return Proof(made)
    from zkcompliance.prove.api import prove_claim
    from zkcompliance.prove.enclose import enclose, lineages_of

    values: Mapping[str, object] = params
    if joint is not None:
        from zkcompliance.joint import before
        from zkcompliance.joint.file import load_joint

        if context or set(params) != {"lab"}:
            raise UsageError("prove: joint= goes with lab=, and says every other parameter and the reference")
        stated, lab = load_joint(joint), str(params["lab"])
        before.require(stated, lab, opened, now=now)
        claim, values, context = stated.claim, stated.params(lab), stated.digest
    one = claim_of(claim)
    bound = Binding(None, model, now, bytes_of(context)).encode()
    made = prove_claim(one, opened, parsed(one.id, one.params, values), head=bound, progress=progress)
    every = [log for several in opened.values() for log in several]
    return Proof(enclose({(bound, one.id): made}, every, tell) if lineages_of(every) else made)


def several_of(given: AnyLog | Sequence[AnyLog]) -> Sequence[AnyLog]:
    return (given,) if isinstance(given, Log | SealedLog | str | Path) else given
