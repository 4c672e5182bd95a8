"""All data is under a licence that will do, none is from barred regions, and most is of known provenance."""

from zkcompliance.claim.language import (
    DatasetLog,
    Licence,
    Param,
    Ppm,
    Region,
    SetOf,
    base,
    claim,
    fails,
    fraction,
    holds,
    names,
    param,
    require,
)

LICENCES = names("licensed", "user_consent", "public_domain", "cc0", "cc_by")


@claim("twenty-data-licensed", version=1)
def data_licensed(
    datasets: DatasetLog,
    barred: Param[SetOf[Region]] = param("where no data may be from"),
    licences: Param[SetOf[Licence]] = param("the licences that will do", default=LICENCES),
    least: Param[Ppm] = param("the least share of tokens of known provenance", default="90%"),
) -> None:
    """Every source has one of the licences and a known region that is not barred; most tokens are of known origin.

    A source collected worldwide, or nobody knows where, may be from a barred region, and is refused. What was trained
    on and is not in the log is not seen, nor whether a licence allows training or its rights are reserved.
    """
    known = datasets.where(datasets.provenance == "known")
    require("there is data", datasets.tokens.sum() >= 1)
    require("licensed", datasets.every(datasets.licence.is_in(licences)))
    require("region known", datasets.none(datasets.region.is_in(("unknown", "worldwide"))))
    require("not from there", datasets.none(datasets.region.is_in(barred)))
    require("provenance", fraction(known.tokens.sum(), datasets.tokens.sum()) >= least)


T = 1577836800  # 2020-01-01
data = base(digest="d", licence="cc_by", tokens=90, region="fr", synthetic=False, public=True, provenance="known")
partly = data(tokens=10, provenance="partly")

EXAMPLES = (
    holds("exactly 90 %", datasets=[data(), partly], barred=("kp", "ir")),
    holds("none is barred", datasets=[data(region="kp")], barred=()),
    fails(
        "a token of unknown origin",
        "provenance",
        datasets=[data(), partly, data(tokens=1, provenance="unknown")],
        barred=(),
    ),
    fails("crawled", "licensed", datasets=[data(), data(licence="crawled")], barred=()),
    fails(
        "from there, without a token", "not from there", datasets=[data(), data(region="kp", tokens=0)], barred=("kp",)
    ),
    fails("worldwide", "region known", datasets=[data(region="worldwide")], barred=("kp",)),
    fails("nobody knows where", "region known", datasets=[data(region="unknown")], barred=("kp",)),
    fails("none", "there is data", datasets=[], barred=("kp",)),
)
