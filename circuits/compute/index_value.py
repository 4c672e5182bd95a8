"""index-value: what an authority's index stands at, as its own log of models has it.

Source: ours, for thresholds that follow an index, as treaties name limits that adjust themselves (Scholefield et al.,
arXiv 2503.18956, on thresholds that have to be revised as algorithms become better). The authority seals a row for each
value: `model` is the index's name, `frontier_index` its value in thousandths, `released` the moment from which on it
stands. The value is that of the latest moment which is not after `as_of`; a later row is of a value that is announced.
A row of another name is passed over, and so is one without a moment or a value. Without a value it fails, so that an
empty log does, and no two values are of one moment. That the checkpoint is the authority's newest is not shown here:
ask for fresh ones, or remember them. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Id,
    ModelLog,
    Param,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    never_vacuous,
    param,
    require,
    reveal,
)


@claim("index-value", version=1)
def index_value(
    index: ModelLog,
    name: Param[Id] = param("the index's name, which its rows have as their model"),
    as_of: Param[Time] = param("the moment at which the index is read", now=True),
) -> None:
    """The index `name` has a value at `as_of`, and it is revealed in thousandths."""
    rows = index.where((index.model == name) & index.released.is_given() & index.frontier_index.is_given())
    require("no two values of one moment", rows.released.is_unique())
    stands = rows.where(rows.released <= as_of)
    require("the index has a value", stands.count() >= 1)
    latest_ = stands.released.max(empty=0)
    now = stands.where(stands.released == latest_)
    counted("values until then", stands)
    reveal("value in thousandths", now.frontier_index.max(empty=0))
    reveal("since", day_of(latest_))


first = base(model="frontier", released=10, frontier_index=1000)
fallen = base(**first(released=20, frontier_index=800))
asked = base(name="frontier", as_of=30)

EXAMPLES = (
    fails("none yet", "the index has a value", index=[first()], **asked(as_of=9)),
    fails("of another name", "the index has a value", index=[first()], **asked(name="other")),
    fails("without a moment", "the index has a value", index=[first(released=0)], **asked()),
    fails("two of one moment", "no two values of one moment", index=[first(), fallen(released=10)], **asked()),
    fails("an empty log", "the index has a value", index=[], **asked()),
    holds("fallen, and one that is announced", index=[first(), fallen(), first(released=31)], **asked()),
    holds("in two segments, out of order", index=[[fallen()], [first()]], **asked(as_of=20)),
)

VACUOUS = (
    never_vacuous("name", "one without a value fails"),
    implausible("as_of", "no index was kept then", at_most="2024-08-01"),
)
