"""Where policies come from: the ready-made ones, `zkcompliance/policies/ID-VERSION.toml`, or a file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path

from zkcompliance import limits
from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.errors import UsageError
from zkcompliance.policy.file import read
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy


def names() -> list[str]:
    """The ids of the ready-made policies, sorted."""
    return sorted(_files())


def load(name_or_path: str, claims: Iterable[str | Path | Claim] = ()) -> Policy:
    """A ready-made policy, `ID` (its latest version) or `ID@VERSION`, or the one in a file (a path ending in .toml).

    claims: those of the policy that are not of the catalogue, as `claim.catalogue.own` takes them. Raises the errors of
    `parse_policy`; UsageError when there is no such policy or claim, or no file that can be read.
    """
    own = catalogue.own(claims)
    if name_or_path.endswith(".toml"):
        return parse_policy(read(Path(name_or_path), limits.MAX_POLICY_BYTES), own)
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
    return tuple(parse_policy(data) for data in _files().get(id, ()))


@cache
def _files() -> dict[str, tuple[bytes, ...]]:
    """The files' bytes by id, the latest version first."""
    found: dict[str, dict[int, bytes]] = {}
    for each in resources.files("zkcompliance").joinpath("policies").iterdir():
        if each.name.endswith(".toml"):
            identity, _, version = each.name.removesuffix(".toml").rpartition("-")
            found.setdefault(identity, {})[int(version)] = each.read_bytes()
    return {id: tuple(files[version] for version in sorted(files, reverse=True)) for id, files in found.items()}
