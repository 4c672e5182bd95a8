"""A public parameter of a claim: type, unit, bounds, default; read from what people write, and shown again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zkcompliance.card import places, types
from zkcompliance.card.reading import Identities, read_given, read_members, read_set, show, show_members, show_set
from zkcompliance.card.types import Type
from zkcompliance.errors import UsageError
from zkcompliance.quantities import Exact

CLOCK, NOW = "clock", "now"  # the roles that a parameter may have


@dataclass(frozen=True)
class Parameter:
    """A parameter, an integer in [low, high]; of a set of choices the bit mask, of a set of values its `places`.

    role: CLOCK for a length of time that runs out for somebody who does nothing; NOW for the moment that the claim
    takes for now, by which it says which clocks have run out; empty for every other.
    """

    name: str
    type: Type
    low: int
    high: int
    doc: str = ""
    default: int | None = None
    places: int = 0
    role: str = ""

    @property
    def is_set(self) -> bool:
        return self.type.kind == types.SET

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""
        return "set" if self.is_set else str(self.type)

    @property
    def role_fits(self) -> bool:
        """Whether its type is one of which its role may be: a clock is a length of time, now is a time."""
        return not self.role or self.type == {CLOCK: types.SECONDS, NOW: types.TIME_POINT}.get(self.role)

    @property
    def bits(self) -> int:
        """The integer is below 2^bits."""
        return max(self.high.bit_length(), 1)

    @property
    def publics(self) -> list[tuple[str, int]]:
        """(name, bits) of its public integers in the program, each below 2^bits: one, or one for each place."""
        if self.places:
            return [(places.name(self.name, i), self.type.width + 1) for i in range(self.places)]
        return [(self.name, self.bits)]

    def parse(self, value: object) -> int:
        """From what a person or a program gives, with its unit; UsageError when it does not fit.

        What was encoded before is `accept`ed, and not read again.
        """
        try:
            found = self._read(value)
        except UsageError as error:
            own = None if error.help.startswith("zkcompliance explain") else error.help
            raise UsageError(f"{self.name}: {error.message}", help=own) from None
        return self.accept(found)

    def of_text(self, value: object) -> int:
        """As a claim's own text and its examples have it: integers are the encoded ones, anything else is `parse`d."""
        if type(value) is int:
            return self.accept(value)
        if isinstance(value, (list, tuple, set, frozenset)) and self.type.of is not None:
            value = [Exact(member) if type(member) is int else member for member in value]
        return self.parse(value)

    def _read(self, value: object) -> int:
        if self.type.of is not None:
            members = read_members(self.type.of, value)
            if isinstance(members, int):
                return members
            for member in members:
                if not 0 <= member <= self.type.top:
                    raise UsageError(f"a member is from {show(self.type.of, 0)} to {show(self.type.of, self.type.top)}")
            return Identities(members, places.encode(members, self.type.width, self.places))
        if self.is_set:
            return read_set(self.type.choices, value)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and self.type.kind == types.ENUM:
            return int(value)  # type: ignore[call-overload,no-any-return]
        return read_given(self.type, value)

    def accept(self, value: int) -> int:
        """The value itself, if it is in range; UsageError otherwise."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise UsageError(f"{self.name} is from {self.show(self.low)} to {self.show(self.high)}")
        if self.places and value != places.encode(places.members(value, self.type.width), self.type.width, self.places):
            raise UsageError(f"{self.name} is no set: members ascend, each once, and unused places are last")
        return value

    def show(self, value: int) -> str:
        """As a person reads it."""
        if self.type.of is not None:
            known = value.members if isinstance(value, Identities) else places.members(value, self.type.width)
            return show_members(self.type.of, known)
        return show_set(self.type.choices, value) if self.is_set else show(self.type, value)


def parsed(claim: str, params: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, int]:
    """Values as people or programs give them, by name, each read by its parameter; UsageError on an unknown name."""
    known = {param.name: param for param in params}
    for name in given:
        if name not in known:
            raise UsageError(f"{claim} has no parameter {name!r}: it has {', '.join(known)}")
    return {name: known[name].parse(value) for name, value in given.items()}


def filled(claim: str, params: Sequence[Parameter], given: Mapping[str, int]) -> dict[str, int]:
    """All parameters of the claim in order, defaults filled in; UsageError on a missing or unknown one."""
    known = {param.name for param in params}
    for name in given:
        if name not in known:
            raise UsageError(f"{claim} has no parameter {name!r}: it has {', '.join(sorted(known))}")
    result = {}
    for param in params:
        value = given.get(param.name, param.default)
        if value is None:
            raise UsageError(f"{claim} needs the parameter {param.name}: {param.doc}")
        result[param.name] = param.accept(value)
    return result
