"""SHA-256 of many short messages at once: the leaves and the nodes of a Merkle tree, and the search for a nonce.

Digests are the columns of uint32 arrays (8, n): the eight big-endian words of each.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.commit.message_lanes import deal_four, deal_two, swap
from zkcompliance.stark.commit.sha256_emit import BATCH, compress, start_state
from zkcompliance.stark.field.arrays import pad, plain
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.parallel import cores, run, split
from zkcompliance.stark.field.vector_lanes import copy, soon
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]

MOST_LEAVES, MOST_PHASES = 1 << 27, 5
LEAF, GRIND = 0x80, b"\x14"  # first bytes: of leaves, the least; of grinding
_GRIND_FIRST, _GRIND_MOST = 1 << 10, 1 << 17  # nonces per thread in the first round, and at most (they double)
_FEW = 1 << 13  # messages for which another thread is not worth starting
BATCHES = 4  # whose messages are laid out together, 50 kB of them for a hundred columns
_LINE = 16  # entries of a cache's line
TILE = 1 << 10  # leaves of the subtrees that a thread hashes at once: their digests stay in the first-level cache


@kernel
def _swap(x: np.uint32) -> np.uint32:
    """The four bytes of x in the opposite order."""
    x = np.uint32(x)
    return np.uint32(x << 24 | (x & 0xFF00) << 8 | x >> 8 & 0xFF00 | x >> 24)


@kernel
def _copy_rows(rows: U32, out: U32, start: int, n: int) -> None:
    """out[:, start..] = rows[:, :n] for the eight rows of digests, n a multiple of LANES."""
    source, target = rows.reshape(-1), out.reshape(-1)
    for i in range(8):
        for j in range(0, n, LANES):
            copy(source, i * rows.shape[1] + j, target, i * out.shape[1] + start + j)


@kernel("i8 i8 u4[:,:] u4[:,:] u4[:,:] i8 i8 i8")
def _leaves(first_byte: int, start: int, salts: U32, columns: U32, out: U32, base: int, lo: int, hi: int) -> None:
    """Leaves start + lo..start + hi - 1 into columns lo - base..; first_byte is that of leaf 0, 0x80 + 8 * phase.

    The last batch may overlap the one before it: hi - base >= BATCH. Messages are laid out for BATCHES at once: of
    every column, columns lying far apart, whole lines of the cache are read one after the other, and never again.
    """
    s, n, words = salts.shape[0], columns.shape[1], 1 + salts.shape[0] + columns.shape[0]
    rows = (words * 4 + 9 + 63) // 64 * 16
    salted, valued = salts.reshape(-1), columns.reshape(-1)
    begin, state, message = start_state(), np.empty((8, BATCH), np.uint32), np.zeros((BATCHES * rows, BATCH), np.uint32)
    flat, number = message.reshape(-1), np.empty(BATCH, np.uint32)
    for batch in range(BATCHES):
        message[batch * rows + words, :] = 0x80000000
        message[batch * rows + rows - 1, :] = words * 32
    for begun in range(lo, hi, BATCHES * BATCH):
        count = min(BATCHES, (hi - begun + BATCH - 1) // BATCH)
        for k in range(words):
            for batch in range(count):
                first, row = min(begun + batch * BATCH, hi - BATCH), (batch * rows + k) * BATCH
                if k == 0:
                    for j in range(BATCH):
                        index = start + first + j
                        number[j] = first_byte + (index >> 24) + ((index & 0xFFFFFF) << 8)
                    for j in range(0, BATCH, LANES):
                        swap(number, j, flat, row + j)
                elif k <= s:
                    for j in range(0, BATCH, LANES):
                        swap(salted, (k - 1) * n + first + j, flat, row + j)
                else:
                    for j in range(0, BATCH, LANES):
                        swap(valued, (k - 1 - s) * n + first + j, flat, row + j)
        upcoming = 0  # columns whose entries for the next messages are on their way
        for batch in range(count):
            first = min(begun + batch * BATCH, hi - BATCH)
            for row in range(batch * rows, (batch + 1) * rows, 16):
                while upcoming * count * rows < columns.shape[0] * (row + 16):
                    for j in range(0, BATCHES * BATCH, _LINE):
                        soon(valued, upcoming * n + begun + BATCHES * BATCH + j)
                    upcoming += 1
                compress(begin if row == batch * rows else state, message[row : row + 16], state)
            _copy_rows(state, out, first - base, BATCH)


@kernel("u4[:,:] i8 u4[:,:] i8 i8")
def _parents(level: U32, children: int, out: U32, lo: int, hi: int) -> None:
    """Nodes lo..hi - 1 of 2 or 4 children: the word 2 or 3, then the children's words; hi >= BATCH as for leaves."""
    n, blocks = level.shape[1], children // 2 + 1
    begin, state, message = start_state(), np.empty((8, BATCH), np.uint32), np.zeros((16 * blocks, BATCH), np.uint32)
    source, flat = level.reshape(-1), message.reshape(-1)
    message[0, :] = 0x02000000 if children == 2 else 0x03000000
    message[8 * children + 1, :] = 0x80000000
    message[16 * blocks - 1, :] = 8 * (4 + 32 * children)
    for begun in range(lo, hi, BATCH):
        first = min(begun, hi - BATCH)
        for i in range(8):
            for j in range(0, BATCH, LANES):
                at, row = i * n + children * (first + j), (1 + i) * BATCH + j
                if children == 2:
                    deal_two(source, at, flat, row, 8 * BATCH)
                else:
                    deal_four(source, at, flat, row, 8 * BATCH)
        for block in range(blocks):
            compress(begin if block == 0 else state, message[16 * block : 16 * block + 16], state)
        _copy_rows(state, out, first, BATCH)


