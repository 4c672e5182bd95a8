"""data-not-from: no training source of a model was collected in one of the regions listed, and of each it is known.

Source: none of the laws read asks it; it is for a policy of one's own (data from a place under sanctions, or that may
not leave one). A source that says `unknown` or `worldwide` may be from anywhere, and one of which not all is of known
origin may be too: each of them is refused, and is not "not from there". A source that names another model is passed
over, and how many these are is disclosed; one that names none is of each model. What a model made is from where that
row says; what that model had been trained on is not shown. A region is the lab's word. An empty log holds, loudly, with
0 sources that count. Padding is no row.
"""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim.language import (
    DatasetLog,
    Id,
    Param,
    Region,
    SetOf,
    base,
    claim,
    counted,
    fails,
    holds,
    implausible,
    never_vacuous,
    param,
    require,
    reveal,
)

NOWHERE = ("unknown", "worldwide")


@claim("data-not-from", version=1)
def data_not_from(
    datasets: DatasetLog,
    model: Param[Id] = param("whose sources count, with those that name no model"),
    barred: Param[SetOf[Region]] = param("where no source may be from"),
) -> None:
    """Every source of `model` says from which one region it is, all of its origin is known, and none is `barred`."""
    ours = datasets.where(~datasets.model.is_given() | (datasets.model == model))
    require("every source says from which region", ours.none(ours.region.is_in(NOWHERE)))
    require("all of every source is of known origin", ours.every(ours.provenance == "known"))
    require("none from there", ours.none(ours.region.is_in(barred)))
    counted("sources that count", ours.where(ours.tokens > 0))
    others = datasets.where(datasets.model.is_given() & (datasets.model != model))
    reveal("sources of other models", others.count(), figures=2)


source = base(
    digest="d1", licence="cc_by", tokens=9, region="fr", synthetic=False, public=True, provenance="known", model="m1"
)
REGION, ORIGIN, THERE = (
    "every source says from which region", "all of every source is of known origin", "none from there"
)  # fmt: skip
asked = base(model="m1", barred=("kp", "ir"))

EXAMPLES = (
    fails("from there", THERE, datasets=[source(), source(region="kp")], **asked()),
    fails("from there, of no model in particular", THERE, datasets=[source(region="ir", model="")], **asked()),
    fails("made there by a model", THERE, datasets=[source(region="ir", synthetic=True)], **asked()),
    fails("nobody knows where", REGION, datasets=[source(region="unknown")], **asked()),
    fails("worldwide", REGION, datasets=[source(), source(region="worldwide")], **asked()),
    fails("some of it from elsewhere", ORIGIN, datasets=[source(provenance="partly")], **asked()),
    holds("from elsewhere", datasets=[source(), source(region="kr")], **asked()),
    holds("another model's", datasets=[source(), source(region="kp", model="m2")], **asked()),
    holds("an empty log", datasets=[], **asked()),
)

VACUOUS = (
    never_vacuous("model", "sources that name no model count whichever it is"),
    implausible(
        "barred", "no place is barred",
        none_of=tuple(each for each in schemas.dataset.column("region").choices if each not in NOWHERE),
    ),
)  # fmt: skip
