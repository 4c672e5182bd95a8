"""Why every column of a program has its values in the interval that the compiler recorded for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from zkcompliance.claim.compile.compiler import Compiled
from zkcompliance.claim.compile.terms import HALF, RADIX, Term
from zkcompliance.stark.air.program import Op

Place = tuple[int, Op, int]  # number of a table, LOG or WIT, column
Mentions = dict[Place, set[str]]
SIXTEEN = (0, RADIX - 1)
MOVED = {"moved rows", "the set's rows", "rows that ask", "rows over time"}  # buses whose rows a private table has
BETWEEN_TABLES = {"found rows", "the segment before", "the segment after"}  # other buses
# For each column without a lookup: constraints and buses that together imply its interval, each mentioning it, or the
# column that a bus makes equal to it. Sets beside each other: either will do.
BOUND: dict[str, list[set[str]]] = {
    "the log": [{"act is 0 or 1"}, {"# is true or false"}],
    "used": [{"used is 0 or 1"}],
    "more": [{"more is the next used", "nothing after the last row"}],
    # rows of another table, each brought by a bus; 0 where there is none
    "a copy": [
        {"unused rows are 0", "moved rows"}, {"unused rows are 0", "the set's rows", "rows that ask"},
        {"unused rows are 0", "rows over time"},
    ],
    "of the rows read off": [{"unused rows are 0", "rows over time"}],
    "#: equal": [{"#: equal means equal", "#: unequal means unequal"}],
    "#: equal so far": [{"#: equal so far only after equal", "#: equal so far means equal"}],
    "#: equal limbs": [{"#: equal limbs only after equal", "#: equal limbs means equal"}],
    # on the first row the default, on each next one the same or a limb of the row before it, over all segments
    "the row before": [{"no row before the first", "the row before is kept", "the segment before"}],
    "the row after": [{"no row after the last", "the row after is kept", "the segment after"}],
    # the default on rows that do not count; the others' are in the private table, which makes them limbs or defaults
    "a neighbour": [
        {
            "rows that do not count have the default", "moved rows", "the first row has no row before",
            "a neighbour is the row before",
        },
        {
            "rows that do not count have the default", "moved rows", "the last row has no row after",
            "a neighbour is the row after",
        },
    ],
    # 0 or 1 where a row finds its match by itself; else what the private table says, which repeats a bit of its rows
    "found": [
        {"found is 0 or 1"},
        {"only rows that count find", "rows that ask", "a first row says it, the others repeat it"},
    ],
    "of the set": [{"of the set is 0 or 1"}],
    "in the set": [{"the first row says whether it is in the set", "a first row says it, the others repeat it"}],
    # the default where nothing is found; where something is, the value of a row of the target, which has one
    "looked up": [
        {"the default where nothing is found", "found rows"},
        {"the default where nothing is found", "rows that ask", "a key has one value", "the set's rows"},
    ],
    "a value": [
        {
            "unused rows are 0", "the set's rows", "rows that ask", "a key has one value",
            "the default where nothing is found",
        }
    ],
    # the value of a row that is read off, the default, or what the row before has
    "the state so far": [
        {"unused rows are 0", "rows over time", "no state before the first row", "the state is the one before"}
    ],
    # as there; the default on rows that do not ask, of which a table of single values has none
    "the state": [
        {"rows that do not count have the default: the state", "rows over time", "the state is the one before"}
    ],
    "the single state": [{"rows over time", "the state is the one before"}],
    # 0 before the first row, then what the sum was with the row before, over all segments
    "running sum before": [{"no running sum before the first row", "running sum is kept", "the segment before"}],
    # what a row of the private table says of its own sum, which has its range; 0 on rows that do not count
    "sum up to the row": [
        {"rows that do not count have the default: sum up to the row", "rows over time", "sum of the time"}
    ],
    "sum up to the window": [
        {"rows that do not count have the default: sum up to the window", "rows over time", "sum of the time"}
    ],
    # the limbs of one of the rows, or of the value for none, and the same on all rows
    "extreme": [{"the extreme is had", "empty has its value", "extreme is the same on all rows", "the segment before"}],
    "has it": [{"one row has the extreme: 0 or 1"}],
    "is empty": [{"empty is 0 or 1"}],
    "extreme of the group": [
        {"the extreme of the group is had", "extreme of the group is the same on its rows", "unused rows are 0"}
    ],
    "attains it": [{"a row has the extreme of the group: 0 or 1"}],
    "where the log ends": [{"where the log ends is 0 or 1"}],
}  # fmt: skip
COPIES = {"a copy", "of the rows read off"}  # whose values are all those of other sides of a bus
NARROWED = {"below a bound", "a public table"}  # lookups that say more than 16 bits


def parts(e: Term) -> Iterator[Term]:
    """Every expression below, operands first, each object once."""
    seen: set[int] = set()
    stack = [(e, False)]
    while stack:
        at, done = stack.pop()
        if done:
            yield at
        elif id(at) not in seen:
            seen.add(id(at))
            stack.append((at, True))
            if at.op in (Op.ADD, Op.SUB, Op.MUL):
                stack += [(at.b, False), (at.a, False)]


def place_of(number: int, e: Term) -> Place | None:
    """The column that e is, on this row or on the next one; None of any other expression."""
    return (number, Op.LOG if e.op == Op.LOG else Op.WIT, e.a) if e.op in (Op.LOG, Op.WIT, Op.NEXT) else None


def plain(name: str) -> str:
    return re.sub(r"\b(max|min)\b", "extreme", re.sub(r" [(][0-9]+[)]$", "", name))


class Bus:
    """What each side of a bus puts at each place of its tuples."""

    def __init__(self, made: Compiled) -> None:
        self.names: dict[int, str] = {}
        self.at: dict[tuple[int, int], list[tuple[int, Term]]] = defaultdict(list)
        self.takers: set[tuple[int, int]] = set()  # (bus, table) of those that take rows off it
        for table in made.board.tables:
            for message in table.messages:
                if message.bus is not None:
                    self.names[message.bus] = message.name
                    if message.multiplicity is not None and message.multiplicity.lo < 0:
                        self.takers.add((message.bus, table.number))
                    for j, value in enumerate(message.values):
                        self.at[message.bus, j].append((table.number, value))

    def beside(self, place: Place, taken: bool = False) -> Iterator[tuple[str, int, Term]]:
        """What other sides have where this column stands: (name of the bus, table, expression).

        taken: only of buses off which the column's table takes its rows."""
        for (bus, _), values in self.at.items():
            if taken and (bus, place[0]) not in self.takers:
                continue
            if place in [place_of(number, e) for number, e in values if e.op != Op.NEXT]:
                for number, e in values:
                    if place_of(number, e) != place:
                        yield self.names[bus], number, e


