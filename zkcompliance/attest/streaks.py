"""A streak as one signed verdict: a SLSA Verification Summary of several proof files (docs/attestation.md).

Each period's verdict stands in it as it would in a summary of its own, so that whoever takes the streak over compares
the last of them with what they ask, as they would that summary. Only a streak that was accepted is signed: what a file
says of periods is read here again, and a gap, another policy or a period that was not met is no form of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.attest import summary
from zkcompliance.attest.summary import VSA, Summary
from zkcompliance.errors import MalformedAttestation, UsageError
from zkcompliance.policy.calendar import MONTHS, Period, period_of
from zkcompliance.policy.model import Calendar
from zkcompliance.policy.streak import Streak

DETAILS = "https://zkcompliance/streak/v1"  # the member of the predicate that is ours
_WHAT = "the streak's statement"
_LEVELS = ["ZKCOMPLIANCE_POLICY_MET", "ZKCOMPLIANCE_STREAK"]


@dataclass(frozen=True)
class StreakSummary:
    """What a signed streak says. judged_at: UTC seconds, when all were judged; calendar: by which periods follow one
    another; verdicts: one for each period, in their order, each as of the time that its proof states."""

    judged_at: int
    calendar: Calendar
    verdicts: tuple[Summary, ...]

    @property
    def last(self) -> Summary:
        return self.verdicts[-1]

    @property
    def periods(self) -> tuple[Period, ...]:
        """MalformedAttestation where a proof is of none, or they do not follow one another."""
        found = [period_of(self.calendar, each.proved_at) for each in self.verdicts]
        made = [each for each in found if each is not None]
        first = made[0].number if made else 0
        if len(made) != len(found) or [each.number for each in made] != list(range(first, first + len(made))):
            raise MalformedAttestation(f"{_WHAT}: the periods do not follow one another by its calendar")
        return tuple(made)

    def encode(self) -> bytes:
        """The statement, as canonical JSON."""
        asked = self.calendar
        due = {} if asked.due is None else {"due": str(asked.due)}
        ours: dict[str, object] = {
            "judgedAt": str(self.judged_at),
            "calendar": {"every": asked.every, "from": str(asked.since), **due},
            "periods": [
                {"period": when.name, "verdict": each.details()}
                for when, each in zip(self.periods, self.verdicts, strict=True)
            ],
        }
        return self.last.stated(self.judged_at, [each.file for each in self.verdicts], _LEVELS, {DETAILS: ours})

    @classmethod
    def of(cls, streak: Streak, verifier: str) -> StreakSummary:
        """What `verifier`, a URI, says by a streak. UsageError for one that is not accepted, and for no URI."""
        if not streak.accepted:
            raise UsageError("these files are no streak, and only one that is accepted is signed")
        verdicts = [each.verdict for each in streak.held if each.verdict is not None]
        return cls(streak.judged_at, streak.calendar, tuple(Summary.of(each, verifier) for each in verdicts))

    @classmethod
    def decode(cls, payload: bytes) -> StreakSummary:
        """MalformedAttestation unless payload is a streak in its one form, of which every period was met."""
        return cls.of_predicate(summary.predicate_of(payload, VSA, _WHAT), payload)

    @classmethod
    def of_predicate(cls, predicate: Mapping[str, object], payload: bytes) -> StreakSummary:
        """As `decode`, where the predicate of payload was read."""
        ours = summary.members(predicate.get(DETAILS), DETAILS)
        calendar = summary.members(ours.get("calendar"), "calendar")
        every = summary.text(calendar, "every")
        if every not in MONTHS:
            raise MalformedAttestation(f"{_WHAT}: every is {', '.join(MONTHS)}")
        due = summary.whole(calendar, "due") if "due" in calendar else None
        given, files = ours.get("periods"), predicate.get("inputAttestations")
        if not isinstance(given, list) or not isinstance(files, list) or not 1 <= len(given) == len(files):
            raise MalformedAttestation(f"{_WHAT}: periods: one for each of the proof files is expected")
        periods = [summary.members(each, "periods") for each in given]
        verdicts = tuple(
            Summary.of_details(predicate, summary.members(each.get("verdict"), "verdict"), file)
            for each, file in zip(periods, files, strict=True)
        )
        made = cls(summary.whole(ours, "judgedAt"), Calendar(every, summary.whole(calendar, "from"), due), verdicts)
        if len(verdicts) > limits.MAX_STREAK_FILES or not all(each.requirements and each.passed for each in verdicts):
            raise MalformedAttestation(f"{_WHAT}: every period is met, and there are {limits.MAX_STREAK_FILES} at most")
        if any(each.policy != made.last.policy for each in verdicts):
            raise MalformedAttestation(f"{_WHAT}: all periods are judged by one policy")
        if max(made.judged_at, *(each.judged_at for each in verdicts)) > summary.LATEST or made.encode() != payload:
            raise MalformedAttestation(f"{_WHAT} is not in its canonical form (docs/attestation.md)")
        return made


def read(payload: bytes) -> Summary | StreakSummary:
    """The statement of a signed verdict, of one proof file or of a streak. MalformedAttestation by its form."""
    predicate = summary.predicate_of(payload, VSA, _WHAT)
    kind = StreakSummary if DETAILS in predicate else Summary
    return kind.of_predicate(predicate, payload)
