"""A picture of a streak: one cell for each period, six in a line, as inline SVG.

A cell says its status by its border and a sign too, not by colour alone: ✓ accepted, × refused, nothing where there is
no proof, ? where it was not judged. It says nothing that the table beside it does not.
"""

from __future__ import annotations

from zkcompliance.policy.calendar import Period
from zkcompliance.policy.streak import Held, Streak
from zkcompliance.quantities import number_of
from zkcompliance.report import streak_words
from zkcompliance.report.markup import Markup, tag

ACROSS, WIDE, HIGH = 6, 76, 58  # cells in a line, and the size of one with what is between
_SIGN = {"accepted": "✓", "refused": "×", "missing": "", "not judged": "?"}
_LOOK = {
    "accepted": ("#0b5b30", "none"), "refused": ("#92140f", "none"), "missing": ("#92140f", "4 3"),
    "not judged": ("#4d535e", "2 2"),
}  # fmt: skip


def picture(streak: Streak, identifier: str) -> Markup | None:
    """The figure; None where no file is of a period."""
    periods = streak_words.by_period(streak)
    if not periods:
        return None
    parts: list[Markup] = []
    for place, (period, held) in enumerate(periods):
        parts += _cell(period, held, place % ACROSS * WIDE, place // ACROSS * HIGH)
    counts = {name: sum(_status(held) == name for _, held in periods) for name in _SIGN}
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    said = f"{number_of(len(periods), 'period')}: {said}."
    title, desc = f"{identifier}-title", f"{identifier}-desc"
    heard = [tag("title", "The periods of the streak", id=title), tag("desc", said, id=desc)]
    width, height = ACROSS * WIDE, -(-len(periods) // ACROSS) * HIGH
    drawing = tag(
        "svg", heard, parts, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", role="img",
        width=width, height=height, aria_labelledby=f"{title} {desc}", focusable="false",
    )  # fmt: skip
    return tag("figure", drawing, tag("figcaption", said))


def _status(held: list[Held | None]) -> str:
    """Of a period; one that has several files is refused for that."""
    return "refused" if len(held) > 1 else streak_words.status(held[0])


def _cell(period: Period, held: list[Held | None], x: int, y: int) -> list[Markup]:
    status = _status(held)
    colour, dashes = _LOOK[status]
    return [
        tag(
            "rect", x=x + 3, y=y + 3, width=WIDE - 6, height=30, fill="none", stroke=colour, stroke_width=2,
            stroke_dasharray=dashes,
        ),
        tag("text", _SIGN[status], x=x + WIDE // 2, y=y + 23, text_anchor="middle", fill=colour),
        tag("text", period.name[:7], x=x + WIDE // 2, y=y + 50, text_anchor="middle"),
    ]  # fmt: skip
