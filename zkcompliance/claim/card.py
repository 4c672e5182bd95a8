"""The card of a claim: what is written down of it for whoever verifies."""

from __future__ import annotations

from dataclasses import replace

from zkcompliance.card import words
from zkcompliance.card.model import Card
from zkcompliance.claim.language.written import outline
from zkcompliance.claim.model import Claim


def card_of(claim: Claim) -> Card:
    """Its program is compiled where it is not yet; CannotCompile, with the claim's line, where none is known."""
    made = outline(
        claim.id,
        claim.version,
        claim.doc if claim.doc.partition("\n")[0] == claim.title else f"{claim.title}\n{claim.doc}",
        claim.slots,
        claim.params,
        claim.requirements,
        claim.reveals,
    )
    vacuous = tuple(each.resolved(claim.params) for each in claim.vacuous)
    return replace(made, program=claim.program_digest, vacuous=vacuous, beside=claim.beside)


def explain(claim: Claim) -> str:
    """The claim as sentences, its parameters, its program, what is revealed and what is not proven."""
    program = claim.program
    card = card_of(claim)
    lines = [words.explain(card), *words.vacuity(card)]
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
