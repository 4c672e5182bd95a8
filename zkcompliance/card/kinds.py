"""What the rows of a log are called, and what of them no proof shows, in words for the log at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zkcompliance.quantities import listed


@dataclass(frozen=True)
class Kind:
    """What a row of a schema is called; states: what it says that nobody proves; model: whether it names a model."""

    one: str
    many: str
    states: str
    model: bool = False


KINDS = {
    "answer": Kind("answer", "answers", "what was answered", model=True),
    "audit": Kind("audit", "audits", "times, outcomes and auditors", model=True),
    "booking": Kind("booking of an accelerator", "bookings of accelerators", "times and uses"),
    "chip": Kind("accelerator", "accelerators", "kinds, sites and owners"),
    "compute": Kind("job", "jobs", "FLOP, phases and times", model=True),
    "customer": Kind("customer", "customers", "identities and what each used"),
    "dataset": Kind("training source", "training sources", "licences, sizes and shares", model=True),
    "decision": Kind("flagged decision", "flagged decisions", "times, risks and reviewers", model=True),
    "eval": Kind("graded sample", "graded samples", "scores and times", model=True),
    "event": Kind("event", "events", "times, kinds and stated compute", model=True),
    "incident": Kind("incident", "incidents", "times and categories"),
    "incident_report": Kind("report", "reports", "times, authorities and receipts"),
    "model": Kind("model", "models", "origins and dates", model=True),
    "note": Kind("note", "notes", "amounts and who gave them"),
    "target": Kind("right answer", "right answers", "which answer is right"),
}
_ROW = Kind("row", "rows", "contents", model=True)  # of a schema that is not of the catalogue


def kinds_of(schemas: Iterable[str]) -> tuple[Kind, ...]:
    """What the rows of these schemas are called, each once; of a roll-up those that it was made of."""
    return tuple(dict.fromkeys(KINDS.get(name.removesuffix(".rollup"), _ROW) for name in schemas))


def complete(kinds: Iterable[Kind]) -> str:
    """That rows may be missing from the logs."""
    every = listed([f"every {each.one}" for each in kinds])
    return f"that {every} is in the log: what was never entered is not there"


def true_rows(kinds: Iterable[Kind]) -> str:
    """That rows may be false."""
    said = listed([f"{each.states} of {each.many}" for each in kinds])
    return (
        f"that {said} are as the log says: a row is as good as its source, self-declared unless the log says otherwise"
    )


def about(kinds: Iterable[Kind], model: str) -> str:
    """That rows may be about other files than the model's. model: its name, or `the model`."""
    found = tuple(kinds)
    if any(each.model for each in found):
        return (
            f"that the rows are about the files of {model}: rows name a model by its name alone, and which files have "
            "it is the lab's word"
        )
    return f"that the {listed([each.many for each in found])} are about {model}: these rows name no model"
