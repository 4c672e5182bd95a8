"""Whether a policy is in force at a moment: its dates, and the later versions that supersede it."""

from __future__ import annotations

from collections.abc import Iterable

from zkcompliance.errors import PolicyNotInForce
from zkcompliance.policy.model import Policy
from zkcompliance.quantities import show_time


def in_force(policy: Policy, now: int, versions: Iterable[Policy] = ()) -> PolicyNotInForce | None:
    """None when the policy is in force at `now` (UTC seconds); otherwise the error to raise, with the dates.

    versions: policies that may supersede it, such as `catalogue.versions(policy.id)`: one with the same id and a higher
    version does from its own `valid_from` on. One of the same version has the same text, or this only uses its name.
    """
    versions = tuple(versions)
    if any((v.id, v.version) == (policy.id, policy.version) and v.digest != policy.digest for v in versions):
        why = f"{policy.label} is a ready-made policy, and this is another text under its name"
        return PolicyNotInForce(why, help=f"zkcompliance policies {policy.id}  # a policy of your own has its own id")
    help = f"zkcompliance policies  # for {policy.id} in force on {_day(now)}"
    if now < policy.valid_from:
        return PolicyNotInForce(
            f"{policy.label} is valid from {_day(policy.valid_from)}, and this is {_day(now)}", help=help
        )
    if now >= policy.valid_until:
        why = f"{policy.label} was valid until {_day(policy.valid_until)}, not included, and this is {_day(now)}"
        return PolicyNotInForce(why, help=help)
    later = [
        each for each in versions
        if each.id == policy.id and each.version > policy.version and each.valid_from <= now
    ]  # fmt: skip
    if later:
        newest = max(later, key=lambda each: each.version)
        return PolicyNotInForce(
            f"{policy.label} is superseded by {newest.label} since {_day(newest.valid_from)}",
            help=f"zkcompliance policies {newest.id}",
        )
    return None


def _day(moment: int) -> str:
    return show_time(moment).partition(" ")[0]
