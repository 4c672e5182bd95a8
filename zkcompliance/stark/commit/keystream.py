"""Uniform secrets in bulk: an AES-256-CTR keystream from `cryptography`, keyed by a seed of OS randomness."""

from __future__ import annotations

import sys
from hashlib import sha256

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from zkcompliance.stark.codec import bytes16
from zkcompliance.stark.field.babybear import P

SEED_BYTES = 32
_BLOCK = 16
_ZEROS = bytes(1 << 16)  # what is encrypted at once


class Keystream:
    """Independent streams of one 32-byte seed, each named by a label; the same label always gives the same bytes."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError("a seed has 32 bytes")
        self._seed = seed

    def words(self, label: str, count: int, start: int = 0) -> np.ndarray:
        """uint32 words start … start + count − 1 of the stream of this label."""
        block, skip = divmod(4 * start, _BLOCK)
        stream = Cipher(self._cipher(label), modes.CTR(block.to_bytes(16, "big"))).encryptor()
        return np.frombuffer(stream.update(bytes(skip + 4 * count)), dtype="<u4", offset=skip)

    def fill(self, label: str, start: int, out: np.ndarray) -> None:
        """out (C-contiguous uint32) := words start …, start a multiple of 4: `words` without memory of its own."""
        if start % 4 or not out.flags.c_contiguous or out.dtype != np.uint32:
            raise ValueError("a stream fills a C-contiguous uint32 array from a multiple of four words on")
        stream = Cipher(self._cipher(label), modes.CTR((start // 4).to_bytes(16, "big"))).encryptor()
        target = out.reshape(-1).data.cast("B")
        for at in range(0, len(target), len(_ZEROS)):
            count = min(len(_ZEROS), len(target) - at)
            stream.update_into(memoryview(_ZEROS)[:count], target[at : at + count])
        if sys.byteorder == "big":
            out.byteswap(inplace=True)

    def _cipher(self, label: str) -> algorithms.AES:
        return algorithms.AES(sha256(b"zkc-keystream" + self._seed + bytes16(label.encode())).digest())

    def runs(self, label: str, rows: int, size: int, starts: list[int], count: int) -> np.ndarray:
        """(starts, rows, count): `columns` from each of these starts on; all of these are multiples of 4."""
        if any(n % 4 for n in (size, count, *starts)):
            raise ValueError("runs of a stream begin and end at multiples of four words")
        at = np.array(starts, np.int64)
        words = (at // size * rows * size + at % size)[:, None] + size * np.arange(rows)
        counters = np.zeros((len(starts), rows, count // 4, 2), ">u8")
        counters[..., 1] = words[:, :, None] // 4 + np.arange(count // 4)
        # as in `columns`: each block of the keystream is its counter, encrypted
        stream = Cipher(self._cipher(label), modes.ECB()).encryptor()  # noqa: S305
        found = np.frombuffer(stream.update(counters.tobytes()), "<u4")
        return found.reshape(len(starts), rows, count)

    def columns(self, label: str, rows: int, size: int, start: int, count: int) -> np.ndarray:
        """(rows, count): entries start … of each row of the stream's words seen as a (…, rows, size) array.

        start counts columns over all such blocks; the columns asked for lie in one block.
        """
        block, offset = divmod(start, size)
        first = block * rows * size + offset
        starts = [first + i * size for i in range(rows)]
        ranges = [range(4 * at // _BLOCK, -(-4 * (at + count) // _BLOCK)) for at in starts]
        counters = b"".join(counter.to_bytes(16, "big") for counters in ranges for counter in counters)
        # the blocks of the counter mode's keystream, scattered ones at once: each is its counter, encrypted
        stream = Cipher(self._cipher(label), modes.ECB()).encryptor()  # noqa: S305
        words = np.frombuffer(stream.update(counters), "<u4")
        found, at = np.empty((rows, count), np.uint32), 0
        for row, (start, blocks) in enumerate(zip(starts, ranges, strict=True)):
            skip = at + start - 4 * blocks.start
            found[row] = words[skip : skip + count]
            at += 4 * len(blocks)
        return found

    def field(self, label: str, count: int) -> np.ndarray:
        """`count` uniform elements of F, by rejection: words AND 2^31 − 1 below p, in order."""
        drawn = max(64, count + count // 12)  # 15 of 16 words are accepted
        while True:
            words = self.words(label, drawn) & np.uint32(0x7FFFFFFF)
            kept = words[words < P]
            if kept.size >= count:
                return kept[:count].copy()
            drawn *= 2
