"""What a policy asks of a lab beside rows: signatures, devices and answers that it takes, and how the lab gets them."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance.policy.devices import in_words
from zkcompliance.policy.model import Policy


@dataclass(frozen=True)
class Beside:
    """of: the table of the policy that asks it; says: what it asks, a whole sentence; how: the command that gets it."""

    of: str
    says: str
    how: str


def beside(policy: Policy) -> tuple[Beside, ...]:
    """All that its tables ask, in their order; empty where it has none of them."""
    found = []
    if (cosigners := policy.cosigners) is not None:
        who = _some(cosigners.quorum, [each.name for each in cosigners.operators])
        found.append(Beside("cosigners", f"Every checkpoint that is proved over is cosigned by {who}.", "cosign LOG"))
    if (anchors := policy.anchors) is not None:
        if anchors.operators:
            who = _some(anchors.quorum, [each.name for each in anchors.operators])
            keys = any(each.keys for each in anchors.operators)
            clocks = any(each.authorities for each in anchors.operators)
            how = " or ".join(["cosign LOG"] * keys + ["timestamp LOG"] * clocks)
            found.append(Beside("anchors", f"Each segment is dated soon after it is sealed, by {who}.", how))
        if anchors.beacons:
            which = " or ".join(anchors.beacons)
            says = f"That a segment was not sealed before its time is believed by a round of {which}."
            found.append(Beside("anchors", says, "seal --beacon FILE"))
    if policy.devices is not None:
        found.append(Beside("devices", f"Before it is proved, {in_words(policy.devices)}.", "devices LOG"))
    if (openings := policy.openings) is not None:
        where = " and ".join(openings.logs) or "every log"
        drawn = "by the FLOP that they have" if openings.weight == "flop" else "each as likely as any other"
        says = f"At least {openings.rows} rows of {where} are drawn by lot, {drawn}, and opened when a request asks it."
        found.append(Beside("openings", says, "open --log LOG --request FILE"))
    return tuple(found)


def document(policy: Policy) -> list[dict[str, str]]:
    """As JSON."""
    return [{"of": each.of, "says": each.says, "how": each.how} for each in beside(policy)]


def lines(policy: Policy) -> list[str]:
    """For a person, a line each."""
    return [f"[{each.of}] {each.says}  # zkcompliance {each.how}" for each in beside(policy)]


def _some(quorum: int, names: list[str]) -> str:
    return f"at least {quorum} of {', '.join(names)}"
