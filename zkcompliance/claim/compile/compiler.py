"""From a claim's definition to its program and its witness generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zkcompliance.card import places
from zkcompliance.claim.compile.batches import Batches
from zkcompliance.claim.compile.bound import require_bound
from zkcompliance.claim.compile.by_key import SumsByKey
from zkcompliance.claim.compile.chains import holds
from zkcompliance.claim.compile.context import Board, Message, Publics, Table
from zkcompliance.claim.compile.cost import grouped
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.groups import GroupRows, SummedGroups
from zkcompliance.claim.compile.joins import Joins
from zkcompliance.claim.compile.linear import Equations
from zkcompliance.claim.compile.nodes import PublicNodes
from zkcompliance.claim.compile.ordered import Moved, Ordered
from zkcompliance.claim.compile.rows import FrameNodes, LogRows
from zkcompliance.claim.compile.run import Joined, Lies, Rows, Run
from zkcompliance.claim.compile.singles import Singles
from zkcompliance.claim.compile.states import States
from zkcompliance.claim.compile.terms import ONE, Term, TooWide, lower
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.brackets import Brackets, of_slot
from zkcompliance.limits import MAX_NODES
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import LogSlot, Program, Public, TableAir
from zkcompliance.stark.field import workspace


@dataclass(frozen=True)
class Compiled:
    """A program and how to fill it."""

    program: Program
    board: Board
    names: dict[tuple[int, int, tuple[int, ...]], str]  # (table, bus, nodes) → what an interaction is for

    def witness(
        self,
        tables: Mapping[str, Sequence[np.ndarray]],
        publics: Mapping[str, int],
        lies: Lies | None = None,
        brackets: Brackets | None = None,
    ) -> tuple[list[np.ndarray], list[int], dict[str, int]]:
        """(private columns of each program-table instance in order, unknowns, reveals) for these logs and parameters.

        brackets: of each slot's segments; open where none are given. Where the claim does not hold the columns are
        there too, but false.
        """
        run = self.run(tables, publics, lies, brackets)
        columns = []
        for number, table in enumerate(self.board.tables):
            rows = run.tables[number]
            filled = workspace.take(table.witness, rows.total)
            for column in range(table.witness):
                filled[column] = rows.witness.pop(column)
            columns += [filled[:, part] for part in rows.segments()]
        unknowns = [run.unknowns[i] for i in range(len(self.board.unknowns))]
        reveals = {p.name: run.publics[i] for i, p in enumerate(self.program.publics) if p.reveal}
        return columns, unknowns, reveals

    def run(
        self,
        tables: Mapping[str, Sequence[np.ndarray]],
        publics: Mapping[str, int],
        lies: Lies | None = None,
        brackets: Brackets | None = None,
    ) -> Run:
        """All steps, in order."""
        logs = []
        for slot in self.program.logs:
            segments = tables[slot.name]
            sizes = [table.shape[1] for table in segments]
            columns = segments[0] if len(segments) == 1 else Joined(segments)
            logs.append(Rows(columns, sizes, of_slot(brackets, slot.name, len(sizes))))
        params = [(p.name, p.bits) for p in self.program.publics if not p.reveal]
        stated = places.spread(params, dict(publics))
        known = {i: stated[p.name] for i, p in enumerate(self.program.publics) if not p.reveal}
        run = Run(logs, known, lies)
        for step in self.board.steps:
            step(run)
        return run


class Compiler:
    """The `Workshop` of one claim: its parts, and what they share."""

    def __init__(self, definition: Any) -> None:
        self.definition = definition
        self.board = Board()
        self.board.publics += [Public(name, bits) for spec in definition.params for name, bits in spec.publics]
        self.reveals: dict[str, int] = {}
        for reveal in definition.reveals:
            self.reveals[reveal.name] = len(self.board.publics)
            self.board.publics.append(Public(reveal.name, max(1, reveal.value.range[1].bit_length()), reveal=True))
        self.public_context = Publics(self.board)
        at = {public.name: i for i, public in enumerate(self.board.publics)}
        numbers = {spec.name: [at[name] for name, _ in spec.publics] for spec in definition.params}
        self.publics = PublicNodes(self.public_context, numbers)
        self.equations = Equations(self.board)
        self.singles = Singles(self)
        self._names: dict[tuple[int, int, tuple[int, ...]], str] = {}
        self.batches = Batches()
        self.joins = Joins(self)
        self.states = States(self, [requirement.value for requirement in definition.requirements])
        self._moved: list[Moved] = []
        self._ordered: list[tuple[core.Rows, tuple[core.Value, ...], Ordered]] = []
        self._extremes: dict[core.Groups, core.Value] = {}
        self._summed: set[core.Groups] = set()
        self._unique: list[core.Chain] = []
        self._plan()
        self._rows: dict[core.Frame, FrameNodes] = {}
        for number, log in enumerate(definition.logs):
            self._rows[log] = LogRows(self, Table(self.board, number), log)

    def compile(self) -> Compiled:
        chains = [each.value for each in self.definition.requirements if isinstance(each.value, core.Chain)]
        for requirement in self.definition.requirements:
            if requirement.implied and any(holds(chain, requirement.value) for chain in chains):
                continue  # a rule that intervals without overlap keep by themselves
            try:
                self.singles.require(requirement.name, requirement.value)
            except (TooWide, OverflowError) as error:
                raise cannot(f"{requirement.name}: {error}", requirement.value.line) from None
        for reveal in self.definition.reveals:
            try:
                self.singles.reveal(reveal, self.reveals[reveal.name])
            except TooWide as error:
                raise cannot(f"{reveal.name}: {error}", reveal.value.line) from None
        for rows in list(self._rows.values()):
            rows.finish()
        for moved in self._moved:
            moved.finish()
        program = self._program()
        require_bound(program)
        return Compiled(program, self.board, self._names)

    # The workshop: what the parts ask for

    def rows_of(self, frame: core.Frame) -> FrameNodes:
        if frame not in self._rows:
            if not isinstance(frame, core.Groups):
                raise cannot(f"the log {frame.name} is no argument of the claim")
            self._rows[frame] = self._groups(frame)
        return self._rows[frame]

    def ordered(self, rows: core.Rows, keys: tuple[core.Value, ...]) -> Ordered:
        """The rows in order of the keys, or of more keys that begin with these: each table once."""
        rows = replace(rows, order=())
        for known_rows, known_keys, table in self._ordered:
            if known_rows == rows and known_keys[: len(keys)] == keys:
                return table
        table = Ordered(self.board, self.rows_of(rows.frame), rows, keys)
        self._moved.append(table)
        self._ordered.append((rows, keys, table))
        return table

    def moved(self, rows: core.Rows, order: Sequence[tuple[core.Value, int | None]]) -> Moved:
        table = Moved(self.board, self.rows_of(rows.frame), rows, order)
        self._moved.append(table)
        return table

    def _groups(self, frame: core.Groups) -> GroupRows | SummedGroups:
        """Sums by key where groups are summed and have no extremes, unless their rows stand in order of the keys anyway
        (docs/adr/0017): which of the two does not depend on sizes."""
        extreme = self._extremes.get(frame)
        there = any(
            replace(chain.rows, order=()) == frame.rows and chain.first[: len(frame.keys)] == frame.keys
            for chain in self._unique
        )
        if frame in self._summed and extreme is None and not there:
            table = SumsByKey(self.board, self.rows_of(frame.rows.frame), frame.rows, frame.keys)
            return SummedGroups(self, frame, table)
        keys = frame.keys if extreme is None else (*frame.keys, extreme)
        return GroupRows(self, frame, self.ordered(frame.rows, keys), extreme)

    def _plan(self) -> None:
        """What a table must provide for, before it is made."""
        required = [requirement.value for requirement in self.definition.requirements]
        values = [*required, *(reveal.value for reveal in self.definition.reveals)]
        parts = list(core.walk(*values))
        self.singles.plan(parts)
        for part in parts:
            if isinstance(part, core.Groups):
                self.batches.group(part)
            if isinstance(part, core.Member | core.Lookup | core.AsOf):
                self.batches.add(part)
            if isinstance(part, core.Lookup):
                self.joins.plan(part, required, values)
            if isinstance(part, core.Chain) and part.first == part.last:
                self._unique.append(part)
            if isinstance(part, core.Aggregate) and part.by is not None and part.kind in ("min", "max") and part.arg:
                known = part.by in self._extremes
                if not known and self.batches.put_in_order(part.by, part.arg):
                    self._extremes[part.by] = part.arg
            if isinstance(part, core.Aggregate) and part.by is not None and part.kind == "sum":
                self._summed.add(part.by)

    # The program

    def _program(self) -> Program:
        definition, board = self.definition, self.board
        tables = []
        for number, table in enumerate(board.tables):
            tables.append(self._lower(table, self.public_context.constraints if number == 0 else []))
        slots = tuple(LogSlot(log.name, log.schema.digest, log.schema.width) for log in definition.logs)
        if len(board.publics) > 255 or len(board.unknowns) > 255 or len(board.equations) > 255:
            raise cannot(
                f"{len(board.publics)} publics, {len(board.unknowns)} unknowns and {len(board.equations)} equations, "
                "of which a program has at most 255 each",
                definition.requirements[0].value.line,
                "remedy: sets of fewer places, or two claims",
            )
        return Program(
            claim=definition.id,
            version=definition.version,
            publics=tuple(board.publics),
            logs=slots,
            lookups=tuple(board.lookups),
            tables=tuple(grouped(tables)),
            unknowns=tuple(board.unknowns),
            equations=tuple(board.equations),
            buses=tuple(board.buses),
        )

    def _lower(self, table: Table, more: list[tuple[str, Any, Term]]) -> TableAir:
        air = TableBuilder(table.log)
        air.witness = table.witness
        names = {name for name, _, _ in table.constraints}
        for name, kind, e in (*table.constraints, *more):
            title = name if name not in names or (name, kind, e) in table.constraints else f"publics: {name}"
            air.require_zero(title, lower(e, air), kind)
        for message in table.messages:
            self._interact(message, air)
        for name, selector, limbs in table.sums:
            air.sum_over_rows(name, lower(selector, air), [lower(limb, air) for limb in limbs])
        air.short_columns(table.short)
        built = air.build((len(table.messages),))
        if len(built.nodes) > MAX_NODES or len(built.sums) > 255:
            raise cannot(f"a table of {len(built.nodes)} nodes and {len(built.sums)} sums")
        for message, interaction in zip(table.messages, built.interactions, strict=True):
            self._names[table.number, interaction.bus, interaction.nodes] = message.name
        return built

    def _interact(self, message: Message, air: TableBuilder) -> None:
        nodes = [lower(value, air) for value in message.values]
        if message.bus is not None:
            times = lower(ONE if message.multiplicity is None else message.multiplicity, air)
            air.interact(1 + len(self.board.lookups) + message.bus, times, *nodes, bound=message.bound)
        elif message.lookup is not None:
            air.require_in(message.lookup, *nodes)
        else:
            air.require_16_bits(*nodes)


def compile_claim(definition: Any) -> Compiled:
    """The program of a `ClaimDefinition`, the same for all parameter values, log sizes and segments.

    Raises CannotCompile, with the claim's line, where no sound program is known.
    """
    return Compiler(definition).compile()
