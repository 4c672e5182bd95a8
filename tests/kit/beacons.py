"""A beacon of the tests' own, with a key that signs any round, in the place of quicknet or mainnet; and points of the
whole curves, of which most lie outside the subgroup."""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from py_ecc import optimized_bls12_381 as curve
from py_ecc.bls.hash_to_curve import hash_to_G1, hash_to_G2
from py_ecc.bls.point_compression import compress_G1, compress_G2, decompress_G1, decompress_G2

from zkcompliance.evidence import beacon as rounds
from zkcompliance.evidence.beacon import Beacon, Round

SECRET = int.from_bytes(hashlib.sha256(b"the tests' own beacon").digest(), "big")


def compressed(point: Any, *, g1: bool) -> bytes:
    parts = (compress_G1(point),) if g1 else compress_G2(point)
    return b"".join(int(part).to_bytes(48, "big") for part in parts)


@dataclass(frozen=True)
class Own:
    """Signs the rounds of `like` with a key that the tests have; its rounds are at the genuine one's moments."""

    like: Beacon

    @property
    def beacon(self) -> Beacon:
        return _beacon(self)

    def _pinned(self) -> Beacon:
        key = curve.multiply(curve.G2 if self.like.g1 else curve.G1, SECRET)
        return replace(self.like, key=compressed(key, g1=not self.like.g1).hex())

    def point(self, number: int, previous: bytes = b"") -> Any:
        """The signature of a round as a point."""
        message = hashlib.sha256(previous + number.to_bytes(8, "big")).digest()
        to_curve = hash_to_G1 if self.like.g1 else hash_to_G2
        return curve.multiply(to_curve(message, self.like.tag, hashlib.sha256), SECRET)

    def round(self, number: int) -> Round:
        """A genuine round, as `_round` makes it, once each."""
        return _round(self, number)

    def _made(self, number: int) -> Round:
        """A genuine round; of a chained beacon after a signature that is made up."""
        previous = hashlib.sha512(number.to_bytes(8, "big")).digest() + bytes(32) if self.like.chained else b""
        return Round(self.beacon, number, compressed(self.point(number, previous), g1=self.like.g1), previous)

    def at(self, moment: int) -> Round:
        """The last round at or before a moment, UTC seconds."""
        return self.round(rounds.first_round(self.beacon, moment + 1) - 1)


@cache
def _beacon(own: Own) -> Beacon:
    return own._pinned()


@cache
def _round(own: Own, number: int) -> Round:
    return own._made(number)


_check_rounds = rounds.check_rounds
_GENUINE: set[tuple[Round, ...]] = set()


def check_rounds_once(given: Sequence[Round]) -> None:
    """`check_rounds`, which is asked once of the same rounds: a pairing takes half a second."""
    if (mark := tuple(given)) not in _GENUINE:
        _check_rounds(given)
        _GENUINE.add(mark)


@contextmanager
def own(monkeypatch: pytest.MonkeyPatch, *, g1: bool = True) -> Iterator[Own]:
    """While it lasts, quicknet's (or mainnet's) key in the pins is the tests'."""
    name = "QUICKNET" if g1 else "MAINNET"
    made = Own(getattr(rounds, name))
    with monkeypatch.context() as patch:
        patch.setattr(rounds, name, made.beacon)
        patch.setattr(rounds, "BEACONS", rounds.BEACONS | {made.like.name: made.beacon})
        patch.setattr(rounds, "_BY_NUMBER", rounds._BY_NUMBER | {made.like.number: made.beacon})
        patch.setattr(rounds, "check_rounds", check_rounds_once)
        yield made


def any_point() -> Any:
    """A point of E(F_q), its x the least that is one and not 0."""
    for x in itertools.count(1):
        try:
            return decompress_G1((1 << 383) + x)
        except ValueError:
            continue
    raise AssertionError


def any_point_of_g2() -> Any:
    """A point of the twisted curve over F_q²."""
    for x in itertools.count(1):
        try:
            return decompress_G2(((1 << 383), x))
        except ValueError:
            continue
    raise AssertionError


_COMMAND = """#!{python}
import sys
from dataclasses import replace
from zkcompliance.evidence import beacon
beacon.QUICKNET = replace(beacon.QUICKNET, key="{key}")
beacon.BEACONS["quicknet"] = beacon._BY_NUMBER[beacon.QUICKNET.number] = beacon.QUICKNET
from zkcompliance.commands.group import run
sys.argv[0] = "zkcompliance"
run()
"""
_CURL = """#!{python}
import time
from tests.kit.beacons import Own
from zkcompliance.evidence.beacon import QUICKNET
print(Own(QUICKNET).at(int(time.time())).to_json().decode())
"""


def commands(folder: Path) -> Path:
    """Two commands in a folder for a page that fetches a round: `curl`, which prints the tests' own of this moment, and
    `zkcompliance`, which pins the tests' key."""
    folder.mkdir()
    for name, text in (("zkcompliance", _COMMAND), ("curl", _CURL)):
        (folder / name).write_text(text.format(python=sys.executable, key=Own(rounds.QUICKNET).beacon.key))
        (folder / name).chmod(0o755)
    return folder
