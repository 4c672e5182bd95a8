"""SHA-256 of many short messages at once: the leaves and the nodes of a Merkle tree, and the search for a nonce.

Digests are the columns of uint32 arrays (8, n): the eight big-endian words of each.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.commit.sha256_emit import BATCH, START, compress
from zkcompliance.stark.field.arrays import plain
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.parallel import cores, run, split

U32 = npt.NDArray[np.uint32]

MOST_LEAVES = 1 << 28
GRIND_TAG = b"zkc-grind"
_GRIND_FIRST, _GRIND_MOST = 1 << 10, 1 << 17  # nonces per thread in the first round, and at most (they double)
_FEW = 1 << 10  # messages for which another thread is not worth starting


@kernel
def _swap(x: np.uint32) -> np.uint32:
    """The four bytes of x in the opposite order."""
    x = np.uint32(x)
    return np.uint32(x << 24 | (x & 0xFF00) << 8 | x >> 8 & 0xFF00 | x >> 24)


@kernel
def _begin(state: U32) -> None:
    """Every column becomes the state that a message starts from."""
    for i in range(8):
        for j in range(BATCH):
            state[i, j] = START[i]


@kernel
def _leaves(header: np.uint32, salts: U32, columns: U32, out: U32, lo: int, hi: int) -> None:
    """Leaves lo..hi - 1; header is start << 4 | phase << 1."""
    s, words = salts.shape[0], 1 + salts.shape[0] + columns.shape[0]
    blocks = (words * 4 + 9 + 63) // 64
    state, message = np.empty((8, BATCH), np.uint32), np.zeros((16, BATCH), np.uint32)
    for first in range(lo, hi, BATCH):
        live = min(BATCH, hi - first)
        _begin(state)
        for block in range(blocks):
            for i in range(16):
                k = block * 16 + i
                if k == 0:
                    for j in range(live):
                        message[i, j] = _swap(header + np.uint32((first + j) << 4))
                elif k < words:
                    row = salts[k - 1] if k <= s else columns[k - 1 - s]
                    for j in range(live):
                        message[i, j] = _swap(row[first + j])
                else:
                    padding = 0x80000000 if k == words else words * 32 if k == blocks * 16 - 1 else 0
                    for j in range(live):
                        message[i, j] = padding
            compress(state, message, live)
        for i in range(8):
            for j in range(live):
                out[i, first + j] = state[i, j]


@kernel
def _nodes(level: U32, out: U32, lo: int, hi: int) -> None:
    """Nodes lo..hi - 1. The byte 0x01 in front shifts the 16 words of the children by one byte."""
    state, message = np.empty((8, BATCH), np.uint32), np.zeros((16, BATCH), np.uint32)
    before = np.empty(BATCH, np.uint32)
    for first in range(lo, hi, BATCH):
        live = min(BATCH, hi - first)
        _begin(state)
        for j in range(live):
            before[j] = 1
        for i in range(16):
            for j in range(live):
                word = level[i % 8, 2 * (first + j) + i // 8]
                message[i, j] = before[j] << 24 | word >> 8
                before[j] = word
        compress(state, message, live)
        for j in range(live):
            message[0, j] = before[j] << 24 | 0x00800000
            message[15, j] = 65 * 8
        for i in range(1, 15):
            for j in range(live):
                message[i, j] = 0
        compress(state, message, live)
        for i in range(8):
            for j in range(live):
                out[i, first + j] = state[i, j]


@kernel
def _search(template: U32, shift: int, lo: int, hi: int) -> int:
    """The least nonce in lo..hi - 1 whose digest's first 64 bits, shifted right, are 0, or -1.

    hi - lo is a multiple of BATCH.
    The nonce fills bytes 41..48 of the block `template` (16,), where that has zeros.
    """
    state, message = np.empty((8, BATCH), np.uint32), np.empty((16, BATCH), np.uint32)
    for i in range(16):
        for j in range(BATCH):
            message[i, j] = template[i]
    for base in range(lo, hi, BATCH):
        _begin(state)
        for j in range(BATCH):
            x = np.uint64(base + j)
            low, high = _swap(np.uint32(x)), _swap(np.uint32(x >> np.uint64(32)))
            message[10, j] = template[10] | low >> 8
            message[11, j] = low << 24 | high >> 8
            message[12, j] = template[12] | high << 24
        compress(state, message, BATCH)
        for j in range(BATCH):
            if (np.uint64(state[0, j]) << np.uint64(32) | np.uint64(state[1, j])) >> np.uint64(shift) == 0:
                return base + j
    return -1


def _output(out: U32 | None, n: int) -> U32:
    if out is None:
        return np.empty((8, n), np.uint32)
    if out.shape != (8, n) or out.dtype != np.uint32 or not out.flags.c_contiguous:
        raise ValueError(f"out must be a C-contiguous uint32 array of shape {(8, n)}")
    return out


def hash_leaves(phase: int, start: int, salts: U32, columns: U32, out: U32 | None = None) -> U32:
    """(8, n): the digests of le32((start + j) << 4 | phase << 1) || salts[:, j] || columns[:, j], words as le32.

    salts (s, n) and columns (w, n) are uint32; s and w may be 0. ValueError unless start + n <= 2^28, 0 <= phase < 8
    and the arrays fit together.
    """
    if salts.dtype != np.uint32 or columns.dtype != np.uint32 or salts.ndim != 2 or columns.ndim != 2:
        raise ValueError("salts and columns must be uint32 arrays of two dimensions")
    n = columns.shape[1]
    if salts.shape[1] != n:
        raise ValueError(f"salts for {salts.shape[1]} rows, columns of {n}")
    if start < 0 or start + n > MOST_LEAVES or not 0 <= phase < 8:
        raise ValueError(f"leaves {start} to {start + n} of phase {phase}: at most 2^28 leaves and 8 phases")
    out = _output(out, n)
    header = np.uint32(start << 4 | phase << 1)
    salts, columns = plain(salts), plain(columns)
    run(_leaves, [(header, salts, columns, out, lo, hi) for lo, hi in split(n, _FEW, BATCH)])
    return out


def hash_nodes(level: U32) -> U32:
    """(8, 2m) digests to (8, m): SHA-256(0x01 || column 2i || column 2i + 1); ValueError for another shape."""
    if level.dtype != np.uint32 or level.ndim != 2 or level.shape[0] != 8 or level.shape[1] % 2:
        raise ValueError(f"expected uint32 (8, 2m), got {level.dtype} {level.shape}")
    out = np.empty((8, level.shape[1] // 2), np.uint32)
    level = plain(level)
    run(_nodes, [(level, out, lo, hi) for lo, hi in split(out.shape[1], _FEW, BATCH)])
    return out


def _grind_digest(state: bytes, nonce: int) -> bytes:
    return hashlib.sha256(GRIND_TAG + state + nonce.to_bytes(8, "little")).digest()


def grind(state: bytes, bits: int) -> int:
    """The least nonce for which SHA-256("zkc-grind" || state || le64(nonce)) starts with `bits` zero bits.

    state is 32 bytes and 0 <= bits <= 64 (ValueError); 2^bits hashes are needed on average.
    """
    if len(state) != 32 or not 0 <= bits <= 64:
        raise ValueError("grind takes a state of 32 bytes and 0 to 64 bits")
    if bits == 0:
        return 0
    block = (GRIND_TAG + state + bytes(8) + b"\x80").ljust(62, b"\0") + (49 * 8).to_bytes(2, "big")
    template = np.frombuffer(block, ">u4").astype(np.uint32)
    base, batch = 0, _GRIND_FIRST
    while True:
        batches = [(base + i * batch, base + (i + 1) * batch) for i in range(cores())]
        found = [nonce for nonce in run(_search, [(template, 64 - bits, lo, hi) for lo, hi in batches]) if nonce >= 0]
        if found:
            nonce = int(found[0])
            if int.from_bytes(_grind_digest(state, nonce)[:8], "big") >> (64 - bits):
                raise RuntimeError("the nonce found does not give the digest that was searched")
            return nonce
        base, batch = base + cores() * batch, min(2 * batch, _GRIND_MOST)


def digest_bytes(level: U32, i: int) -> bytes:
    """Column i of a digest array, as 32 bytes."""
    return level[:, i].astype(">u4").tobytes()


def digests_from_bytes(digests: list[bytes]) -> U32:
    """(8, n): 32-byte digests as a digest array; ValueError for another length."""
    if any(len(digest) != 32 for digest in digests):
        raise ValueError("a digest has 32 bytes")
    return np.frombuffer(b"".join(digests), ">u4").reshape(-1, 8).T.astype(np.uint32, order="C")
