"""A streak as one page: the sentence, the picture of its periods, each period in a row, and what is not shown."""

from __future__ import annotations

from zkcompliance.policy.streak import Streak
from zkcompliance.report import streak_words
from zkcompliance.report.markup import Markup, digest, facts, join, page, table, tag
from zkcompliance.report.streak_picture import picture
from zkcompliance.report.style import STYLE

_CLASS = {"accepted": "met", "refused": "not-met", "missing": "not-shown", "not judged": "not-judged"}


def write(streak: Streak) -> str:
    """The page as text."""
    title = streak_words.sentence(streak)
    body = tag("body", tag("header", _header(streak, title)), tag("main", _periods(streak), _unshown(streak)))
    return page(title, STYLE, body)


def _header(streak: Streak, title: str) -> Markup:
    error = streak.first_error
    why = None if error is None else tag("p", f"{error.code}. What to do: ", tag("code", error.help), class_="soft")
    known = facts(
        (each.name.capitalize(), join(each.text, " ", digest(each.digest)) if each.digest else each.text)
        for each in streak_words.known(streak)
    )
    return join(
        tag("p", "Streak of verified periods", class_="kind"), tag("h1", title), why, picture(streak, "periods"), known
    )


def _periods(streak: Streak) -> Markup:
    rows = []
    for period, several in streak_words.by_period(streak):
        for held in several:
            status = streak_words.status(held)
            mark = tag("span", status, class_=f"status {_CLASS[status]}")
            told = "no file was given for it" if held is None else streak_words.told(held)
            rows.append([period.name, mark, told, digest(b"" if held is None else held.file_sha256)])
    for held in (each for each in streak.held if each.period is None):
        mark = tag("span", "refused", class_="status not-met")
        rows.append(["none", mark, streak_words.told(held), digest(held.file_sha256)])
    made = table("Periods and their proofs", ["Period", "Status", "What is shown", "File, SHA-256"], rows)
    return tag("section", tag("h2", "Periods"), made)


def _unshown(streak: Streak) -> Markup:
    lines = [*streak_words.still(streak), *streak_words.unshown(streak)]
    return tag("section", tag("h2", "What this does not show"), tag("ul", (tag("li", line) for line in lines)))
