"""A beacon of the tests' own, with a key that signs any round, in the place of quicknet or mainnet; and points of the
whole curves, of which most lie outside the subgroup."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
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

    @cached_property
    def beacon(self) -> Beacon:
        key = curve.multiply(curve.G2 if self.like.g1 else curve.G1, SECRET)
        return replace(self.like, key=compressed(key, g1=not self.like.g1).hex())

    def point(self, number: int, previous: bytes = b"") -> Any:
        """The signature of a round as a point."""
        message = hashlib.sha256(previous + number.to_bytes(8, "big")).digest()
        to_curve = hash_to_G1 if self.like.g1 else hash_to_G2
        return curve.multiply(to_curve(message, self.like.tag, hashlib.sha256), SECRET)

    def round(self, number: int) -> Round:
        """A genuine round; of a chained beacon after a signature that is made up."""
        previous = hashlib.sha512(number.to_bytes(8, "big")).digest() + bytes(32) if self.like.chained else b""
        return Round(self.beacon, number, compressed(self.point(number, previous), g1=self.like.g1), previous)

    def at(self, moment: int) -> Round:
        """The last round at or before a moment, UTC seconds."""
        return self.round(rounds.first_round(self.beacon, moment + 1) - 1)


@contextmanager
def own(monkeypatch: pytest.MonkeyPatch, *, g1: bool = True) -> Iterator[Own]:
    """While it lasts, quicknet's (or mainnet's) key in the pins is the tests'."""
    name = "QUICKNET" if g1 else "MAINNET"
    made = Own(getattr(rounds, name))
    with monkeypatch.context() as patch:
        patch.setattr(rounds, name, made.beacon)
        patch.setattr(rounds, "BEACONS", rounds.BEACONS | {made.like.name: made.beacon})
        patch.setattr(rounds, "_BY_NUMBER", rounds._BY_NUMBER | {made.like.number: made.beacon})
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