@kernel("i8 i8 u4[:,:] u4[:,:] u4[:,:] i8 i8 i8")
def _subtrees(first_byte: int, start: int, salts: U32, columns: U32, out: U32, at: int, lo: int, hi: int) -> None:
    """Nodes three steps above leaves start + lo..start + hi - 1, hi - lo a multiple of TILE, into out from at + lo / 8.

    Tile by tile, so that the digests below them never leave the cache.
    """
    leaves, quads = np.empty((8, TILE), np.uint32), np.empty((8, TILE // 4), np.uint32)
    nodes = np.empty((8, TILE // 8), np.uint32)
    for base in range(lo, hi, TILE):
        _leaves(first_byte, start, salts, columns, leaves, base, base, base + TILE)
        _parents(leaves, 4, quads, 0, TILE // 4)
        _parents(quads, 2, nodes, 0, TILE // 8)
        _copy_rows(nodes, out, at + base // 8, TILE // 8)


@kernel("u4[:] i8 i8 i8 -> i8")
def _search(template: U32, shift: int, lo: int, hi: int) -> int:
    """The least nonce in lo..hi - 1 whose digest's first 64 bits, shifted right, are 0, or -1.

    hi - lo is a multiple of BATCH.
    The nonce fills bytes 33..40 of the block `template` (16,), where that has zeros.
    """
    begin, state, message = start_state(), np.empty((8, BATCH), np.uint32), np.empty((16, BATCH), np.uint32)
    for i in range(16):
        for j in range(BATCH):
            message[i, j] = template[i]
    for base in range(lo, hi, BATCH):
        for j in range(BATCH):
            x = np.uint64(base + j)
            low, high = _swap(np.uint32(x)), _swap(np.uint32(x >> np.uint64(32)))
            message[8, j] = template[8] | low >> 8
            message[9, j] = low << 24 | high >> 8
            message[10, j] = template[10] | high << 24
        compress(begin, message, state)
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
    n = _leaves_given(phase, start, salts, columns)
    out = _output(out, n)
    if n < BATCH:
        whole = np.empty((8, BATCH), np.uint32)
        _leaves(LEAF + 8 * phase, start, pad(salts, BATCH), pad(columns, BATCH), whole, 0, 0, BATCH)
        out[:] = whole[:, :n]
        return out
    salts, columns = plain(salts), plain(columns)
    run(_leaves, [(LEAF + 8 * phase, start, salts, columns, out, 0, lo, hi) for lo, hi in split(n, _FEW, BATCH)])
    return out


def hash_subtrees(phase: int, start: int, salts: U32, columns: U32, out: U32, at: int) -> None:
    """out[:, at .. at + n / 8 - 1] = hash_nodes(hash_quads(hash_leaves(...))) of n leaves, n a multiple of 8.

    ValueError as from `hash_leaves`, and for another n or an out (8, m) without room for them.
    """
    n = _leaves_given(phase, start, salts, columns)
    if n % 8 or not 0 <= at <= out.shape[1] - n // 8 or out.shape[0] != 8 or out.dtype != np.uint32:
        raise ValueError(f"the nodes over {n} leaves do not fit in {out.dtype} {out.shape} from {at} on")
    if n % TILE:
        out[:, at : at + n // 8] = hash_nodes(hash_quads(hash_leaves(phase, start, salts, columns)))
        return
    salts, columns, given = plain(salts), plain(columns), plain(out)
    first = LEAF + 8 * phase
    run(_subtrees, [(first, start, salts, columns, given, at, lo, hi) for lo, hi in split(n, _FEW, TILE)])
    if given is not out:
        out[:, at : at + n // 8] = given[:, at : at + n // 8]


def _leaves_given(phase: int, start: int, salts: U32, columns: U32) -> int:
    """How many leaves these are; ValueError as `hash_leaves` says."""
    if salts.dtype != np.uint32 or columns.dtype != np.uint32 or salts.ndim != 2 or columns.ndim != 2:
        raise ValueError("salts and columns must be uint32 arrays of two dimensions")
    n: int = columns.shape[1]
    if salts.shape[1] != n:
        raise ValueError(f"salts for {salts.shape[1]} rows, columns of {n}")
    if start < 0 or start + n > MOST_LEAVES or not 0 <= phase < MOST_PHASES:
        raise ValueError(f"leaves {start} to {start + n} of phase {phase}: at most 2^27 leaves and 5 phases")
    return n


def hash_nodes(level: U32) -> U32:
    """(8, 2m) digests to (8, m): SHA-256(le32(2) || columns 2i and 2i + 1); ValueError for another shape."""
    return _nodes(level, 2)


def hash_quads(level: U32) -> U32:
    """(8, 4m) digests to (8, m): SHA-256(le32(3) || columns 4i .. 4i + 3); ValueError for another shape."""
    return _nodes(level, 4)


def _nodes(level: U32, children: int) -> U32:
    if level.dtype != np.uint32 or level.ndim != 2 or level.shape[0] != 8 or level.shape[1] % children:
        raise ValueError(f"expected uint32 (8, {children}m), got {level.dtype} {level.shape}")
    n = level.shape[1] // children
    if n < BATCH:
        return _nodes(pad(level, children * BATCH), children)[:, :n].copy()
    level, out = plain(level), np.empty((8, n), np.uint32)
    run(_parents, [(level, children, out, lo, hi) for lo, hi in split(n, _FEW, BATCH)])
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
