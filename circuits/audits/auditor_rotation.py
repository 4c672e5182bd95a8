"""auditor-rotation: nobody audits one layer of a lab for long without another auditor in between and time away.

Source: none asks it of audits of AI. The conditional treaty (arXiv 2503.18956) asks for audits; that auditors rotate is
this catalogue's own, after Regulation (EU) No 537/2014, Article 17, on statutory auditors of public-interest entities
(ten years at most, four years away). A tenure is of one auditor in one layer, whichever models it audited and whether
it was accredited; it runs from audit to audit, and begins anew only if the auditor had been away for longer than
`away` and an accredited auditor other than it had audited that layer in between. Whoever audits rarely, and nobody
else does, therefore goes on. All times are those that rows state. An auditor under another name is another auditor
here. An empty log holds, loudly, with 0 audits that count. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    AuditLog,
    Param,
    Seconds,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    latest,
    let,
    never_vacuous,
    param,
    require,
    reveal,
    seconds,
)


@claim("auditor-rotation", version=1)
def auditor_rotation(
    audits: AuditLog,
    longest: Param[Seconds] = param("the longest from an auditor's first audit to its last", default="1096 days"),
    away: Param[Seconds] = param("how long an auditor has to be away before it may begin anew", default="730 days"),
) -> None:
    """Nobody audited one layer for longer than `longest`, unless another one had in between and it had been away."""
    before_it, who = audits.at - seconds(1), (audits.layer, audits.auditor)
    own = let("its audit before", latest(audits.at, at=before_it, order=audits.at, per=(who, who), default=0))
    able = audits.where(audits.accredited == "yes")
    layer = (audits.layer, able.layer)
    last = let(
        "the layer's accredited audit before", latest(able.at, at=before_it, order=able.at, per=layer, default=0)
    )
    first = audits.where((own == 0) | ((audits.at - own > away) & (last > own)))
    per = (who, (first.layer, first.auditor))
    began = let("its tenure's first audit", latest(first.at, at=audits.at, order=first.at, per=per, default=0))
    require("no tenure longer than allowed", audits.every(audits.at - began <= longest))
    counted("audits that count", audits)
    reveal("first day", day_of(audits.at.min(empty=0)))
    reveal("last day", day_of(audits.at.max(empty=0)))


YEAR = 366 * 86400
T = 978307200  # 2001-01-01
audit = base(layer="security", auditor="a", outcome="passed", accredited="yes")


def at(year: int, auditor: str = "a", **cells: str | int) -> dict[str, object]:
    """An audit at the beginning of that year of 366 days."""
    return audit(at=T + year * YEAR, valid_until=T + (year + 1) * YEAR, auditor=auditor, **cells)


TENURE = "no tenure longer than allowed"
three = base(longest=2 * YEAR, away=2 * YEAR)

EXAMPLES = (
    fails("four years running", TENURE, audits=[at(0), at(1), at(2), at(3)], **three()),
    fails("a second too long", TENURE, audits=[at(0), at(1)], longest=YEAR - 1, away=0),
    fails("of another model in between", TENURE, audits=[at(0), at(1), at(2, model="m"), at(3)], **three()),
    fails("rarely, and nobody else did", TENURE, audits=[at(0), at(3), at(6)], **three()),
    fails("somebody not accredited did", TENURE, audits=[at(0), at(1, "b", accredited="no"), at(3)], **three()),
    fails("another one did, in another layer", TENURE, audits=[at(0), at(1, "b", layer="model"), at(3)], **three()),
    fails("away for exactly two years", TENURE, audits=[at(0), at(1), at(2, "b"), at(3)], **three()),
    fails("another one every second time", TENURE, audits=[at(0), at(1, "b"), at(2), at(3, "b"), at(4)], **three()),
    holds("three times", audits=[at(0), at(1), at(2)], **three()),
    holds("away for three years", audits=[at(0), at(1), at(2), at(3, "b"), at(4, "b"), at(5), at(6)], **three()),
    holds("another layer each", audits=[at(0), at(2), at(3, layer="model"), at(5, layer="model")], **three()),
    holds("an empty log", audits=[], **three()),
)

VACUOUS = (
    implausible("longest", "no auditor is there for so long", at_least="36500 days"),
    never_vacuous("away", "another auditor has to come in between, however long it is"),
)
