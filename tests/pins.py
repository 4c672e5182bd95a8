"""Writes anew what is pinned of the claims: circuits/REGISTRY.lock, circuits/cards/, the ready-made policies' digests.

    python tests/pins.py

For a change to a claim, a schema or the compiler before a release, and for a new claim: nothing need be written by hand
first. A claim that was released gets a new version instead, and a policy that was released a new file with the next
version, since proofs are bound to its bytes. The suite fails where what lies there is not what this would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from zkcompliance.card.model import Card
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of

ROOT = Path(__file__).parents[1]
CARDS = ROOT / "circuits" / "cards"
LOCK = ROOT / "circuits" / "REGISTRY.lock"
POLICIES = ROOT / "zkcompliance" / "policies"
PINNED = re.compile(r'^claim = "([a-z0-9-]+@[0-9]+)"\ncard = "[0-9a-f]*"$', re.MULTILINE)


def cards() -> list[Card]:
    """Of every claim, as it compiles now; sorted by id."""
    return [card_of(catalogue.compiled_anew(name)) for name in catalogue.names()]


def pinned(text: str, digests: dict[str, str]) -> str:
    """A policy's text with the digests of cards (claim@version → hexadecimal) in its `card` lines.

    KeyError with the first claim@version that is not among them.
    """
    return PINNED.sub(lambda found: f'claim = "{found[1]}"\ncard = "{digests[found[1]]}"', text)


def wanted(made: Iterable[Card]) -> dict[Path, bytes | None]:
    """Every file that is written from the cards, with its bytes; None: a card of no claim, which goes.

    SystemExit, with the file, where a policy asks for a claim or a version that there is not.
    """
    found: dict[Path, bytes | None] = dict.fromkeys(sorted(CARDS.glob("*")))
    made = list(made)
    found[LOCK] = "".join(f"{card.label} {card.program.hex()}\n" for card in made).encode()
    found |= {CARDS / f"{card.id}.json": card.encoded for card in made}
    digests = {card.label: card.digest.hex() for card in made}
    for path in sorted(POLICIES.glob("*.toml")):
        try:
            found[path] = pinned(path.read_text(encoding="utf-8"), digests).encode()
        except KeyError as missing:
            raise SystemExit(f"{path} asks for {missing.args[0]}, and circuits/ has no such claim") from None
    return found


def differing(files: dict[Path, bytes | None]) -> list[Path]:
    """Those that do not lie there as they are wanted."""
    return [path for path, data in files.items() if (path.read_bytes() if path.is_file() else None) != data]


def write(files: dict[Path, bytes | None]) -> None:
    """Only what differs; what is of no claim is removed."""
    CARDS.mkdir(exist_ok=True)
    for path in differing(files):
        data = files[path]
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
        print(("removed " if data is None else "wrote ") + str(path.relative_to(ROOT)))


if __name__ == "__main__":
    write(wanted(cards()))
