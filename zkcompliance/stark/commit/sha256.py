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

MOST_LEAVES, MOST_PHASES = 1 << 27, 5
LEAF, GRIND = 0x80, b"\x14"  # first bytes: of leaves, the least; of grinding
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
def _pad(message: U32, live: int, size: int) -> None:
    """The end of a message of `size` bytes whose last word is the first of this block."""
    for i in range(1, 16):
        padding = 0x80000000 if i == 1 else size * 8 if i == 15 else 0
        for j in range(live):
            message[i, j] = padding


@kernel("i8 i8 u4[:,:] u4[:,:] u4[:,:] i8 i8")
def _leaves(first_byte: int, start: int, salts: U32, columns: U32, out: U32, lo: int, hi: int) -> None:
    """Leaves start + lo..start + hi - 1; first_byte is that of leaf 0, 0x80 + 8 * phase."""
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
                        index = start + first + j
                        message[i, j] = _swap(np.uint32(first_byte + (index >> 24) + ((index & 0xFFFFFF) << 8)))
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


@kernel("u4[:,:] u4[:,:] i8 i8")
def _nodes(level: U32, out: U32, lo: int, hi: int) -> None:
    """Nodes lo..hi - 1 of two children: the word 2, then their 16 words."""
    state, message = np.empty((8, BATCH), np.uint32), np.zeros((16, BATCH), np.uint32)
    for first in range(lo, hi, BATCH):
        live = min(BATCH, hi - first)
        _begin(state)
        for j in range(live):
            message[0, j] = 0x02000000
        for i in range(1, 16):
            row, child = level[(i - 1) % 8], (i - 1) // 8
            for j in range(live):
                message[i, j] = row[2 * (first + j) + child]
        compress(state, message, live)
        for j in range(live):
            message[0, j] = level[7, 2 * (first + j) + 1]
        _pad(message, live, 68)
        compress(state, message, live)
        for i in range(8):
            for j in range(live):
                out[i, first + j] = state[i, j]


@kernel("u4[:,:] u4[:,:] i8 i8")
def _quads(level: U32, out: U32, lo: int, hi: int) -> None:
    """Nodes lo..hi - 1 of four children: the word 3, then their 32 words."""
    state, message = np.empty((8, BATCH), np.uint32), np.zeros((16, BATCH), np.uint32)
    for first in range(lo, hi, BATCH):
        live = min(BATCH, hi - first)
        _begin(state)
        for j in range(live):
            message[0, j] = 0x03000000
        for i in range(1, 32):
            row, child = level[(i - 1) % 8], (i - 1) // 8
            for j in range(live):
                message[i % 16, j] = row[4 * (first + j) + child]
            if i % 16 == 15:
                compress(state, message, live)
        for j in range(live):
            message[0, j] = level[7, 4 * (first + j) + 3]
        _pad(message, live, 132)
        compress(state, message, live)
        for i in range(8):
            for j in range(live):
                out[i, first + j] = state[i, j]


@kernel("u4[:] i8 i8 i8 -> i8")
def _search(template: U32, shift: int, lo: int, hi: int) -> int:
    """The least nonce in lo..hi - 1 whose digest's first 64 bits, shifted right, are 0, or -1.

    hi - lo is a multiple of BATCH.
    The nonce fills bytes 33..40 of the block `template` (16,), where that has zeros.
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
            message[8, j] = template[8] | low >> 8
            message[9, j] = low << 24 | high >> 8
            message[10, j] = template[10] | high << 24
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
    """(8, n): the digests of le32(0x80 + 8 phase + i // 2^24 + 256 (i mod 2^24)) || salts[:, j] || columns[:, j].

    i = start + j, words as le32. salts (s, n) and columns (w, n) are uint32; s and w may be 0. ValueError unless
    start + n <= 2^27, 0 <= phase < 5 and the arrays fit together.
    """
    if salts.dtype != np.uint32 or columns.dtype != np.uint32 or salts.ndim != 2 or columns.ndim != 2:
        raise ValueError("salts and columns must be uint32 arrays of two dimensions")
    n = columns.shape[1]
    if salts.shape[1] != n:
        raise ValueError(f"salts for {salts.shape[1]} rows, columns of {n}")
    if start < 0 or start + n > MOST_LEAVES or not 0 <= phase < MOST_PHASES:
        raise ValueError(f"leaves {start} to {start + n} of phase {phase}: at most 2^27 leaves and 5 phases")
    out = _output(out, n)
    salts, columns = plain(salts), plain(columns)
    run(_leaves, [(LEAF + 8 * phase, start, salts, columns, out, lo, hi) for lo, hi in split(n, _FEW, BATCH)])
    return out


def hash_nodes(level: U32) -> U32:
    """(8, 2m) digests to (8, m): SHA-256(le32(2) || columns 2i and 2i + 1); ValueError for another shape."""
    return _parents(level, 2)


def hash_quads(level: U32) -> U32:
    """(8, 4m) digests to (8, m): SHA-256(le32(3) || columns 4i .. 4i + 3); ValueError for another shape."""
    return _parents(level, 4)


def _parents(level: U32, children: int) -> U32:
    if level.dtype != np.uint32 or level.ndim != 2 or level.shape[0] != 8 or level.shape[1] % children:
        raise ValueError(f"expected uint32 (8, {children}m), got {level.dtype} {level.shape}")
    out = np.empty((8, level.shape[1] // children), np.uint32)
    level, kernel_of = plain(level), _nodes if children == 2 else _quads
    run(kernel_of, [(level, out, lo, hi) for lo, hi in split(out.shape[1], _FEW, BATCH)])
    return out


def _grind_digest(state: bytes, nonce: int) -> bytes:
    return hashlib.sha256(GRIND + state + nonce.to_bytes(8, "little")).digest()


def grind(state: bytes, bits: int) -> int:
    """The least nonce for which SHA-256(0x14 || state || le64(nonce)) starts with `bits` zero bits.

    state is 32 bytes and 0 <= bits <= 64 (ValueError); 2^bits hashes are needed on average.
    """
    if len(state) != 32 or not 0 <= bits <= 64:
        raise ValueError("grind takes a state of 32 bytes and 0 to 64 bits")
    if bits == 0:
        return 0
    block = (GRIND + state + bytes(8) + b"\x80").ljust(62, b"\0") + (41 * 8).to_bytes(2, "big")
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
