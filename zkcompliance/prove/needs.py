"""What a lab has to log for a policy: logs and their schemas, the columns that claims read, and how often.

Nothing here is kept by hand: columns are those that the compiled programs read, and lengths of time those that the
policy and the parameters of its claims state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from zkcompliance.card import types
from zkcompliance.card.parameter import CLOCK, NOW, Parameter
from zkcompliance.claim.model import Claim
from zkcompliance.policy import bounds
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.model import LogRule, Policy, Requirement
from zkcompliance.prove.own_claims import claim_of
from zkcompliance.quantities import show_seconds
from zkcompliance.schemas import Column, Schema


@dataclass(frozen=True)
class ColumnNeed:
    """A column of a log, and the requirements whose programs read it; none: it must be stated all the same."""

    column: Column
    read_by: tuple[str, ...]

    @property
    def stated(self) -> bool:
        """Whether a row without it is refused when it is sealed."""
        return self.column.default is None


@dataclass(frozen=True)
class LogNeed:
    """A log of the policy. columns: those that are read or must be stated, in the schema's order.

    counted: requirement → the least number of rows that it counts; further: whether requirements that name it would be
    met without it.
    """

    rule: LogRule
    schema: Schema
    columns: tuple[ColumnNeed, ...]
    counted: Mapping[str, int]
    further: bool


@dataclass(frozen=True)
class Cadence:
    """A length of time that the policy states. of: `proof`, `checkpoint`, or REQUIREMENT.PARAMETER; says: what it asks,
    a whole sentence."""

    of: str
    says: str


@dataclass(frozen=True)
class Named:
    """A name that the policy states, or a set of names, which cells of rows are held against, letter by letter. of:
    REQUIREMENT.PARAMETER; says: what it asks, a whole sentence."""

    of: str
    says: str


def needs(policy: Policy, own: Mapping[str, Claim] = MappingProxyType({})) -> tuple[LogNeed, ...]:
    """Of each log of the policy, in its order. own: by id, claims that the catalogue lacks.

    UsageError where the text of a claim is not given, CardMismatch where it is another one.
    """
    readers: dict[str, dict[str, list[str]]] = {name: {} for name in policy.logs}  # log → column → requirements
    of: dict[str, Schema] = {}
    counted: dict[str, dict[str, int]] = {name: {} for name in policy.logs}
    must: set[str] = set()
    for requirement in asked(policy):
        claim = claim_of(requirement, own)
        found = columns_read(claim)
        for slot, schema in claim.slots.items():
            for log in requirement.taken(slot):
                of[log] = schema
                for column in found[slot]:
                    readers[log].setdefault(column, []).append(requirement.name)
            for log in requirement.logs[slot]:
                must.add(log)
                if least := _least(policy, requirement, slot):
                    counted[log][requirement.name] = least
    return tuple(
        LogNeed(rule, of[name], _columns(of[name], readers[name]), counted[name], further=name not in must)
        for name, rule in policy.logs.items()
    )


def columns_read(claim: Claim) -> dict[str, tuple[str, ...]]:
    """Slot → the columns of which the compiled program reads a limb, in the schema's order."""
    program = claim.program
    limbs: dict[str, set[int]] = {slot: set() for slot in claim.slots}
    for table in program.tables:
        if table.log is not None:
            limbs[program.logs[table.log].name].update((*table.log_columns, *table.short))
    return {
        slot: tuple(each.name for each in schema.columns if not limbs[slot].isdisjoint(schema.limbs(each.name)))
        for slot, schema in claim.slots.items()
    }


def _columns(schema: Schema, readers: Mapping[str, list[str]]) -> tuple[ColumnNeed, ...]:
    every = (ColumnNeed(column, tuple(readers.get(column.name, ()))) for column in schema.columns)
    return tuple(each for each in every if each.read_by or each.stated)


def _least(policy: Policy, requirement: Requirement, slot: str) -> int:
    """The number of rows of a slot that must count, of all logs that fill it together; 0: none is asked."""
    found = (requirement.reveals.get(each.name) for each in policy.card(requirement).counted(slot))
    return max((bound.low or 0 for bound in found if bound is not None), default=0)


def cadence(policy: Policy) -> tuple[Cadence, ...]:
    """How often something is due, or for how long it is good, by the policy and by the parameters of its claims."""
    said = []
    if policy.proof_age is not None:
        age = show_seconds(policy.proof_age)
        said.append(Cadence("proof", f"A proof is taken for {age}: prove anew for each later verdict."))
    if policy.checkpoint_age is not None:
        age = show_seconds(policy.checkpoint_age)
        said.append(Cadence("checkpoint", f"Checkpoints are cosigned anew every {age} at most."))
    for requirement in policy.requirements:
        for param in policy.card(requirement).params:
            if param.type == types.SECONDS or param.role == NOW:
                said.append(Cadence(f"{requirement.name}.{param.name}", _of_param(requirement, param)))
    return tuple(said)


def named(policy: Policy) -> tuple[Named, ...]:
    """The names in the policy's parameters, such as an authority's; not the model's, which a proof brings itself."""
    return tuple(
        Named(f"{requirement.name}.{param.name}", _of_param(requirement, param))
        for requirement in policy.requirements
        for param in policy.card(requirement).params
        if types.ID in (param.type.kind, param.type.of and param.type.of.kind)
        and not (bound := requirement.params[param.name]).free
        and not bound.subject
        and bound.exact != 0
    )


def _of_param(requirement: Requirement, param: Parameter) -> str:
    """What a parameter is, and what the policy asks of it."""
    clock = ": it runs out for whoever does nothing" if param.role == CLOCK else ""
    doc = f" ({param.doc})" if param.doc else ""
    return f"{param.name} is {bounds.words(requirement.params[param.name], param)}{doc}{clock}."