def mentions(made: Compiled, bus: Bus) -> Mentions:
    """Of each column the constraints and buses that mention it, or a column that a bus makes equal to it."""
    own: Mentions = defaultdict(set)
    for table in made.board.tables:
        every = [(name, e) for name, _, e in table.constraints]
        every += [(m.name, e) for m in table.messages if m.bus is not None for e in m.values]
        for name, e in every:
            for part in parts(e):
                if (place := place_of(table.number, part)) is not None:
                    own[place].add(plain(name))
    found: Mentions = {place: set(names) for place, names in own.items()}
    for place, names in found.items():
        for _, number, e in bus.beside(place):
            if (other := place_of(number, e)) is not None:
                names |= own[other]
    return found


def unbound(made: Compiled, every: list[tuple[int, str, Term]]) -> list[str]:
    """The columns whose intervals nothing is known to imply."""
    bus = Bus(made)
    known = mentions(made, bus)
    looked_up: Mentions = defaultdict(set)
    for table in made.board.tables:
        for column in table.short:  # the base of the union asks for it
            looked_up[table.number, Op.LOG, column].add("16 bits")
        for message in table.messages:
            for value in message.values if message.bus is None else ():
                exact = value.op in (Op.LOG, Op.WIT)
                name = message.name if message.name in NARROWED or not exact else "16 bits"
                for part in parts(value):
                    if (place := place_of(table.number, part)) is not None:
                        looked_up[place].add(name)
    intervals: dict[Place, set[tuple[int, int]]] = defaultdict(set)
    for number, _, e in every:
        for part in parts(e):
            if (place := place_of(number, part)) is not None:
                intervals[place].add((part.lo, part.hi))
    sixteen = carried({place for place, names in looked_up.items() if "16 bits" in names}, bus)
    found = []
    for place, seen in intervals.items():
        number, op, column = place
        title = made.board.tables[number].columns[column] if op == Op.WIT else "the log"
        widest = (min(lo for lo, _ in seen), max(hi for _, hi in seen))
        if widest == (-HALF, HALF) or looked_up[place] & {"a public table"}:
            continue
        narrow = seen - {SIXTEEN}
        if place in sixteen and widest == SIXTEEN and (not narrow or _narrowed(looked_up[place])):
            continue
        if plain(title) in known[place] and plain(title) not in BOUND:
            continue  # a constraint with its own name says what it is
        if not _bound(plain(title), known[place]) or (title in COPIES and not _brought(place, widest, bus)):
            found.append(f"a column of {title} in {widest}")
    return found


def _narrowed(names: set[str]) -> bool:
    return bool(names & NARROWED) or any(name.endswith(": low byte") for name in names)


def like(pattern: str, name: str) -> bool:
    """Whether it is that name; # stands for any text."""
    return re.fullmatch(re.escape(pattern).replace(r"\#", ".*"), name) is not None


def _bound(title: str, names: set[str]) -> bool:
    """Whether one of the title's sets is among the names."""
    for pattern, sets in BOUND.items():
        own = re.fullmatch(re.escape(pattern).replace(r"\#", "(.*)"), title)
        if own is None:
            continue
        for wanted in sets:
            texts = [w.replace("#", own[1]) if own.groups() else w for w in wanted]
            if all(any(like(t, name) for name in names) for t in texts):
                return True
    return False


def _brought(place: Place, interval: tuple[int, int], bus: Bus) -> bool:
    """Whether all that the other sides of the buses that bring it have there is in the interval."""
    others = [e for name, _, e in bus.beside(place, taken=True) if name in MOVED]
    return bool(others) and all(interval[0] <= e.lo and e.hi <= interval[1] for e in others)


def carried(checked: set[Place], bus: Bus) -> set[Place]:
    """With `checked`, the columns that a bus makes equal to such a column.

    A multiset's rows are the same on both sides; rows that were moved have the limbs that they had where they were.
    """
    found = set(checked)
    for _ in bus.names:  # as far as ranges can travel
        for (number, _), values in bus.at.items():
            places = [place_of(table, e) for table, e in values]
            if bus.names[number] == "the same rows" and found & set(places):
                found |= {place for place in places if place is not None}
            if bus.names[number] == "moved rows" and places[0] in found and places[1] is not None:
                found.add(places[1])
    return found
