"""Proof files of consecutive periods, judged one after the other: each as of the time that it states, and each against
what those before it showed of their logs.

A statement names every entry of a log up to its checkpoint, and so the leaves of its tree: whether a later checkpoint
extends an earlier one is computed from them, and nothing more need be sent. What does that is the memory that
`verify --state` keeps (`log.standing`), here a fresh one in a folder of its own, so that forks, rollbacks, new keys,
later generations and roll-ups are taken or refused as they are by whoever verifies each proof in its period.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zkcompliance.decide import Request
from zkcompliance.errors import LogEvidence, RequirementNotShown, StreakBroken, UsageError, ZkComplianceError
from zkcompliance.limits import MAX_STREAK_FILES
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy import catalogue as policies
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import File, open_proof, opened, origins_of
from zkcompliance.policy.streak import Held, Streak, bound_by, check_goes_on, in_order, placed
from zkcompliance.progress import Progress, silent

Given = bytes | Path  # a proof file, or where it lies


def judge(
    files: Sequence[Given],
    asked: Request,
    *,
    clock: int,
    contexts: Sequence[str] = (),
    drawn: Sequence[str] = (),
    progress: Progress = silent,
) -> Streak:
    """What the files show together, in whatever order they are given.

    asked: what `decide` is asked, with a policy that has a calendar, and without what is of one proof alone: a time, a
    state, a reference, an attestation, requests for rows. contexts, drawn: of a policy that requires references, one
    for each file, in the order of the files. clock: UTC seconds.

    What is refused is in the streak. UsageError for what makes no sense together; MalformedError for a file that is
    none, since it is then of no period.
    """
    policy = _policy(asked)
    _check(files, asked, contexts, drawn)
    calendar, named = policy.calendar, replace(asked, policy=policy).named()
    if calendar is None or named is None:
        raise UsageError(
            f"{policy.label} has no calendar, by which periods follow one another",
            help="a policy's table [calendar] says from when on a proof is asked for each month, quarter or year",
        )
    bound = bound_by(policy)
    held: list[tuple[Held, Given, int]] = []
    for number, each in enumerate(files):
        with _file(each) as file:
            held.append((placed(calendar, file.digest, file.size, _stated(file, policy)), each, number))
    held.sort(key=lambda each: (-1 if each[0].period is None else each[0].period.number, each[2]))
    missing, error = in_order(calendar, [each for each, _, _ in held], clock)
    if error is not None:
        return Streak(named, calendar, clock, tuple(each for each, _, _ in held), tuple(missing), error, bound)
    done: list[Held] = []
    with tempfile.TemporaryDirectory(prefix="zkcompliance-streak-") as folder:
        for one, given, number in held:
            request = replace(
                asked, policy=policy, state=Path(folder) / "seen",
                context=contexts[number] if contexts else None, drawn=drawn[number] if drawn else None,
            )  # fmt: skip
            found = _judged(one, given, request, progress)
            try:
                if done:
                    check_goes_on(done[-1], found)
            except StreakBroken as fault:
                found = replace(found, error=found.error or fault)
            done.append(found)
    return Streak(named, calendar, clock, tuple(done), bound=bound)


def _policy(asked: Request) -> Policy:
    if asked.policy is None:
        raise UsageError("a streak is of one policy", help="zkcompliance streak FILE FILE … --policy POLICY")
    return asked.policy if isinstance(asked.policy, Policy) else policies.load(str(asked.policy), asked.claim_files)


def _check(files: Sequence[Given], asked: Request, contexts: Sequence[str], drawn: Sequence[str]) -> None:
    """UsageError for too few or many files, and for what is of one proof alone."""
    if not 1 <= len(files) <= MAX_STREAK_FILES:
        raise UsageError(f"a streak is of 1 to {MAX_STREAK_FILES} proof files, and {len(files)} are given")
    alone = (asked.state, asked.at, asked.context, asked.drawn, asked.attestation, asked.attestation_key, asked.claim)
    several = (*asked.requests, *asked.openings, *asked.new_keys)
    if asked.rehearsal or several or any(each is not None for each in alone):
        raise UsageError("each proof of a streak is judged as of the time that it states, with no option of one alone")
    for given in (contexts, drawn):
        if given and len(given) != len(files):
            raise UsageError(
                f"{len(files)} files and {len(given)} references or times at which they were drawn: each file has its "
                "own, in the order of the files"
            )


def _file(given: Given) -> File:
    return open_proof(given) if isinstance(given, Path) else opened(given)


def _stated(file: File, policy: Policy) -> int:
    """The time that the proofs of this policy state; where there is none of it, that of the first. MalformedBinding
    where a proof is bound to nothing."""
    bound = [each.bound() for each in file.proofs]
    ours = [each for each in bound if each.policy is not None and each.policy.digest == policy.digest]
    return (ours or bound)[0].time


def _judged(held: Held, given: Given, request: Request, progress: Progress) -> Held:
    """The file's verdict as of the time that it states; the machine's clock is said to be that too, so that nothing
    older than what was seen is excused by the time of judgement."""
    try:
        with _file(given) as file:
            if all(generation_of(origin)[1] == 1 for origin in origins_of(file.proofs)):
                request = replace(request, lineages=())  # it is before all that they tell
            verdict = request.decide(file, clock=held.stated, progress=progress)
    except LogEvidence as error:
        said = error.message.partition("; evidence in ")[0]  # which lies in a folder that goes
        again = "zkcompliance verify FILE … --state SEEN  # one after the other: it keeps the evidence beside SEEN"
        return replace(held, error=LogEvidence(said, document=error.document, help=again))
    except ZkComplianceError as error:
        return replace(held, error=error)
    if (verdict.file_sha256, verdict.proved_at) != (held.file_sha256, held.stated):
        raise UsageError("a file was changed while it was read", help="zkcompliance streak --help")
    fault = next((each.error for each in verdict.findings if each.error is not None), None)
    if fault is None and not verdict.accepted:
        fault = RequirementNotShown("nothing in the file was judged")
    return replace(held, verdict=verdict, error=fault)
