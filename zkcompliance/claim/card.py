"""The card of a claim: what is written down of it for whoever verifies."""

from __future__ import annotations

from dataclasses import replace

from zkcompliance.card import reading, words
from zkcompliance.card.model import Card, Clause, Reveal, Slot
from zkcompliance.card.vacuity import Edge, Vacuous
from zkcompliance.claim.meaning.sentences import template
from zkcompliance.claim.model import Claim


def card_of(claim: Claim) -> Card:
    """Its program is compiled where it is not yet; CannotCompile, with the claim's line, where none is known."""
    title, _, about = claim.doc.partition("\n")
    return Card(
        id=claim.id,
        version=claim.version,
        title=claim.title,
        about=about.strip("\n") if title == claim.title else claim.doc.strip(),
        program=claim.program_digest,
        slots=tuple(
            Slot(name, schema.name, schema.digest, schema.doc or schema.name) for name, schema in claim.slots.items()
        ),
        params=claim.params,
        clauses=tuple(Clause(each.name, template(each.value), each.implied) for each in claim.requirements),
        reveals=tuple(
            Reveal(each.name, each.value.type, each.value.range[1], each.figures, template(each.value))
            for each in claim.reveals
        ),
        vacuous=tuple(_resolved(claim, each) for each in claim.vacuous),
        beside=claim.beside,
    )


def _resolved(claim: Claim, empty: Vacuous) -> Vacuous:
    """With the edges read as values of the parameter; they may lie outside its own range."""
    kind = next(param.type for param in claim.params if param.name == empty.param)
    low, high = (
        None if edge is None else Edge(str(edge), reading.read(kind, edge)) for edge in (empty.at_least, empty.at_most)
    )
    return replace(empty, at_least=low, at_most=high)


def explain(claim: Claim) -> str:
    """The claim as sentences, its parameters, its program, what is revealed and what is not proven."""
    program = claim.program
    card = card_of(claim)
    lines = [words.explain(card)]
    if empty := [str(each) for each in claim.vacuous if str(each)]:
        lines += ["", "Asks nothing, so that no policy may admit it:", *(f"  {each}." for each in empty)]
    lines += ["", f"Card {card.digest.hex()}", f"Program {program.digest.hex()}:"]
    for table in program.tables:
        slot = None if table.log is None else program.logs[table.log]
        place = "private table: " if slot is None else f"log {slot.name}: "
        if slot is not None:
            place += f"reads {len(table.log_columns)} of {slot.width} committed columns; "
        lines.append(
            f"  {place}{table.witness} private columns, {len(table.constraints)} constraints, "
            f"{len(table.interactions)} lookups and {len(table.sums)} sums a row"
        )
    lines += [f"  equation: {equation.name}" for equation in program.equations]
    if program.private_tables:
        lines += [
            "",
            "Also revealed: the size of each private table, rounded up to a power of two. It follows the number of",
            "rows that the claim selects, or looks up together with those they are looked up in, or of groups.",
        ]
    return "\n".join(lines)
