"""What no requirement binds is the prover's to choose: a program with such a column or revealed value is refused."""

from __future__ import annotations

from zkcompliance.claim.compile.errors import cannot
from zkcompliance.stark.air.program import Op, Program, PublicBit, SummandKind, TableAir


def require_bound(program: Program) -> None:
    """CannotCompile unless every witness column, every unknown and every 16-bit limb of what the prover states is in
    some constraint, interaction, sum, lookup or equation. A node that nothing reads does not count.

    A parameter is whoever asks's to choose: that it is used is seen to where the claim is written.
    """
    limbs: set[tuple[int, int]] = set()
    for number, table in enumerate(program.tables):
        read = _read(table)
        free = set(range(table.witness)) - {a for op, a, _ in read if op in (Op.WIT, Op.NEXT)}
        if free:
            raise cannot(f"witness column {min(free)} of table {number} is in no requirement")
        limbs |= {(a, b) for op, a, b in read if op == Op.PUBLIC}
    rows = (entry for lookup in program.lookups for row in lookup.rows for entry in row)
    limbs |= {(entry.public, entry.bit // 16) for entry in rows if isinstance(entry, PublicBit)}
    terms = [term for equation in program.equations for term in equation.terms]
    whole = {term.a for term in terms if term.kind == SummandKind.PUBLIC}
    for number, public in enumerate(program.publics):
        every = {(number, limb) for limb in range(-(-public.bits // 16))}
        if public.reveal and number not in whole and not every <= limbs:
            raise cannot(f"the revealed value {public.name} is, wholly or in part, in no requirement")
    unknowns = set(range(len(program.unknowns))) - {term.a for term in terms if term.kind == SummandKind.UNKNOWN}
    if unknowns:
        raise cannot(f"the unknown {program.unknowns[min(unknowns)].name} is in no equation")


def _read(table: TableAir) -> set[tuple[int, int, int]]:
    """The nodes that some constraint, interaction or sum reads, through others or not."""
    waiting = [constraint.node for constraint in table.constraints]
    for interaction in table.interactions:
        waiting += interaction.nodes
        waiting += [] if interaction.multiplicity is None else [interaction.multiplicity]
    for total in table.sums:
        waiting += [total.selector, *total.limbs]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            op, a, b = table.nodes[node]
            waiting += [a, b] if op in (Op.ADD, Op.SUB, Op.MUL) else []
    return {table.nodes[node] for node in seen}
