"""What a streak shows and does not, in words: for the terminal, and for the page."""

from __future__ import annotations

from itertools import pairwise

from zkcompliance.policy.calendar import Period
from zkcompliance.policy.streak import Extent, Held, Streak, extents
from zkcompliance.policy.verdict import Verdict
from zkcompliance.quantities import number_of, show_seconds
from zkcompliance.report import facts, words
from zkcompliance.report.facts import Fact
from zkcompliance.version import VERSION

_OF_ALL = ("in force", "model", "contents", "file names")  # of the last verdict: the model is one in all of them
_OTHERS = (
    "that periods before the first and after the last have proofs: these files were given, and no others",
    "that each proof was made when it says, and was judged as of: its time is its lab's word, but for what a reference "
    "that you drew, cosigners or anchors of the policy show of it",
    "what you saw of these logs before: nothing but these files was held against each other",
)


_UNBOUND = (
    "that a proof is about the rows of its period alone: the policy does not ask for that, so that each is about all "
    "rows up to then, and its period is only when it was made"
)


def sentence(streak: Streak) -> str:
    """The streak in one sentence."""
    policy = words.policy_name(streak.policy)
    if streak.accepted:
        first, last, count = streak.periods[0].name, streak.periods[-1].name, len(streak.held)
        if count == 1:
            return f"Accepted: the one period, {first}, of {policy}."
        return f"Accepted: {count} periods of {policy} without a gap, {first} until {last}, each after the one before."
    error = streak.first_error
    why = "" if error is None else f": {words.spoken(error)}"
    return f"Not accepted: no streak of {policy}{why}."


def status(held: Held | None) -> str:
    """`accepted`, `refused`, `missing`, or `not judged`."""
    if held is None:
        return "missing"
    if held.accepted:
        return "accepted"
    return "refused" if held.error is not None else "not judged"


def told(held: Held) -> str:
    """Of one period: when it was proved, as it says, and how far each log had come."""
    if held.error is not None:
        return f"{held.error.code}: {words.spoken(held.error)}"
    if held.verdict is None:
        return f"states {words.moment(held.stated)}"
    logs = "; ".join(f"{name}: {_extent(each)}" for name, each in sorted(extents(held.verdict).items()))
    return f"states {words.moment(held.stated)}; {logs}"


def _extent(extent: Extent) -> str:
    later = "" if extent.generation == 1 else f" of {extent.origin}"
    return f"{number_of(extent.size, 'segment')}{later}"


def calendar(streak: Streak) -> str:
    """Which periods there are, and when a proof is due."""
    asked = streak.calendar
    due = "in it" if asked.due is None else f"within {show_seconds(asked.due)} after it"
    return f"every {asked.every} from {words.day(asked.since)}; the proof of each states a time {due}"


def known(streak: Streak) -> list[Fact]:
    """By what, about what, of which periods, whose keys, when it was judged, and by which program."""
    verdict = _last(streak)
    made = [] if verdict is None else facts.head(verdict)
    policy = streak.policy
    return [
        Fact("policy", f"{policy.id}@{policy.version}: {policy.title} ({policy.jurisdiction})", policy.digest),
        *(each for each in made if each.name in _OF_ALL),
        Fact("periods", calendar(streak)),
        *([Fact("held against", said)] if (said := bound(streak)) else []),
        *(each for each in made if each.name == "key"),
        Fact("judged", f"{words.moment(streak.judged_at)}, by zkcompliance {VERSION}"),
    ]


def _last(streak: Streak) -> Verdict | None:
    """The verdict on the last file that was judged."""
    return next((held.verdict for held in reversed(streak.held) if held.verdict is not None), None)


def bound(streak: Streak) -> str:
    """Which parameters are held against the calendar in every proof; empty where none is."""
    return f"{', '.join(streak.bound)}: by the policy, when each period begins or ends" if streak.bound else ""


def unshown(streak: Streak) -> list[str]:
    """What it does not show: of every streak, then what the verdicts say, each line once. A line that names the moment
    of one proof is said for all of them by the second of the first."""
    said = [*_OTHERS] if streak.bound else [_UNBOUND, *_OTHERS]
    for held in streak.held:
        if held.verdict is not None:
            said += [line for line in words.limits(held.verdict) if "that it was proved on" not in line]
    return list(dict.fromkeys(said))


def still(streak: Streak) -> list[str]:
    """Logs that did not grow from one period to the next: nothing was sealed in between."""
    said = []
    for before, after in pairwise(streak.held):
        if before.verdict is None or after.verdict is None or after.period is None:
            continue
        first, second = extents(before.verdict), extents(after.verdict)
        said += [
            f"{words.clean(name)}: nothing was sealed between the proof before and that of {after.period.name}"
            for name, each in sorted(first.items())
            if second.get(name) == each
        ]
    return said


def by_period(streak: Streak) -> list[tuple[Period, list[Held | None]]]:
    """Every period from the first to the last, with its files: one, or several; None where there is none."""
    return [(each, [held for held in streak.held if held.period == each] or [None]) for each in streak.periods]
