"""Examples at the end of a claim's file: logs over which it holds, and logs over which one named requirement fails.

They are the claim's tests and its first documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.closed import word
from zkcompliance.claim.meaning.source import refuse
from zkcompliance.errors import UsageError
from zkcompliance.schemas import encode_rows

if TYPE_CHECKING:
    from zkcompliance.claim.meaning.arrays import Array
    from zkcompliance.claim.meaning.interpret import Finding

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Example:
    """Rows for every log and values for parameters; `failing`: the requirements that fail, and no others do."""

    text: str
    failing: tuple[str, ...]
    given: Mapping[str, Any]

    def run(self, claim: ClaimDefinition) -> Finding:
        """What the interpreter finds."""
        from zkcompliance.claim.meaning.interpret import interpret

        tables, publics = self.inputs(claim)
        return interpret(claim, tables, publics)

    def inputs(self, claim: ClaimDefinition) -> tuple[dict[str, list[Array]], dict[str, object]]:
        """The tables (one segment for each list of rows) and the parameters as given; clocks may begin at 0."""
        tables = {}
        for log in claim.logs:
            if log.name not in self.given:
                raise UsageError(f"{self.text}: no rows for the log {log.name}")
            rows = self.given[log.name]
            segments = rows if rows and isinstance(rows[0], (list, tuple)) else [rows]
            tables[log.name] = [encode_rows(log.schema, segment, any_second=True) for segment in segments]
        return tables, {name: value for name, value in self.given.items() if name not in tables}

    def complaint(self, claim: ClaimDefinition) -> str:
        """Why the example is not true of the claim; empty when it is."""
        found = self.run(claim).failing
        if set(found) == set(self.failing):
            return ""
        return f"{self.text}: fails {list(found)}, and should fail {list(self.failing)}"


@word
def base(**cells: Any) -> Callable[..., dict[str, Any]]:
    """A maker of rows (or of parameters) that differ in little: `job = base(run="r1"); job(flop=5)`."""

    def make(**more: Any) -> dict[str, Any]:
        return {**cells, **more}

    return make


@word
def holds(text: str, **given: Any) -> Example:
    """The claim holds. A log is a list of rows, or of segments that are lists of rows."""
    return Example(text, (), given)


@word
def fails(text: str, requirement: str | Collection[str], **given: Any) -> Example:
    """That requirement fails, or each of several, and no other."""
    named = (requirement,) if isinstance(requirement, str) else tuple(requirement)
    if not named or not all(isinstance(each, str) for each in named):
        raise refuse("an example that fails names no requirement", 'remedy: fails("what", "the requirement", log=[…])')
    return Example(text, named, given)
