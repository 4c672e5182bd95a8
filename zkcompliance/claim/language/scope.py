"""What a claim's body adds to while it runs: requirements and reveals. Outside a body there is nothing to add to."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from zkcompliance.claim.meaning.core import Requirement, Reveal, Value
from zkcompliance.claim.meaning.source import refuse
from zkcompliance.quantities import fault_of


@dataclass
class Scope:
    """One call of one body."""

    requirements: list[Requirement] = field(default_factory=list)
    implied: list[Requirement] = field(default_factory=list)
    reveals: list[Reveal] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)

    def imply(self, requirement: Requirement) -> None:
        """Ask for what is relied on, once; of other rows the same under a name with a number."""
        if any(known.value == requirement.value for known in self.implied):
            return
        taken, name, at = {known.name for known in self.implied}, requirement.name, 1
        while name in taken:
            at += 1
            name = f"{requirement.name} ({at})"
        self.implied.append(replace(requirement, name=name))

    def name(self, name: object, value: Value) -> None:
        """A name that stands for a value in sentences; refused where it is no name, or stands for another value."""
        if not isinstance(name, str) or not 0 < len(name) <= 40 or fault_of(name) or set(name) & set("“”`"):
            raise refuse("let without a name", 'remedy: let("span", jobs.end - jobs.start): a short text on one line')
        if self.named.setdefault(name, value) != value:
            raise refuse(f"{name!r} stands for another value already", "remedy: another name")


OPEN: ContextVar[Scope | None] = ContextVar("claim", default=None)


def current(word: str) -> Scope:
    """The body that is being run; refused where none is."""
    scope = OPEN.get()
    if scope is None:
        raise refuse(f"{word} outside the body of a claim", "remedy: use it in a function under @claim(…)")
    return scope
