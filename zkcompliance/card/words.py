"""A card read aloud: its requirements as sentences, its parameters with units, what it reveals."""

from __future__ import annotations

from zkcompliance.card import kinds, reading, types
from zkcompliance.card.model import Card, Clause, Slot
from zkcompliance.card.parameter import CLOCK, NOW, Parameter
from zkcompliance.card.sentence import apart, whole

BRACKET = "its segment's bracket"  # as sentences have it that speak of one
WHAT_A_BRACKET_IS = (
    "A segment's bracket is from when to when it was sealed, as the statement says and anchors back. A condition on it",
    "is about every moment of it, so that a wider one only makes it harder. Without anchors it is open, from 1970 to",
    "the largest time there is: then the condition fails on every row, but for a time within the delay of such an end.",
)
ROWS_AHEAD = (
    "A row that names a moment yet to come is sealed soon enough, whenever it was: rows can be made up ahead of their",
    "time, unless the claim also asks `not_ahead` of them.",
)
ROLES = {CLOCK: "; a clock that runs out", NOW: "; taken for now"}  # of a parameter, beside its type
_NO_ROLE = {types.SECONDS: "; not marked as a clock", types.TIME_POINT: "; not marked as now"}  # no policy watches it


def explain(card: Card) -> str:
    """The claim as plain text for a person."""
    lines = [f"{card.id}, version {card.version}: {card.title}", ""]
    lines += [*_quoted(card.about), ""] if card.about else []
    lines.append("Logs:")
    for slot in card.slots:
        lines += [f"  {slot.name}: {_one_line(slot.about) or slot.schema}", f"    {logs_of(slot)}"]
    lines.append("")
    if card.params:
        lines += ["Parameters (public):", *(f"  {parameter(spec)}" for spec in card.params), ""]
    lines.append("It holds when all of this is so:")
    for number, each in enumerate(card.clauses, 1):
        implied = " (implied)" if each.implied else ""
        asked, *meanings = apart(said(each))
        lines += [f"  {number}. {each.name}{implied}: {asked}", *(f"     {meaning}" for meaning in meanings)]
    if about_brackets(card):
        lines += ["", *WHAT_A_BRACKET_IS]
    if about_last_moments(card) and not about_first_moments(card):
        lines += ROWS_AHEAD
    lines += ["", "Revealed beyond the parameters and each segment's size rounded up to a power of two:"]
    for value in card.reveals:
        what, *meanings = apart(value.words())
        lines += [f"  {value.name}: {what}", *(f"     {meaning}" for meaning in meanings)]
    lines += [] if card.reveals else ["  nothing."]
    rows = kinds.kinds_of(slot.schema for slot in card.slots)
    return "\n".join([*lines, f"Not proven: {kinds.complete(rows)}; {kinds.true_rows(rows)}."])


def said(clause: Clause) -> str:
    """One requirement as a whole sentence, with the parameters' names."""
    return whole(clause.says.named())


def about_brackets(card: Card) -> bool:
    """Whether a condition of the claim is on when segments were sealed."""
    return _has(card, BRACKET)


def about_last_moments(card: Card) -> bool:
    """Whether it asks that rows were not sealed later than some time (`sealed_within`), which operators date."""
    return _has(card, f"every moment of {BRACKET} is at most ")


def about_first_moments(card: Card) -> bool:
    """Whether it asks that rows were not sealed before some time (`not_ahead`), which a beacon's round shows."""
    return _has(card, f" after every moment of {BRACKET}")


def _has(card: Card, text: str) -> bool:
    """Whether a requirement's sentence has this text, which no name of a column or a table can have."""
    return any(text in part for each in card.clauses for part in each.says.parts if isinstance(part, str))


def _quoted(about: str) -> list[str]:
    """What the author says besides, each line marked: it could be written like what follows, which is proved."""
    return ["In its author's words, of which nothing is proved:", *(f"  | {line}" for line in about.split("\n"))]


def _one_line(text: str) -> str:
    """An author's text on one line, so that it begins no line of its own."""
    return " ".join(text.split())


def logs_of(slot: Slot) -> str:
    """What the marks of a slot say: how many logs may fill it, and whether a policy may leave that open."""
    many = "one log, since the order of rows counts" if slot.order else "one log or several, in any order"
    harder = "more rows only make it harder" if slot.more else "more rows may make it hold"
    return f"{many}; {harder}"


def vacuity(card: Card) -> list[str]:
    """What the claim's file says of its parameters: where they ask nothing, and which of them always ask."""
    empty = [str(each) for each in card.vacuous if str(each)]
    asks = [f"{each.param}: {each.why}" for each in card.vacuous if not str(each)]
    lines = ["", "Asks nothing, so that no policy may admit it:", *(f"  {each}." for each in empty)] if empty else []
    if asks:
        lines += ["", "Asks something whatever its value, says the author, and nobody has proved it:"]
        lines += [f"  {each}." for each in asks]
    return lines


def parameter(spec: Parameter) -> str:
    """One parameter: name, type, what it is, bounds, default."""
    if spec.places:
        bounds = f"at most {spec.places}"
    elif spec.is_set:
        bounds = f"any of {', '.join(spec.type.choices)}"
    elif spec.type.choices:
        bounds = f"one of {', '.join(spec.type.choices)}"
    elif (spec.low, spec.high) != (0, types.largest(spec.type)):
        bounds = f"from {_shown(spec, spec.low)} to {_shown(spec, spec.high)}"
    else:
        bounds = ""
    kind = "set" if spec.type.choices and spec.is_set else str(spec.type) if spec.type.kind != types.ENUM else "choice"
    default = "" if spec.default is None else f"; default {_shown(spec, spec.default)}"
    role = ROLES.get(spec.role, _NO_ROLE.get(spec.type, "") if not spec.role else "")
    doc = f": {_one_line(spec.doc)}" if spec.doc else ""
    return f"{spec.name} ({kind}{', ' + bounds if bounds else ''}{default}{role}){doc}"


def _shown(spec: Parameter, value: int) -> str:
    """A value of the claim's own text: an id in quotes, so that it reads as no other part of the line."""
    return spec.show(value) if spec.is_set else reading.exactly(spec.type, value)
