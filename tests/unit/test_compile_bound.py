"""What the prover could choose freely is refused when a claim is compiled: columns, unknowns and reveals in no
requirement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit.catalogue_claims import MODULES, compiled, definition
from tests.kit.hunt.cases import HUNTS
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.compile.bound import require_bound
from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.errors import CannotCompile
from zkcompliance.stark.air.program import Constraint, Kind, Op, Program, Public, SummandKind, TableAir, Unknown


def with_table(program: Program, number: int, **changes: object) -> Program:
    tables = list(program.tables)
    tables[number] = replace(tables[number], **changes)  # type: ignore[arg-type]
    return replace(program, tables=tuple(tables))


def without_reading(table: TableAir, column: int) -> TableAir:
    """The table with the constant 0 wherever it reads this witness column: what a forgotten gadget would leave."""
    reads = {(Op.WIT, column, 0), (Op.NEXT, column, 0)}
    return replace(table, nodes=tuple((int(Op.CONST), 0, 0) if node in reads else node for node in table.nodes))


@pytest.mark.parametrize("module", MODULES)
def test_every_column_of_the_catalogue_is_bound_and_missed(module: str) -> None:
    """Each witness column in turn: left out of all requirements, the program is refused and names it."""
    program = compiled(module).program
    require_bound(program)
    seen = 0
    for number, table in enumerate(program.tables):
        for column in range(table.witness):
            tables = list(program.tables)
            tables[number] = without_reading(table, column)
            with pytest.raises(CannotCompile, match=f"witness column {column} of table {number} is in no requirement"):
                require_bound(replace(program, tables=tuple(tables)))
            seen += 1
    assert seen == sum(table.witness for table in program.tables) > 0


@pytest.mark.parametrize("name", HUNTS)
def test_programs_of_every_part_of_the_language_are_bound(name: str) -> None:
    require_bound(compile_claim(HUNTS[name].claim).program)


def test_a_node_that_nothing_reads_binds_nothing() -> None:
    program = compiled("training_compute_below").program
    table = program.tables[0]
    stray = with_table(
        program, 0, witness=table.witness + 1, nodes=(*table.nodes, (int(Op.WIT), table.witness, 0))
    )  # fmt: skip
    with pytest.raises(CannotCompile, match=f"witness column {table.witness} of table 0"):
        require_bound(stray)


def test_a_revealed_value_in_no_requirement() -> None:
    """A reveal that nothing mentions, and one of which only the lower 16 bits are looked at."""
    program = compiled("training_compute_below").program
    with pytest.raises(CannotCompile, match="the revealed value spare"):
        require_bound(replace(program, publics=(*program.publics, Public("spare", 8, reveal=True))))
    number, table = len(program.publics), program.tables[0]
    nodes = (*table.nodes, (int(Op.PUBLIC), number, 0))
    constraint = Constraint("half of it", Kind.EVERY, len(table.nodes))
    half = with_table(program, 0, nodes=nodes, constraints=(*table.constraints, constraint))
    require_bound(replace(half, publics=(*program.publics, Public("spare", 16, reveal=True))))
    with pytest.raises(CannotCompile, match="in part"):
        require_bound(replace(half, publics=(*program.publics, Public("spare", 17, reveal=True))))


def test_each_reveal_of_the_catalogue_is_missed() -> None:
    """Equations without a reveal, and nodes that read a constant in its place: refused."""
    program = compiled("compute_band").program
    (number,) = (i for i, public in enumerate(program.publics) if public.name == "total")
    assert program.publics[number].reveal
    tables = tuple(
        replace(t, nodes=tuple((int(Op.CONST), 0, 0) if n[:2] == (Op.PUBLIC, number) else n for n in t.nodes))
        for t in program.tables
    )
    equations = tuple(
        replace(e, terms=tuple(t for t in e.terms if (t.kind, t.a) != (SummandKind.PUBLIC, number)))
        for e in program.equations
    )
    with pytest.raises(CannotCompile, match="the revealed value total"):
        require_bound(replace(program, tables=tables, equations=equations))


def test_an_unknown_in_no_equation() -> None:
    program = compiled("training_compute_below").program
    with pytest.raises(CannotCompile, match="the unknown spare is in no equation"):
        require_bound(replace(program, unknowns=(*program.unknowns, Unknown("spare", 1))))


def test_a_compiler_that_forgets_a_requirement_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gadget that makes a column and says nothing of it: the claim does not compile, whoever wrote it."""
    limbs = Table.limbs

    def careless(self: Table, count: int, name: str, fill):  # type: ignore[no-untyped-def]
        self.free("forgotten", lambda run: run.value(self.number, made[0]) * 0)
        made = limbs(self, count, name, fill)
        return made

    compile_claim(definition("incidents_reported_in_time"))
    monkeypatch.setattr(Table, "limbs", careless)
    with pytest.raises(CannotCompile, match="is in no requirement"):
        compile_claim(definition("incidents_reported_in_time"))
