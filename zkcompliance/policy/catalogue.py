"""Ready-made policies, which is in force at a moment, and all that one asks: written, or implied by its logs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from zkcompliance import limits
from zkcompliance.card import catalogue
from zkcompliance.card.model import Card
from zkcompliance.card.own import Own, owned
from zkcompliance.edge.data import folder
from zkcompliance.errors import PolicyNotInForce, UsageError
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Bound, LogRule, Policy, Requirement
from zkcompliance.policy.proofs import read
from zkcompliance.quantities import number_of, show_time


def names() -> list[str]:
    """The ids of the ready-made policies, sorted."""
    return sorted(_files())


def load(name_or_path: str, claims: Iterable[str | Path | Card | Own] = ()) -> Policy:
    """A ready-made policy, `ID` (its latest version) or `ID@VERSION`, or the one in a file (a path ending in .toml).

    claims: those of the policy that are not of the catalogue, as `card.own` takes them. Raises the errors of
    `parse_policy`; UsageError where there is no such policy, or no file that can be read.
    """
    own = owned(claims)
    if name_or_path.endswith(".toml"):
        cards = {name: each.card for name, each in own.items()}
        compiled = frozenset(name for name, each in own.items() if each.compiled)
        return parse_policy(read(Path(name_or_path), limits.MAX_POLICY_BYTES), cards, compiled)
    identity, at, version = name_or_path.partition("@")
    if identity not in _files():
        raise UsageError(
            f"no policy {name_or_path[:80]!r}: there is {', '.join(names())}, or a .toml file",
            help="zkcompliance policies",
        )
    for policy in versions(identity):
        if not at or version == str(policy.version):
            return policy
    has = ", ".join(policy.label for policy in versions(identity))
    raise UsageError(f"no version {version[:80]!r} of {identity}: there is {has}", help="zkcompliance policies")


def latest(id: str) -> Policy:
    """The ready-made policy with the highest version; UsageError when there is none."""
    return load(id)


def versions(id: str) -> tuple[Policy, ...]:
    """Every version of a ready-made policy, the latest first; none for an id that is not ready-made."""
    return tuple(map(_parsed, _files().get(id, ())))


@cache
def _parsed(data: bytes) -> Policy:
    """A ready-made policy, which a command asks for several times."""
    return parse_policy(data)


@cache
def _files() -> dict[str, tuple[bytes, ...]]:
    """The files' bytes by id, the latest version first."""
    found: dict[str, dict[int, bytes]] = {}
    for each in folder("zkcompliance", "policies").iterdir():
        if each.name.endswith(".toml"):
            identity, _, version = each.name.removesuffix(".toml").rpartition("-")
            found.setdefault(identity, {})[int(version)] = each.read_bytes()
    return {id: tuple(files[version] for version in sorted(files, reverse=True)) for id, files in found.items()}


def ready_made(policy: Policy) -> bool:
    """Whether its text is one of this installation's ready-made policies."""
    return any(each.digest == policy.digest for each in versions(policy.id))


def refusal(policy: Policy, now: int) -> PolicyNotInForce | None:
    """None when proofs may be made and judged by a policy at `now` (UTC seconds); otherwise the error to raise.

    Another text under the id of a ready-made policy never is, of whatever version: a verdict names a policy by its id,
    and would read as one about the ready-made policy.
    """
    there = versions(policy.id)
    if not there or ready_made(policy):
        return in_force(policy, now, there)
    own = f"this is another text, with SHA-256 {policy.digest.hex()}"
    why = f"{policy.label} is a ready-made policy, and {own}, under its name"
    if policy.version not in [each.version for each in there]:
        has = ", ".join(each.label for each in there)
        why = f"{policy.label} is not one of the ready-made policies of that name, which are {has}: {own}"
    return PolicyNotInForce(
        why,
        help=f"zkcompliance policies {policy.id}  # the ready-made one; a policy of your own has an id of its own, and "
        "a later ready-made one comes with a later zkcompliance",
    )


def in_force(policy: Policy, now: int, versions: Iterable[Policy] = ()) -> PolicyNotInForce | None:
    """None when the policy is in force at `now` (UTC seconds); otherwise the error to raise, with the dates.

    versions: policies that may supersede it, such as `catalogue.versions(policy.id)`: one with the same id and a higher
    version does from its own `valid_from` on.
    """
    help = f"zkcompliance policies  # for {policy.id} in force on {_day(now)}"
    if now < policy.valid_from:
        return PolicyNotInForce(
            f"{policy.label} is valid from {_day(policy.valid_from)}, and this is {_day(now)}",
            help=f"{help}; as if later: --rehearse TIME of check and prove, --rehearsal --at TIME of verify",
        )
    if now >= policy.valid_until:
        why = f"{policy.label} was valid until the end of {_day(policy.valid_until - 1)}, and this is {_day(now)}"
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


FLOOR = "floor: "  # and the log's name; no written requirement's name holds a colon


def asked(policy: Policy) -> tuple[Requirement, ...]:
    """The written requirements in order, then one for each log with `rows` or `sources`, named `floor: LOG`."""
    return *policy.requirements, *(_floor(rule) for rule in policy.logs.values() if rule.rows or rule.sources)


def _floor(rule: LogRule) -> Requirement:
    card = catalogue.floor(rule.schema, rule.digest)
    known = {param.name: param for param in card.params}
    sources = known["sources"].parse(",".join(rule.sources or known["sources"].type.choices))
    rows = f"has at least {number_of(rule.rows, 'row')}" if rule.rows else ""
    taken = f"has no row whose source is not {' or '.join(rule.sources)}" if rule.sources else ""
    return Requirement(
        name=f"{FLOOR}{rule.name}",
        says=f"The log {rule.name} {' and '.join(filter(None, (rows, taken)))}.",
        claim=card.id,
        version=card.version,
        card=card.digest,
        program=card.program,
        logs={"log": (rule.name,)},
        params={"rows": Bound(low=rule.rows, high=rule.rows), "sources": Bound(low=sources, high=sources)},
        reveals={},
    )
