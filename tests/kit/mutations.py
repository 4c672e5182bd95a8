"""Ways to damage a proof file at random: each takes the file, and another one to take parts of."""

from __future__ import annotations

import random


def flip(rng: random.Random, data: bytes, _: bytes) -> bytes:
    made = bytearray(data)
    made[place(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(made)


def place(rng: random.Random, data: bytes) -> int:
    """Anywhere, or (half of the time) in the first 6 KiB: frame, statement, program, notes, roots, values."""
    return rng.randrange(len(data) if rng.random() < 0.5 else min(len(data), 6 << 10))


def overwrite(rng: random.Random, data: bytes, _: bytes) -> bytes:
    made, at = bytearray(data), place(rng, data)
    size = rng.choice([1, 2, 4, 32])
    made[at : at + size] = rng.choice([rng.randbytes(size), bytes(size), b"\xff" * size])
    return bytes(made[: len(data)])


def truncate(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return data[: place(rng, data)]


def extend(rng: random.Random, data: bytes, _: bytes) -> bytes:
    return data + rng.randbytes(rng.choice([1, 4, 1000]))


def cut(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at = place(rng, data)
    return data[:at] + data[at + rng.choice([1, 4, 32, 500]) :]


def repeat(rng: random.Random, data: bytes, _: bytes) -> bytes:
    at, size = place(rng, data), rng.choice([1, 4, 32, 500])
    return data[:at] + data[at : at + size] + data[at:]


def splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """The beginning of one file with the end of the other, or a window of the one inside the other."""
    at = place(rng, data)
    if rng.random() < 0.5:
        return data[:at] + other[at:]
    size = rng.choice([32, 200, 3000])
    return data[:at] + other[at : at + size] + data[at + size :]


def swap(rng: random.Random, data: bytes, _: bytes) -> bytes:
    first, second, size = place(rng, data), place(rng, data), rng.choice([4, 32, 96])
    made = bytearray(data)
    made[first : first + size], made[second : second + size] = data[second : second + size], data[first : first + size]
    return bytes(made[: len(data)])


MUTATIONS = [flip, flip, overwrite, overwrite, truncate, extend, cut, repeat, splice, splice, swap]
