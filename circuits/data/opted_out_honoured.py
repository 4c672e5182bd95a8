"""opted-out-honoured: nothing whose rights are reserved against training was trained on without a permission.

Sources: EU AI Act, Article 53(1)(c): to identify and comply with a reservation of rights expressed pursuant to Article
4(3) of Directive (EU) 2019/790. A source under one of the licences in `permitted` has a permission, and nothing is
asked of it. Of every other one, whatever its licence is said to be, the row states which share of it is reserved, and
that is at most `most`; where the share is missing nobody looked, which is not 0. What was taken as opted out is
refused, permitted or not. A source that names another model is passed over, and how many these are is disclosed; one
that names none is of each model. Not shown: that the share is right, when reservations were looked for, and those that
were expressed later. An empty log holds, loudly, with 0 sources that count. Padding is no row.
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


@claim("opted-out-honoured", version=1)
def opted_out_honoured(
    datasets: DatasetLog,
    model: Param[Id] = param("whose sources count, with those that name no model"),
    permitted: Param[SetOf[Licence]] = param(
        "the licences that are a permission of the rightholder", default=PERMITTED
    ),
    most: Param[Ppm] = param("the largest share of a source that may be reserved", default="0%"),
) -> None:
    """Of every source of `model` without a permission it is stated how much is reserved, and that is at most `most`."""
    ours = datasets.where(~datasets.model.is_given() | (datasets.model == model))
    rest = ours.where(~ours.licence.is_in(permitted))
    require("nothing was taken as opted out", ours.none(ours.licence == "opted_out"))
    require("of every source somebody looked", rest.every(rest.opted_out.is_given()))
    require("nothing reserved was used", rest.every(~rest.opted_out.is_given() | (rest.opted_out <= most)))
    counted("sources that count", ours.where(ours.tokens > 0))
    reveal("sources without a permission", rest.count(), figures=2)
    others = datasets.where(datasets.model.is_given() & (datasets.model != model))
    reveal("sources of other models", others.count(), figures=2)


source = base(digest="d1", licence="tdm_exception", tokens=9, synthetic=False, public=True, opted_out="0%", model="m1")
bought = base(**source(licence="licensed"))
USED, LOOKED, OUT = (
    "nothing reserved was used", "of every source somebody looked", "nothing was taken as opted out"
)  # fmt: skip
asked = base(model="m1")

EXAMPLES = (
    fails("a part in a million", USED, datasets=[source(), source(opted_out="1 ppm")], **asked()),
    fails("called crawled", USED, datasets=[source(licence="crawled", opted_out="5%")], **asked()),
    fails(
        "called unknown, of no model in particular",
        USED,
        datasets=[source(licence="unknown", opted_out="5%", model="")],
        **asked(),
    ),
    fails(
        "nobody looked", LOOKED, datasets=[source(), {k: v for k, v in source().items() if k != "opted_out"}], **asked()
    ),
    fails("taken as opted out", OUT, datasets=[source(licence="opted_out")], **asked()),
    fails(
        "taken as opted out, and permitted",
        OUT,
        datasets=[source(licence="opted_out")],
        permitted=("opted_out",),
        **asked(),
    ),
    holds("nothing reserved", datasets=[source(), source(licence="crawled")], **asked()),
    holds("with a permission", datasets=[bought(opted_out="100%")], **asked()),
    holds("as much as may be", datasets=[source(opted_out="1%")], most="1%", **asked()),
    holds("another model's", datasets=[source(opted_out="5%", model="m2")], **asked()),
    holds("an empty log", datasets=[], **asked()),
)

VACUOUS = (
    never_vacuous("model", "sources that name no model count whichever it is"),
    vacuous("permitted", "every licence is a permission", all_of=schemas.dataset.column("licence").choices),
    vacuous("most", "no share is over 100 %", at_least="100%"),
)
