"""A signed verdict in words: what it is, whose, about what, whether its signature holds, and what it does not show."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from zkcompliance.commands import console
from zkcompliance.edge.screen import drawing, hanging
from zkcompliance.quantities import number_of, show_time

if TYPE_CHECKING:
    from zkcompliance.attest.keys import PublicKey
    from zkcompliance.attest.signed import Signed
    from zkcompliance.attest.streaks import StreakSummary
    from zkcompliance.attest.summary import Summary
    from zkcompliance.attest.withdrawn import TakenBack, Withdrawn

HOLDS, UNCHECKED = "holds", "not checked"


@dataclass(frozen=True)
class Told:
    """A signed verdict, what it says, and the key that signed it; key None: none was given, and nothing was checked.

    lists: of what its verifier withdrew, those that were given; taken_back: this verdict, where one of them has it.
    """

    signed: Signed
    said: Summary | StreakSummary
    key: PublicKey | None
    lists: tuple[Withdrawn, ...] = ()
    taken_back: TakenBack | None = None

    @property
    def verdicts(self) -> tuple[Summary, ...]:
        """On each proof file, in the order of periods; of a verdict on one file that alone."""
        from zkcompliance.attest.streaks import StreakSummary

        return self.said.verdicts if isinstance(self.said, StreakSummary) else (self.said,)

    @property
    def last(self) -> Summary:
        """On the last proof file."""
        return self.verdicts[-1]

    @property
    def periods(self) -> list[str]:
        """The names of a streak's periods; none of one verdict."""
        from zkcompliance.attest.streaks import StreakSummary

        return [each.name for each in self.said.periods] if isinstance(self.said, StreakSummary) else []

    @property
    def statement(self) -> str:
        """SHA-256 of what is signed, in hexadecimal digits."""
        return sha256(self.signed.payload).hexdigest()

    @property
    def others(self) -> list[str]:
        """The keys whose signatures are on it and were not checked."""
        return [each.keyid for each in self.signed.signatures if self.key is None or each.keyid != self.key.keyid]


def with_lists(told: Told, lists: Sequence[Withdrawn]) -> Told:
    """The same, held against these lists of its verifier."""
    statement = sha256(told.signed.payload).digest()
    found = [each.against(statement, told.said) for each in lists]
    return replace(told, lists=tuple(lists), taken_back=next((each for each in found if each is not None), None))


def not_shown(told: Told) -> list[str]:
    """What such a verdict leaves open, in sentences, the nearest first."""
    whose = (
        "whose verdict it is: no signature was checked, and anybody can write such a file"
        if told.key is None
        else f"whose key it is: have {told.last.verifier} tell you its SHA-256, {told.key.keyid}, by another way"
    )
    since = max((each.made_at for each in told.lists), default=None)
    stands = (
        "whether it was withdrawn since: ask its verifier for the newest list of withdrawn verdicts, and give it as "
        "--withdrawn"
        if since is None
        else f"whether it was withdrawn after {show_time(since)}, when the list that you gave was made"
    )
    return [
        whose,
        "that the proof verifies, which is the word of whoever signed: verify the file with the SHA-256 above anew",
        "what the proof itself leaves open: that all rows are in the logs and true, and what the policy says is not "
        "shown",
        *([] if told.taken_back is not None else [stands]),
        f"anything after {show_time(told.said.judged_at)}, when it was judged: the logs may have gone on",
    ]


def document(told: Told) -> dict[str, Any]:
    """The same for machines."""
    last = told.last
    return {
        "format": "zkcompliance-signed-verdict/v1", "accepted": last.passed, "verifier": last.verifier,
        "signature": UNCHECKED if told.key is None else HOLDS,
        "signed_by": None if told.key is None else told.key.keyid, "not_checked": told.others,
        "statement": told.statement, "judged_at": str(told.said.judged_at), "periods": told.periods,
        "policy": {"id": last.policy.id, "version": str(last.policy.version), "sha256": last.policy.digest.hex()},
        "subject": None if last.subject is None else last.subject.name,
        "proofs": [each.file.hex() for each in told.verdicts],
        "requirements": [{"name": each.name, "status": each.status} for each in last.requirements],
        "withdrawn": None if told.taken_back is None else told.taken_back.reason,
        "not_shown": not_shown(told),
    }  # fmt: skip


def show(told: Told) -> None:
    """The same for people, on stdout."""
    what = "met" if told.last.passed else "not met"
    if names := told.periods:
        what = f"met in {number_of(len(names), 'period')} without a gap, {names[0]} until {names[-1]}"
    head = "NOT CHECKED, AND NOT PROVED HERE: it says that" if told.key is None else "SIGNED, NOT PROVED HERE:"
    if told.taken_back is not None:
        head = "SIGNED, AND WITHDRAWN SINCE: it said that"
    console.print_fields(f"{head} {told.last.policy.label} was {what}", _fields(told))
    with drawing(sys.stdout) as screen:
        screen.line()
        hanging(screen, "This does not show")
        for line in not_shown(told):
            hanging(screen, line, lead="  - ")


def _fields(told: Told) -> dict[str, str]:
    from zkcompliance.report import words

    last = told.last
    kind = "a signed streak: one verdict on the proofs of consecutive periods" if told.periods else "a signed verdict"
    fields = {
        "what it is": f"{kind}; statement with SHA-256 {told.statement}",
        "whose": f"{last.verifier}, as it says itself",
        "signature": _signature(told),
        "judged": f"{show_time(told.said.judged_at)}, by {last.version}",
        "policy": f"{last.policy.label}, SHA-256 {last.policy.digest.hex()}",
        "about": _about(last),
        "reference": _reference(last.reference),
        "proved": f"{show_time(last.proved_at)}, as the lab says" if last.proved_at else "no time is stated",
        "proof file" if len(told.verdicts) == 1 else "proof files": "\n".join(
            f"SHA-256 {each.file.hex()}" for each in told.verdicts
        ),
        "requirements": "\n".join(
            f"{words.title(each.name)}: {each.status}{', taken over from another verdict' if each.recognised else ''}"
            for each in last.requirements
        ),
        "logs": _logs(last),
        "withdrawn": _withdrawn(told),
    }
    if told.others and told.key is not None:
        fields["not checked"] = f"{', '.join(told.others)}: signatures of keys that you did not give"
    return fields


def _signature(told: Told) -> str:
    if told.key is None:
        return f"not checked: no key was given; it names {' and '.join(told.others) or 'no key'}"
    return f"holds: signed by the key that you gave, whose SHA-256 is {told.key.keyid}"


def _about(last: Summary) -> str:
    if last.subject is None:
        return "no model in particular"
    contents = f"\nits contents have the SHA-256 {last.subject.digest.hex()}" if last.subject.digest else ""
    return f"the model {last.subject.name}{contents}"


def _reference(data: bytes) -> str:
    from zkcompliance.report import words

    return words.reference(data) if data else "none: the proof was made against no reference"


def _logs(last: Summary) -> str:
    lines = [
        f"{each.origin}, {number_of(each.size, 'segment')}, signed by {each.key}"
        for requirement in last.requirements
        for each in requirement.logs
    ]
    return "\n".join(dict.fromkeys(lines)) or "none"


def _withdrawn(told: Told) -> str:
    if told.taken_back is not None:
        return f"on {show_time(told.taken_back.at)}: {told.taken_back.reason}"
    if not told.lists:
        return "not known: no list of withdrawn verdicts was given"
    made = show_time(max(each.made_at for each in told.lists))
    return f"no, by the list of {told.last.verifier} of {made}"
