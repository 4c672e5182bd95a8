"""What a definition gives of its card: all but its program's digest and what its file says at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkcompliance.card import file
from zkcompliance.card.model import Card, Clause, Reveal, Slot
from zkcompliance.card.parameter import Parameter
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.more_rows import only_harder
from zkcompliance.claim.meaning.row_order import uses_order
from zkcompliance.claim.meaning.sentences import template
from zkcompliance.claim.meaning.source import Line, refuse
from zkcompliance.errors import MalformedCard
from zkcompliance.schemas import Schema


def outline(
    id: str,
    version: int,
    doc: str,
    slots: Mapping[str, Schema],
    params: Sequence[Parameter],
    requirements: Sequence[core.Requirement] = (),
    reveals: Sequence[core.Reveal] = (),
) -> Card:
    """The card without its program, of which the digest is 32 zero bytes.

    doc: the title in one line, then what else is said. ClaimDefinitionError, with its line, where a sentence is longer
    than a card's.
    """
    title, _, about = doc.partition("\n")
    return Card(
        id=id,
        version=version,
        title=title,
        about=about.strip("\n"),
        program=bytes(32),
        slots=tuple(_slot(core.Log(name, schema), requirements, reveals) for name, schema in slots.items()),
        params=tuple(params),
        clauses=tuple(Clause(each.name, template(each.value), each.implied) for each in requirements),
        reveals=tuple(
            Reveal(
                each.name,
                each.value.type,
                each.value.range[1],
                each.figures,
                template(each.value),
                each.counts.name if each.counts is not None else "",
            )
            for each in reveals
        ),
        vacuous=(),
        beside=None,
    )


def check(card: Card, line: Line) -> None:
    """ClaimDefinitionError, with the line, where the card could not be read again (docs/spec/card.md)."""
    try:
        file.decode(card.encoded)
    except MalformedCard as error:
        raise refuse(f"what a verifier reads of the claim is no card: {error.message}", "", line) from None
    except UnicodeEncodeError:
        raise refuse("a text of the claim is no Unicode", "remedy: no halves of surrogate pairs", line) from None


def _slot(log: core.Log, requirements: Sequence[core.Requirement], reveals: Sequence[core.Reveal]) -> Slot:
    """A log with its marks; of a claim that is not in the language neither is taken for granted."""
    required, revealed = [each.value for each in requirements], [each.value for each in reveals]
    schema = log.schema
    return Slot(
        log.name,
        schema.name,
        schema.digest,
        _about(schema),
        order=not required or uses_order(log, required, revealed),
        more=bool(required) and only_harder(log, required),
    )


def _about(schema: Schema) -> str:
    """Which version of the schema it takes, and what one row is."""
    return f"{schema.label}, {schema.doc}" if schema.doc else schema.label
