"""Writes what is pinned anew: circuits/REGISTRY.lock, the cards, and the `card` lines of the ready-made policies.

    python tests/pins.py

For a change to a claim or to the compiler before a release. A claim that was released gets a new version instead, and a
policy that was released a new file with the next version, since proofs are bound to its bytes.
"""

from __future__ import annotations

import re
from pathlib import Path

from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of

ROOT = Path(__file__).parents[1]
CARDS = ROOT / "circuits" / "cards"
LOCK = ROOT / "circuits" / "REGISTRY.lock"
POLICIES = ROOT / "zkcompliance" / "policies"
PINNED = re.compile(r'^claim = "([a-z0-9-]+@[0-9]+)"\ncard = "[0-9a-f]*"$', re.MULTILINE)


def lock() -> str:
    """REGISTRY.lock as the claims compile now."""
    claims = [catalogue.load(name) for name in catalogue.names()]
    return "".join(f"{claim.id}@{claim.version} {claim.program.digest.hex()}\n" for claim in claims)


def pinned(text: str, digests: dict[str, str]) -> str:
    """A policy's text with the digests of cards (claim@version → hexadecimal) in its `card` lines."""
    return PINNED.sub(lambda found: f'claim = "{found[1]}"\ncard = "{digests[found[1]]}"', text)


if __name__ == "__main__":
    LOCK.write_text(lock(), encoding="utf-8")
    CARDS.mkdir(exist_ok=True)
    for name in catalogue.names():
        (CARDS / f"{name}.json").write_bytes(card_of(catalogue.load(name)).encoded)
    now = {card.label: card.digest.hex() for card in (card_of(catalogue.load(name)) for name in catalogue.names())}
    for path in sorted(POLICIES.glob("*.toml")):
        path.write_text(pinned(path.read_text(encoding="utf-8"), now), encoding="utf-8")
