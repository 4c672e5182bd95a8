"""The one door to a verdict: the command line, the Python API and the one-file verifier all ask through a `Request`.

What is asked is checked here and nowhere else; what is given as a text or a file is read here; a proof file is decoded
once. Claims are known by their cards.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cache
from pathlib import Path

from zkcompliance.card.model import Card
from zkcompliance.card.own import Own, one
from zkcompliance.card.parameter import parsed
from zkcompliance.card.typed import params_of
from zkcompliance.edge.pairs import by_name, by_names, by_slot
from zkcompliance.errors import Undecided, Unsupported, UsageError, ZkComplianceError
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.public_keys import load_public
from zkcompliance.log.trust import TrustPolicy, load_trust
from zkcompliance.policy import catalogue as policies
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.devices import Answers
from zkcompliance.policy.freshness import Dated
from zkcompliance.policy.judge import judge_claim, judge_policy, look, ref_of
from zkcompliance.policy.model import Policy
from zkcompliance.policy.opened import Opened, log_names
from zkcompliance.policy.proofs import File, opened, origins_of
from zkcompliance.policy.recall import Recall
from zkcompliance.policy.recognition import Colleague
from zkcompliance.policy.rolled import StandsFor, read_roll_ups
from zkcompliance.policy.slots import labels
from zkcompliance.policy.subject import parse_subject, path_of
from zkcompliance.policy.verdict import Attested, PolicyRef, Verdict
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import parse_time, show_time

GivenKeys = VerifierKey | str | Path | Sequence[VerifierKey | str | Path]  # of one log, or of several under one name

_WHOLE = "zkcompliance verify FILE --policy POLICY --log-key PUB"
_ATTESTATION = "--attestation FILE --attestation-key PEM"


class Spoken(Enum):
    """How the fields of a request are called by who asks: options of a command line, or arguments of a function."""

    OPTIONS = "options"
    ARGUMENTS = "arguments"


_OPTIONS = {
    "claim_files": "claim-file", "params": "param", "log_keys": "log-key", "lineages": "lineage",
    "roll_ups": "roll-up", "new_keys": "new-key", "attestation_key": "attestation-key", "requests": "request",
}  # fmt: skip
_SEVERAL = (
    "claim_files", "params", "log_keys", "lineages", "roll_ups", "new_keys", "requests", "openings", "recognised",
    "withdrawn",
)  # fmt: skip
_ARGUMENTS = {"claim_files": "claims", "lineages": "lineage"}


@dataclass(frozen=True)
class Request:
    """What decides besides the proof file. Texts are as the command line has them; nothing is read before `decide`.

    policy: a ready-made one's id, a file, or what was loaded; claim_files: files of cards (.json), or of claims (.py),
    that the policy names and the catalogue lacks; claim: an id, such a file, or what was read; params: NAME=VALUE of
    the claim, or values by name; log_keys: [LOG=]PUB, or a key or several by name; subject: as `parse_subject`;
    context: the reference; drawn: when it was drawn, as text or in UTC seconds; rehearsal: whether the proofs are
    rehearsals, which are refused otherwise; trust, state: files; lineages: [LOG=]FILE, files by name, or the only
    log's; new_keys: logs whose key may be one that the state has not seen; both by the labels of `policy.slots`, which
    are the names where each stands for one log; at: the time of judgement, as text or in UTC seconds; attestation,
    attestation_key: files or their bytes, the second the PEM public key that must have signed the first. requests,
    openings: files of requests (one for a proof at most, any for rows), and of the opened rows that answer them.
    recognised: files of signed verdicts of others, for requirements that the policy takes over from them; withdrawn:
    files of lists of verdicts that were withdrawn. names: what a keyring calls keys, by vkey text (None: there
    is none); they decide nothing. spoken: how
    errors call all these.
    """

    policy: str | Path | Policy | None = None
    claim_files: Sequence[str | Path | Card | Own] = ()
    claim: str | Path | Card | Own | None = None
    params: Sequence[str] | Mapping[str, object] = ()
    log_keys: Sequence[str] | Mapping[str, GivenKeys] = ()
    subject: str | Subject | None = None
    context: str | bytes | None = None
    drawn: str | int | None = None
    rehearsal: bool = False
    trust: str | Path | TrustPolicy | None = None
    state: str | Path | None = None
    lineages: Sequence[str] | Mapping[str, str | Path] | Path = ()
    roll_ups: Sequence[str | Path] = ()
    new_keys: Sequence[str] = ()
    at: str | int | None = None
    attestation: str | Path | bytes | None = None
    attestation_key: str | Path | bytes | None = None
    requests: Sequence[str | Path] = ()
    openings: Sequence[str | Path] = ()
    recognised: Sequence[str | Path] = ()
    withdrawn: Sequence[str | Path] = ()
    names: Mapping[str, str] | None = None
    spoken: Spoken = Spoken.OPTIONS

    def reads(self) -> list[Path]:
        """Every file that deciding may read or write, the memory of `state` and its evidence among them."""
        single = [self.policy, self.claim, self.trust, self.state, self.attestation, self.attestation_key]
        texts = [str(each) for each in (*single, *self.claim_files) if isinstance(each, str | Path)]
        found = [Path(text) for text in texts] + [Path(each) for each in self.roll_ups]
        found += [Path(each) for each in (*self.requests, *self.openings, *self.recognised, *self.withdrawn)]
        for named in (self.log_keys, self.lineages):
            if isinstance(named, Path | Mapping):
                given = [named] if isinstance(named, Path) else [one for each in named.values() for one in _each(each)]
                found += [Path(each) for each in given if isinstance(each, str | Path)]
            else:
                found += [Path(part) for text in named for part in (text, text.partition("=")[2]) if part]
        if self.state is not None:
            state = Path(self.state)
            kept = state.parent.glob(f"{glob.escape(state.name)}.evidence.*")
            found += [state.with_name(f"{state.name}.lock"), state.with_name(f"{state.name}.requests"), *kept]
        return found + self.model()

    def model(self) -> list[Path]:
        """The file or folder that the subject names, if it names one."""
        path = path_of(self.subject) if isinstance(self.subject, str) else None
        return [] if path is None else [path]

    def decide(
        self, data: bytes | File, *, clock: int, progress: Progress = silent, dated: Dated | None = None
    ) -> Verdict:
        """The verdict on a proof file, or its bytes; clock: UTC seconds, for who does not say `at`; dated: what is
        asked besides of when a proof of one claim was made, and of cosigners (a policy says so itself).

        What is not met is in the verdict. Raises UsageError for options that make no sense together, and the errors of
        `judge_policy`. With nothing to hold the proof against, its findings are UNDECIDED, with an Undecided error.
        """
        self._check()
        if (completed := self._completed()) is not self:
            verdict = completed.decide(data, clock=clock, progress=progress)
            put = verdict.asked
            return verdict if put is None else replace(verdict, asked=replace(put, requests=len(self.requests)))
        file = opened(data)
        paths = [Path(each) for each in self.roll_ups]
        rolled = cache(lambda: read_roll_ups(paths, self._memory(), progress))
        attested = self._attested(file, rolled)
        verdict = replace(self._judge(file, clock, progress, rolled, dated or Dated()), attested=attested)
        verdict = verdict if self.names is None else verdict.with_names(self.names)
        put = verdict.asked
        return verdict if put is None else replace(verdict, asked=replace(put, at=self.at is not None))

    def _judge(
        self, file: File, clock: int, progress: Progress, rolled: Callable[[], StandsFor], dated: Dated
    ) -> Verdict:
        now = clock if self.at is None else self.at if isinstance(self.at, int) else parse_time(self.at)
        if self.policy is not None:
            return self._by_policy(file, self._policy(), now, clock, progress, rolled)
        claim = one(self.claim) if self.claim is not None else None
        if claim is None or not self.log_keys:
            return self._undecided(file, claim, now)
        slots = [slot.name for slot in claim.card.slots]
        if isinstance(self.log_keys, Mapping):
            keys = _keys(self.log_keys)
        else:
            keys = _keys(by_slot(slots, self.log_keys, "--log-key"))
        params, recall = self._params(claim.card), self._recall(labels(slots, keys), now, clock, progress, rolled)
        try:
            return judge_claim(
                file, claim.card, params, now=now, keys=keys,
                subject=self._subject(progress), reference=self._reference(), trust=self._trust(), recall=recall,
                compiled=claim.compiled, drawn=self._drawn(), dated=dated,
            )  # fmt: skip
        except Undecided as error:
            return look(file, now=now, missing=error, card=claim.card)

    def _completed(self) -> Request:
        """With what a request for a proof among `requests` says: its reference, drawn when it was made, and the keys of
        logs. Itself where there is none. UsageError for a policy, a reference, a moment or a key that is another."""
        if not self.requests:
            return self
        from zkcompliance.request.reading import for_proof

        asked, others = for_proof([Path(each) for each in self.requests])
        if asked is None:
            return self
        if self.rehearsal:
            raise UsageError(f"no request is answered by a rehearsal: leave out {self._called('rehearsal')}")
        policy = self._policy()
        asked.check_policy(policy.label, policy.digest)
        reference = asked.reference.encode()
        if self.context is not None and self._reference() != reference:
            raise UsageError(
                f"the request draws the reference {asked.reference}, and {self._called('context')} is another",
                help=f"leave {self._called('context')} out",
            )
        if self.drawn is not None and self._drawn() != asked.made:
            raise UsageError(
                f"the request was made, and its reference drawn, on {show_time(asked.made)}, and "
                f"{self._called('drawn')} is another moment",
                help=f"leave {self._called('drawn')} out",
            )
        given = self._keys_for(policy)
        asked.check_keys(
            {name: tuple(each.key for each in rule.keys) for name, rule in policy.logs.items() if rule.keys}
        )
        asked.check_keys(given)
        named = {name: keys for name, keys in asked.keys.items() if keys and not policy.logs[name].keys}
        return replace(
            self, policy=policy, claim_files=(), log_keys={**named, **given}, context=reference, drawn=asked.made,
            requests=tuple(others),
        )  # fmt: skip

    def _keys_for(self, policy: Policy) -> dict[str, tuple[VerifierKey, ...]]:
        """The keys that are given, by the policy's names of logs."""
        if isinstance(self.log_keys, Mapping):
            return _keys(self.log_keys)
        open_to = [name for name, rule in policy.logs.items() if not rule.keys]
        return _keys(by_names(list(policy.logs), self.log_keys, "--log-key", bare=open_to))

    def _called(self, *names: str) -> str:
        """Fields as who asks calls them: `--claim and --param`, `claim= and params=`."""
        if self.spoken is Spoken.ARGUMENTS:
            said = [f"{_ARGUMENTS.get(name, name)}=" for name in names]
        else:
            said = [f"--{_OPTIONS.get(name, name)}" for name in names]
        return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"

    def _check(self) -> None:
        """UsageError for what makes no sense together, whoever asks, and for one text where several belong."""
        for name in (
            "claim_files",
            "params",
            "log_keys",
            "lineages",
            "roll_ups",
            "new_keys",
            "requests",
            "openings",
            "recognised",
            "withdrawn",
        ):
            if isinstance(getattr(self, name), str | bytes):
                raise UsageError(
                    f"{self._called(name)} is one text, which says nothing of what it is for: give a mapping, or a list"
                )
        for field in fields(self):
            value = getattr(self, field.name)
            several = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
            if any(isinstance(each, str) and not each for each in several):  # a script's variable that is not set
                raise UsageError(f"{self._called(field.name)} is empty: give its value, or leave it out", help=_WHOLE)
        if self.policy is not None and (self.claim is not None or self.params):
            raise UsageError(
                f"{self._called('policy')} says which claims and parameters are asked: "
                f"{self._called('claim', 'params')} do not go with it"
            )
        if self.policy is None and (self.requests or self.openings):
            raise UsageError(
                f"{self._called('requests', 'openings')} go with {self._called('policy')}",
                help="zkcompliance verify rows.zkp --log-key PUB --request FILE  # holds opened rows against a request",
            )
        if self.policy is None and self.recognised:
            raise UsageError(f"{self._called('recognised')} goes with {self._called('policy')}", help=_WHOLE)
        if self.withdrawn and not self.recognised:
            raise UsageError(
                f"{self._called('withdrawn')} goes with {self._called('recognised')}",
                help=f"{_WHOLE} --recognised VERDICT",
            )
        if self.policy is None and self.claim_files:
            raise UsageError(
                f"{self._called('claim_files')} is of a claim that {self._called('policy')} names",
                help=f"{_WHOLE} --claim-file FILE",
            )
        asked = self.policy is not None or self.claim is not None
        if not asked and (self.params or self.context is not None or self.subject is not None):
            raise UsageError(
                f"{self._called('params', 'context', 'subject')} go with {self._called('claim')} or "
                f"{self._called('policy')}",
                help=_WHOLE,
            )
        decided = self.policy is not None or (self.claim is not None and self.log_keys)
        if not decided and (
            self.trust is not None or self.state is not None or self.lineages or self.new_keys or self.roll_ups
        ):
            raise UsageError(
                f"{self._called('trust', 'state', 'lineages', 'roll_ups', 'new_keys')} go with "
                f"{self._called('policy')}, or with "
                f"{self._called('claim', 'log_keys')}",
                help=_WHOLE,
            )
        if self.drawn is not None and self.context is None:
            raise UsageError(
                f"{self._called('drawn')} says when the reference of {self._called('context')} was drawn, and none is "
                "given",
                help=f"{_WHOLE} --context REFERENCE --drawn TIME",
            )
        if self.rehearsal and (self.policy is None or self.state is not None):
            why = "goes with" if self.policy is None else "is remembered nowhere:"
            rest = self._called("policy") if self.policy is None else f"leave out {self._called('state')}"
            raise UsageError(f"{self._called('rehearsal')} {why} {rest}", help=f"{_WHOLE} --rehearsal --at TIME")
        if self.state is not None:
            from zkcompliance.outputs import places

            places.for_memory(Path(self.state), self.model())
        if (self.attestation is None) != (self.attestation_key is None):
            raise UsageError(
                f"{self._called('attestation', 'attestation_key')} go together", help=f"{_WHOLE} {_ATTESTATION}"
            )

    def _attested(self, file: File, rolled: Callable[[], StandsFor]) -> Attested | None:
        """Before the verdict: the attestation is about this very file and signed by that key, or the error says why."""
        if self.attestation is None or self.attestation_key is None:
            return None
        from zkcompliance.attest import api as attest

        return attest.attested(file, self.attestation, self.attestation_key, rolled)

    def _by_policy(
        self, file: File, policy: Policy, now: int, clock: int, progress: Progress, rolled: Callable[[], StandsFor]
    ) -> Verdict:
        check = None
        if policy.anchors is not None:
            from zkcompliance.attest import anchors

            check = anchors.checker()
        given = self._keys_for(policy)
        try:
            verdict = judge_policy(
                file, policy, now=now, keys=given, subject=self._subject(progress), reference=self._reference(),
                trust=self._trust(), recall=self._recall(labels(policy.logs, given), now, clock, progress, rolled),
                drawn=self._drawn(), rehearsal=self.rehearsal, check=check, answers=_answers(file, policy, now),
                opened_rows=self._opened(file, policy, given, now), verdicts=self._verdicts(policy, now),
            )  # fmt: skip
        except Undecided as error:
            return look(file, now=now, missing=error, own=policy.cards)
        if verdict.asked is None:
            return verdict
        put = replace(
            verdict.asked, requests=len(self.requests), openings=len(self.openings), recognised=len(self.recognised),
            withdrawn=len(self.withdrawn),
        )  # fmt: skip
        return replace(verdict, asked=put)

    def _opened(
        self, file: File, policy: Policy, given: Mapping[str, tuple[VerifierKey, ...]], now: int
    ) -> tuple[Opened, ...]:
        """Requests that are given, or that the state remembers, with what came of them; loads nothing for none."""
        memory = self._memory()
        kept = memory is not None and os.path.lexists(memory.with_name(f"{memory.name}.requests"))
        if not (self.requests or self.openings or kept):
            return ()
        try:
            from zkcompliance.openings.answers import answers
        except ImportError:  # in the one-file verifier
            raise Unsupported(
                f"{memory}.requests remembers requests for rows, whose answers the one-file verifier does not check",
                help=_WHOLE,
            ) from None
        keys = [each.key for rule in policy.logs.values() for each in rule.keys]
        keys += [key for several in given.values() for key in several]
        logs = log_names(sorted(origins_of(file.proofs)))
        requests, openings = ([Path(each) for each in paths] for paths in (self.requests, self.openings))
        return answers(requests, openings, keys, state=memory, logs=logs, now=now)

    def _verdicts(self, policy: Policy, now: int) -> tuple[Colleague, ...]:
        """Of others, as the policy recognises them; loads nothing for none."""
        if not self.recognised:
            return ()
        from zkcompliance.attest import recognising

        given, withdrawn = ([Path(each) for each in paths] for paths in (self.recognised, self.withdrawn))
        return recognising.colleagues(given, policy, now, withdrawn)

    def named(self) -> PolicyRef | None:
        """Which policy is asked by, for a document where no verdict can be come to; None where none can be read."""
        try:
            return None if self.policy is None else ref_of(self._policy())
        except ZkComplianceError:
            return None

    def _policy(self) -> Policy:
        return self.policy if isinstance(self.policy, Policy) else policies.load(str(self.policy), self.claim_files)

    def _undecided(self, file: File, claim: Own | None, now: int) -> Verdict:
        if claim is not None:
            self._params(claim.card)
        wanted = (("--policy POLICY, or --claim CLAIM --param NAME=VALUE", claim), ("--log-key PUB", self.log_keys))
        missing = " and ".join(text for text, given in wanted if not given)
        error = Undecided(f"nothing to hold the proof against: {missing} not given", help=_asking(file))
        return look(file, now=now, missing=error, card=claim.card if claim else None)

    def _params(self, card: Card) -> dict[str, int]:
        if not isinstance(self.params, Mapping):
            return params_of(card.id, card.params, self.params)
        return card.publics(parsed(card.id, card.params, self.params))

    def _subject(self, progress: Progress) -> Subject | None:
        return parse_subject(self.subject, progress) if isinstance(self.subject, str) else self.subject

    def _reference(self) -> bytes | None:
        if not isinstance(self.context, str):
            return self.context
        try:
            return self.context.encode(errors="surrogateescape")
        except UnicodeEncodeError:  # half of a surrogate pair: no text, and so the reference of no proof
            return self.context.encode(errors="surrogatepass")

    def _drawn(self) -> int | None:
        return parse_time(self.drawn) if isinstance(self.drawn, str) else self.drawn

    def _trust(self) -> TrustPolicy | None:
        return self.trust if self.trust is None or isinstance(self.trust, TrustPolicy) else load_trust(Path(self.trust))

    def _recall(
        self,
        labels: Mapping[str, Sequence[str]],
        now: int,
        clock: int,
        progress: Progress,
        rolled: Callable[[], StandsFor],
    ) -> Recall:
        """labels: by name, of the logs that are asked about; rolled: reads the roll-up files."""
        names = [label for several in labels.values() for label in several]
        for name in self.new_keys:
            if name not in names:
                raise UsageError(
                    f"{self._called('new_keys')}: no log {name!r} is asked for: there is {', '.join(names)}"
                )
        return Recall(
            state=self._memory(),
            lineages=self._lineages(names),
            new_keys=frozenset(self.new_keys),
            clock=clock,
            at=now if self.at is not None else None,
            progress=progress,
            rolled=rolled(),
        )

    def _memory(self) -> Path | None:
        return None if self.state is None else Path(self.state)

    def _lineages(self, names: list[str]) -> dict[str, Path]:
        if isinstance(self.lineages, Path):
            if len(names) != 1:
                raise UsageError(f"{self._called('lineages')} is by the log's name: {', '.join(names)}")
            return {names[0]: self.lineages}
        given = self.lineages if isinstance(self.lineages, Mapping) else by_name(names, self.lineages, "--lineage")
        return {name: Path(each) for name, each in given.items()}


def _asking(file: File) -> str:
    """The command that holds a file against something: a policy where the file says that it is for one, else a claim.
    Which policy is not for the file to say."""
    if any(proof.binding is not None and proof.binding.policy is not None for proof in file.proofs):
        return _WHOLE
    return "zkcompliance verify FILE --claim CLAIM --param NAME=VALUE --log-key PUB"


def _answers(file: File, policy: Policy, now: int) -> Answers | None:
    """Of devices in the file, as the policy asks; None where it asks for none, or nobody here can check them."""
    if policy.devices is None:
        return None
    from zkcompliance.attest import devices

    return devices.answers(file, policy, now)


def _each(given: GivenKeys) -> tuple[VerifierKey | str | Path, ...]:
    return (given,) if isinstance(given, VerifierKey | str | Path) else tuple(given)


def _keys(given: Mapping[str, GivenKeys]) -> dict[str, tuple[VerifierKey, ...]]:
    """By name, the key or keys that are given: the objects, or their files."""
    return {
        name: tuple(key if isinstance(key, VerifierKey) else load_public(Path(key)) for key in _each(several))
        for name, several in given.items()
    }
