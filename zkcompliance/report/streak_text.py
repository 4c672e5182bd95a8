"""A streak in plain lines, for a terminal."""

from __future__ import annotations

from zkcompliance.policy.streak import Streak
from zkcompliance.report import streak_words, words

_NAME = 14  # characters for the name of a fact


def write(streak: Streak) -> str:
    """The sentence, a line for each period, and what is not shown."""
    lines = [streak_words.sentence(streak)]
    for each in streak_words.known(streak):
        lines += [f"  {each.name:<{_NAME}}{each.text}"]
        lines += [f"  {'':<{_NAME}}{each.digest.hex()}"] if each.digest else []
    lines += ["", "Periods"]
    for period, several in streak_words.by_period(streak):
        for held in several:
            told = "no file was given for it" if held is None else streak_words.told(held)
            lines.append(f"  {period.name}  {streak_words.status(held)}: {told}")
    lines += [f"  of no period: {streak_words.told(held)}" for held in streak.held if held.period is None]
    lines += [f"Note: {line}" for line in streak_words.still(streak)]
    lines += ["", "What this does not show:", *(f"  - {line}" for line in streak_words.unshown(streak))]
    return "".join(f"{words.clean(line)}\n" for line in lines)
