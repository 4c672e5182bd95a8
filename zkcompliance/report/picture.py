"""A picture of what was revealed: the value and its limit on one axis, and the band that was shown, as inline SVG.

It says nothing that the text beside it does not say exactly; positions are rounded, figures never are. The axis is
logarithmic from a million up, since the quantities are FLOP, and linear from 0 below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from zkcompliance.policy.verdict import Finding
from zkcompliance.quantities import MILLION, show_integer
from zkcompliance.report import words
from zkcompliance.report.markup import Markup, tag

WIDTH, LEFT, RIGHT = 460, 16, 444
AXIS, HEIGHT = 74, 132
LABEL = 20  # characters of a name that a label has room for


@dataclass(frozen=True)
class Scale:
    """Where a value stands on the axis; ticks: values with a label."""

    low: float  # log10 of the left end; 0 on a linear axis
    high: float
    logarithmic: bool
    ticks: tuple[tuple[int, str], ...]

    def x(self, value: int) -> float:
        """Between LEFT and RIGHT."""
        at = (math.log10(value) if value > 0 else self.low) if self.logarithmic else float(value)
        part = (at - self.low) / (self.high - self.low)
        return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, part)), 1)

    def between(self) -> list[float]:
        """2, 3, … 9 times each power of ten, where there is room for them."""
        if not self.logarithmic or self.high - self.low > 4:
            return []
        powers = [10**p for p in range(max(0, round(self.low)), round(self.high))]
        return [self.x(digit * power) for power in powers for digit in range(2, 10)]


def scale(values: list[int]) -> Scale:
    """An axis that holds all of these values (≥ 0, one of them > 0)."""
    top = max(values)
    if top >= MILLION:
        powers = [len(str(value)) - 1 for value in values if value > 0]
        low, high = min(powers), max(powers) + 1
        low = min(low, high - 2)
        step = max(1, -(-(high - low) // 6))
        return Scale(low, high, True, tuple((10**p, f"1e{p}") for p in range(max(0, low), high + 1, step)))
    high = top * 5 // 4 + 1
    power = 10 ** max(0, len(str(high)) - 1)
    step = next(size for part in (1, 2, 5, 10, 20) if high // (size := max(1, power * part // 10)) <= 6)
    return Scale(0, high, False, tuple((at, f"{at:,}") for at in range(0, high + 1, step)))


def picture(finding: Finding, identifier: str) -> Markup | None:
    """The figure; None where nothing was revealed beside a limit."""
    margin = finding.margin
    if margin is None or margin.limit <= 0 or margin.value < 0:
        return None
    edges = None if margin.low is None or margin.high is None else (margin.low, margin.high)
    axis = scale([margin.value, margin.limit, *(edges or ())])
    texts = {value.name: value.text for value in finding.values}
    revealed = _label(margin.revealed, texts.get(margin.revealed, ""), margin.value)
    revealed += ", rounded down" if margin.rounding else ""
    limit = _label(margin.limit_name, texts.get(margin.limit_name, ""), margin.limit)
    at, stop = axis.x(margin.value), axis.x(margin.limit)
    parts = []
    if edges is not None:
        left, right = (axis.x(edge) for edge in edges)
        parts.append(tag("rect", x=left, y=AXIS - 13, width=round(max(2.0, right - left), 1), height=26, class_="band"))
    parts += _axis(axis, keep_clear=stop)
    parts += [
        tag("line", x1=stop, y1=AXIS - 24, x2=stop, y2=AXIS + 34, class_="limit"),
        _text(limit, stop, AXIS + 50, "name"),
        tag("line", x1=at, y1=26, x2=at, y2=AXIS - 7, class_="leader"),
        tag("circle", cx=at, cy=AXIS, r=6, class_="value"),
        _text(revealed, at, 18, "name strong"),
    ]
    said = f"{words.margin_words(finding)}."
    if edges is not None:
        said += f" Shown to lie between {show_integer(edges[0])} and {show_integer(edges[1])}, the band shaded."
    title, desc = f"{identifier}-title", f"{identifier}-desc"
    heard = [tag("title", "The revealed value beside its limit", id=title), tag("desc", said, id=desc)]
    drawing = tag(
        "svg", heard, parts, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img",
        aria_labelledby=f"{title} {desc}", focusable="false",
    )  # fmt: skip
    kind = "Logarithmic" if axis.logarithmic else "Linear"
    return tag("figure", drawing, tag("figcaption", said, f" {kind} axis."))


def _label(name: str, shown: str, value: int) -> str:
    short = words.clean(name)
    if len(short) > LABEL:
        short = f"{short[: LABEL - 1]}…"
    figure = words.clean(shown) if shown and len(shown) <= LABEL else show_integer(value)
    return f"{short} {figure}"


def _axis(axis: Scale, keep_clear: float) -> list[Markup]:
    parts = [tag("line", x1=LEFT, y1=AXIS, x2=RIGHT, y2=AXIS, class_="axis")]
    for value, label in axis.ticks:
        x = axis.x(value)
        parts.append(tag("line", x1=x, y1=AXIS, x2=x, y2=AXIS + 6, class_="axis"))
        if abs(x - keep_clear) > 26:
            parts.append(_text(label, x, AXIS + 24, "tick"))
    for x in axis.between():
        parts.append(tag("line", x1=x, y1=AXIS, x2=x, y2=AXIS + 3, class_="axis"))
    return parts


def _text(label: str, x: float, y: int, class_: str) -> Markup:
    """A label at x, moved inwards where it would leave the picture."""
    anchor = "start" if x < WIDTH * 0.25 else "end" if x > WIDTH * 0.75 else "middle"
    if class_ == "tick":
        anchor = "start" if x < LEFT + 8 else "end" if x > RIGHT - 8 else "middle"
    return tag("text", label, x=str(x), y=y, text_anchor=anchor, class_=class_)
