"""What is asked when a proof is verified, as texts: the command line and the one-file verifier decide by this."""

from __future__ import annotations

import glob
from dataclasses import dataclass, fields, replace
from pathlib import Path

from zkcompliance.attest import api as attest
from zkcompliance.claim import catalogue as claims
from zkcompliance.claim.model import Claim
from zkcompliance.errors import Undecided, UsageError
from zkcompliance.log import keys
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.trust import TrustPolicy, load_trust
from zkcompliance.policy import catalogue as policies
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.judge import judge_claim, judge_policy, look
from zkcompliance.policy.model import Policy
from zkcompliance.policy.recall import Recall
from zkcompliance.policy.subject import parse_subject, path_of
from zkcompliance.policy.typed import by_name, by_slot, params_of
from zkcompliance.policy.verdict import Attested, Verdict
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import parse_time

_WHOLE = "zkcompliance verify FILE --policy POLICY --log-key PUB"
_ATTESTATION = "--attestation FILE --attestation-key PEM"
_PLURAL = {
    "claim_files": "claim_file", "params": "param", "log_keys": "log_key", "lineages": "lineage", "new_keys": "new_key"
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """The options of `verify`. Nothing is read before `decide`.

    policy: a ready-made one's id, or a file; claim_files: .py files of claims that the policy names and the catalogue
    lacks; claim: an id or a .py file; params: NAME=VALUE of the claim; log_keys: [LOG=]PUB; subject: as
    `parse_subject`; context: the reference; trust, state: files; lineages: [LOG=]FILE; new_keys: logs whose key may be
    one that the state has not seen; at: the time of judgement; attestation,
    attestation_key: files, the second the PEM public key that must have signed the first.
    """

    policy: str | None = None
    claim_files: tuple[str, ...] = ()
    claim: str | None = None
    params: tuple[str, ...] = ()
    log_keys: tuple[str, ...] = ()
    subject: str | None = None
    context: str | None = None
    trust: str | Path | None = None
    state: str | Path | None = None
    lineages: tuple[str, ...] = ()
    new_keys: tuple[str, ...] = ()
    at: str | None = None
    attestation: str | Path | None = None
    attestation_key: str | Path | None = None

    def reads(self) -> list[Path]:
        """Every file that deciding may read or write, the memory of `state` and its evidence among them."""
        single = [self.policy, self.claim, self.trust, self.state, self.attestation, self.attestation_key]
        texts = [str(each) for each in (*single, *self.claim_files) if each is not None]
        found = [Path(text) for text in texts]
        named = (*self.log_keys, *self.lineages)
        found += [Path(part) for text in named for part in (text, text.partition("=")[2]) if part]
        if self.state is not None:
            state = Path(self.state)
            kept = state.parent.glob(f"{glob.escape(state.name)}.evidence.*")
            found += [state.with_name(f"{state.name}.lock"), *kept]
        return found + self.model()

    def model(self) -> list[Path]:
        """The file or folder that the subject names, if it names one."""
        path = None if self.subject is None else path_of(self.subject)
        return [] if path is None else [path]

    def decide(self, data: bytes, *, clock: int, progress: Progress = silent) -> Verdict:
        """The verdict on the bytes of a proof file; clock: UTC seconds, for who does not say `at`.

        What is not met is in the verdict. Raises UsageError for options that make no sense together, and the errors of
        `judge_policy`. With nothing to hold the proof against, its findings are UNDECIDED, with an Undecided error.
        """
        self._check()
        attested = self._attested(data)
        return replace(self._judge(data, clock, progress), attested=attested)

    def _judge(self, data: bytes, clock: int, progress: Progress) -> Verdict:
        now = clock if self.at is None else parse_time(self.at)
        if self.policy is not None:
            return self._by_policy(data, policies.load(self.policy, self.claim_files), now, clock, progress)
        claim = claims.load(self.claim) if self.claim is not None else None
        if claim is None or not self.log_keys:
            return self._undecided(data, claim, now)
        slots = by_slot(list(claim.slots), self.log_keys, "--log-key")
        params, recall = params_of(claim, self.params), self._recall(list(slots), now, clock, progress)
        try:
            return judge_claim(
                data, claim, params, now=now, keys=_keys(slots), subject=self._subject(progress),
                reference=self._reference(), trust=self._trust(), recall=recall,
            )  # fmt: skip
        except Undecided as error:
            return look(data, now=now, missing=error, claim=claim)

    def _check(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if "" in (value if isinstance(value, tuple) else (value,)):  # a script's variable that is not set
                option = _PLURAL.get(field.name, field.name).replace("_", "-")
                raise UsageError(f"--{option} is empty: give its value, or leave it out", help=_WHOLE)
        if self.policy is not None and (self.claim is not None or self.params):
            raise UsageError(
                "--policy says which claims and parameters are asked: --claim and --param do not go with it"
            )
        if self.policy is None and self.claim_files:
            raise UsageError("--claim-file is of a claim that --policy names", help=f"{_WHOLE} --claim-file FILE")
        asked = self.policy is not None or self.claim is not None
        if not asked and (self.params or self.context is not None or self.subject is not None):
            raise UsageError("--param, --context and --subject go with --claim or --policy", help=_WHOLE)
        decided = self.policy is not None or (self.claim is not None and self.log_keys)
        if not decided and (self.trust is not None or self.state is not None or self.lineages or self.new_keys):
            raise UsageError(
                "--trust, --state, --lineage and --new-key go with --policy, or with --claim and --log-key", help=_WHOLE
            )
        if self.state is not None:
            from zkcompliance.outputs import places

            places.for_memory(Path(self.state), self.model())
        if (self.attestation is None) != (self.attestation_key is None):
            raise UsageError("--attestation and --attestation-key go together", help=f"{_WHOLE} {_ATTESTATION}")

    def _attested(self, data: bytes) -> Attested | None:
        """Before the verdict: the attestation is about this very file and signed by that key, or the error says why."""
        if self.attestation is None or self.attestation_key is None:
            return None
        return attest.attested(data, self.attestation, self.attestation_key)

    def _by_policy(self, data: bytes, policy: Policy, now: int, clock: int, progress: Progress) -> Verdict:
        names = list(policy.logs)
        open_to = [name for name, rule in policy.logs.items() if not rule.keys]
        given = _keys(by_name(names, self.log_keys, "--log-key", bare=open_to))
        try:
            return judge_policy(
                data, policy, now=now, keys=given, subject=self._subject(progress), reference=self._reference(),
                trust=self._trust(), recall=self._recall(names, now, clock, progress),
            )  # fmt: skip
        except Undecided as error:
            return look(data, now=now, missing=error, own=policy.claims)

    def _undecided(self, data: bytes, claim: Claim | None, now: int) -> Verdict:
        if claim is not None:
            params_of(claim, self.params)
        wanted = (("--policy POLICY, or --claim CLAIM --param NAME=VALUE", claim), ("--log-key PUB", self.log_keys))
        missing = " and ".join(text for text, given in wanted if not given)
        error = Undecided(
            f"nothing to hold the proof against: {missing} not given",
            help="zkcompliance verify FILE --claim CLAIM --param NAME=VALUE --log-key PUB",
        )
        return look(data, now=now, missing=error, claim=claim)

    def _subject(self, progress: Progress) -> Subject | None:
        return None if self.subject is None else parse_subject(self.subject, progress)

    def _reference(self) -> bytes | None:
        return None if self.context is None else self.context.encode(errors="surrogateescape")

    def _trust(self) -> TrustPolicy | None:
        return None if self.trust is None else load_trust(Path(self.trust))

    def _recall(self, names: list[str], now: int, clock: int, progress: Progress) -> Recall:
        """names: of the logs that are asked about."""
        for name in self.new_keys:
            if name not in names:
                raise UsageError(f"--new-key: no log {name!r} is asked for: there is {', '.join(names)}")
        return Recall(
            state=None if self.state is None else Path(self.state),
            lineages={name: Path(each) for name, each in by_name(names, self.lineages, "--lineage").items()},
            new_keys=frozenset(self.new_keys),
            clock=clock,
            at=now if self.at is not None else None,
            progress=progress,
        )


def _keys(paths: dict[str, str]) -> dict[str, VerifierKey]:
    return {name: keys.load_public(path) for name, path in paths.items()}
