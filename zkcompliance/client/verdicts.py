"""Proofs held against what was asked: of one lab, of several, of consecutive periods."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.client.given import AnyKey, AnyPolicy, key_of, moment_of, own_of, seconds_now
from zkcompliance.client.proofs import Proof, Value
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.streak import Streak
from zkcompliance.policy.verdict import Verdict
from zkcompliance.progress import Progress, silent

if TYPE_CHECKING:
    from zkcompliance.card.model import Card
    from zkcompliance.claim.language.build import ClaimDefinition
    from zkcompliance.claim.model import Claim
    from zkcompliance.joint.verdict import JointVerdict


def verify(
    proof: Proof | bytes | str | Path,
    *,
    policy: AnyPolicy | None = None,
    claims: Sequence[str | Path | Claim | Card] = (),
    claim: str | Path | Claim | ClaimDefinition | Card | None = None,
    params: Mapping[str, Value] | None = None,
    log_keys: Mapping[str, AnyKey | Sequence[AnyKey]] | None = None,
    subject: Subject | str | None = None,
    context: bytes | str | None = None,
    drawn: int | str | None = None,
    rehearsal: bool = False,
    trust: TrustPolicy | str | Path | None = None,
    state: str | Path | None = None,
    lineage: str | Path | Mapping[str, str | Path] | None = None,
    roll_ups: Sequence[str | Path] = (),
    new_keys: Sequence[str] = (),
    at: int | str | None = None,
    attestation: bytes | str | Path | None = None,
    attestation_key: bytes | str | Path | None = None,
    requests: Sequence[str | Path] = (),
    openings: Sequence[str | Path] = (),
    recognised: Sequence[str | Path] = (),
    withdrawn: Sequence[str | Path] = (),
    names: Mapping[str, AnyKey] | None = None,
    progress: Progress = silent,
) -> Verdict:
    """Hold a proof against a policy, or against a claim, all its parameters and the public key of each log.

    `proof`: one that was made or loaded, a file's bytes, or its path, of which one proof at a time is then in memory.
    `log_keys`: by the claim's slots, or by the policy's logs of which it does not say itself whose checkpoints it
    trusts: a key, or a list with one for each log that goes by the name. `claims`, `claim`: cards of claims of one's
    own (.json files, or what was decoded), or their text, which is compiled here. `subject`, `context`: the model and
    the reference that the proof must be bound to, where given; `drawn`: when you drew it (UTC seconds, or text), before
    which no proof is taken. `rehearsal`: take rehearsals (`prove` with `rehearsal=True`), and nothing else. `trust`: a
    C2SP trust policy (or its file) that every log's checkpoint must satisfy besides. `state`: a file that remembers
    what was seen of each log, and since when; a proof over an older or another history raises LogEvidence, with the
    evidence in `<state>.evidence.…`, and a key that it has not seen of a log NewKeyRefused, unless the log is named in
    `new_keys`. `lineage`: a log's lineage file, or by the names of the logs. `roll_ups`: roll-up files, each
    of which shows for which log a roll-up stands. `at`: the time of judgement, the clock's
    where it is not given. `attestation`, `attestation_key` (the public one, PEM): files or their bytes, held against
    the proof before the verdict, which records them. `requests`, `openings`: files of requests (the one that the
    proof answers, and some for rows), and of the opened rows that answer them. `recognised`: signed verdicts of
    others, for what the policy takes over from them; `withdrawn`: signed lists of those that were withdrawn.
    `names`: what you call public keys, by the name, which the verdict repeats beside each key.

    Returns the verdict, in which everything is met; raises VerificationError (by the check that failed), Undecided
    where the policy needs a key that is not given, or MalformedError.
    """
    from zkcompliance.decide import Request, Spoken

    request = Request(
        policy=policy,
        claim_files=claims
        if isinstance(claims, str)
        else tuple(each if isinstance(each, str | Path) else own_of(each) for each in claims),
        claim=claim if claim is None or isinstance(claim, str | Path) else own_of(claim),
        params=params or {},
        log_keys=log_keys or {},
        subject=subject,
        context=context,
        drawn=None if drawn is None else moment_of("drawn", drawn),
        rehearsal=rehearsal,
        trust=trust,
        state=state,
        lineages=() if lineage is None else Path(lineage) if isinstance(lineage, str) else lineage,
        roll_ups=roll_ups if isinstance(roll_ups, str) else tuple(roll_ups),
        new_keys=new_keys if isinstance(new_keys, str) else tuple(new_keys),
        at=None if at is None else moment_of("at", at),
        attestation=attestation,
        attestation_key=attestation_key,
        requests=requests if isinstance(requests, str) else tuple(requests),
        openings=openings if isinstance(openings, str) else tuple(openings),
        recognised=recognised if isinstance(recognised, str) else tuple(recognised),
        withdrawn=withdrawn if isinstance(withdrawn, str) else tuple(withdrawn),
        names=None if names is None else {key_of(key).text: name for name, key in names.items()},
        spoken=Spoken.ARGUMENTS,
    )
    from zkcompliance.policy.proofs import File, open_proof

    given = proof.data if isinstance(proof, Proof) else proof
    with open_proof(Path(given)) if isinstance(given, str | Path) else File(given) as file:
        verdict = request.decide(file, clock=seconds_now(), progress=progress)
    verdict.require()
    return verdict


def verify_joint(
    proofs: Iterable[Proof | bytes | str | Path],
    joint: str | Path,
    *,
    at: int | str | None = None,
    progress: Progress = silent,
) -> JointVerdict:
    """Hold the proofs of several labs, one of each, against the joint file of a cap that they share (docs/across.md).

    `at`: the time of judgement, the clock's where it is not given. Returns the verdict, in which every lab is shown;
    raises the VerificationError of the first thing that is wrong, or MalformedError.
    """
    from zkcompliance.joint.file import load_joint
    from zkcompliance.joint.judge import judge_joint
    from zkcompliance.policy.proofs import File, open_proof

    with contextlib.ExitStack() as stack:
        files: dict[str, File] = {}
        for number, proof in enumerate(proofs, 1):
            given = proof.data if isinstance(proof, Proof) else proof
            opened = open_proof(Path(given)) if isinstance(given, str | Path) else File(given)
            files[f"proof {number}"] = stack.enter_context(opened)
        moment = None if at is None else moment_of("at", at)
        verdict = judge_joint(files, load_joint(joint), clock=seconds_now(), at=moment, progress=progress)
    verdict.require()
    return verdict


def streak(
    proofs: Sequence[Proof | bytes | str | Path],
    *,
    policy: AnyPolicy,
    claims: Sequence[str | Path | Claim | Card] = (),
    log_keys: Mapping[str, AnyKey | Sequence[AnyKey]] | None = None,
    subject: Subject | str | None = None,
    contexts: Sequence[str] = (),
    drawn: Sequence[str] = (),
    trust: TrustPolicy | str | Path | None = None,
    lineage: str | Path | Mapping[str, str | Path] | None = None,
    roll_ups: Sequence[str | Path] = (),
    progress: Progress = silent,
) -> Streak:
    """Hold proofs of consecutive periods of a policy's calendar against the policy, and against each other.

    `contexts`, `drawn`: the reference of each proof, and when it was drawn, in the order of the proofs, of a policy
    that requires one. All else is as `verify` takes it, and of every proof. Each is judged as of the time that it
    states.

    Returns the streak, in which every period is accepted; raises StreakBroken, the error of the first proof that is
    refused, LogEvidence where the proofs show that a log was forked or rolled back, or MalformedError.
    """
    from zkcompliance import streaks
    from zkcompliance.decide import Request, Spoken

    request = Request(
        policy=policy, claim_files=tuple(each if isinstance(each, str | Path) else own_of(each) for each in claims),
        log_keys=log_keys or {}, subject=subject, trust=trust, roll_ups=roll_ups,
        lineages=() if lineage is None else Path(lineage) if isinstance(lineage, str) else lineage,
        spoken=Spoken.ARGUMENTS,
    )  # fmt: skip
    files = [each.data if isinstance(each, Proof) else Path(each) if isinstance(each, str) else each for each in proofs]
    found = streaks.judge(files, request, clock=seconds_now(), contexts=contexts, drawn=drawn, progress=progress)
    found.require()
    return found
