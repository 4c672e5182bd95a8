"""data-licensed: every training source of a model is under one of the licences listed, and of little is it unknown.

Sources: EU AI Act, Article 53(1)(c) and (d) (a policy to comply with copyright, a summary of what a model was trained
on); neither lists licences: which will do is for whoever asks. A source that names another model is passed over, and
how many these are is disclosed; one that names none is of each model. Every source is held against the list, also what
a model made and what has no tokens. How much is of known origin is a share of tokens that no model made, so that made
ones do not dilute it; where there is no such token the share is met, which the number of sources that count shows. A
licence is the lab's word, and that it allows training is not shown. What was trained on and is in no row is not seen.
An empty log holds, loudly, with 0 sources that count. Padding is no row.
"""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim.language import (
    DatasetLog,
    Id,
    Licence,
    Param,
    Ppm,
    SetOf,
    base,
    claim,
    counted,
    fails,
    fraction,
    holds,
    names,
    never_vacuous,
    param,
    require,
    reveal,
    vacuous,
)

PERMITTED = names(
    "licensed", "user_consent", "public_domain", "cc0", "cc_by", "cc_by_sa", "odc_by", "odbl", "mit", "bsd",
    "apache_2_0", "government_open", "mpl_2_0", "cdla_permissive", "pddl", "unlicense", "isc",
)  # fmt: skip


@claim("data-licensed", version=1)
def data_licensed(
    datasets: DatasetLog,
    model: Param[Id] = param("whose sources count, with those that name no model"),
    licences: Param[SetOf[Licence]] = param("the licences that will do", default=PERMITTED),
    known: Param[Ppm] = param("the least share of tokens, of those that no model made, of known origin", default="90%"),
) -> None:
    """Every source of `model` has one of `licences`, and most of what no model made is of known origin."""
    ours = datasets.where(~datasets.model.is_given() | (datasets.model == model))
    collected = ours.where(~ours.synthetic)
    traced = collected.where(collected.provenance == "known")
    require("every source under a licence that will do", ours.every(ours.licence.is_in(licences)))
    require("enough of known origin", fraction(traced.tokens.sum(), collected.tokens.sum()) >= known)
    counted("sources that count", collected.where(collected.tokens > 0))
    reveal("sources that a model made", ours.where(ours.synthetic).count(), figures=2)
    others = datasets.where(datasets.model.is_given() & (datasets.model != model))
    reveal("sources of other models", others.count(), figures=2)


source = base(
    digest="d1", licence="cc_by", tokens=90, region="fr", synthetic=False, public=True, provenance="known", model="m1"
)
partly = source(digest="d2", tokens=10, provenance="partly")
LICENSED, ORIGIN = "every source under a licence that will do", "enough of known origin"
asked = base(model="m1")

EXAMPLES = (
    fails("crawled, without tokens", LICENSED, datasets=[source(), source(licence="crawled", tokens=0)], **asked()),
    fails("opted out", LICENSED, datasets=[source(licence="opted_out")], **asked()),
    fails("unknown, made by a model", LICENSED, datasets=[source(licence="unknown", synthetic=True)], **asked()),
    fails("of no model in particular", LICENSED, datasets=[source(licence="unknown", model="")], **asked()),
    fails("a token too little is known", ORIGIN, datasets=[source(tokens=89), partly], **asked()),
    fails(
        "diluted by what a model made", ORIGIN,
        datasets=[partly, source(digest="d3", tokens="1e15", synthetic=True)], **asked(),
    ),
    holds("exactly 90 % known", datasets=[source(), partly], **asked()),
    holds("another licence is listed", datasets=[source(licence="crawled")], licences=("crawled",), **asked()),
    holds("another model's", datasets=[source(), source(licence="unknown", model="m2")], **asked()),
    holds("an empty log", datasets=[], **asked()),
)  # fmt: skip

VACUOUS = (
    never_vacuous("model", "sources that name no model count whichever it is"),
    vacuous("licences", "there is no other licence", all_of=schemas.dataset.column("licence").choices),
    vacuous("known", "every share reaches 0 %", at_most="0%"),
)
