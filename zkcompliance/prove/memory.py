"""How much memory a proof takes while it is made, from its shapes, and how much there is where it is made."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import Executor
from pathlib import Path

from zkcompliance.prove.shapes import verifier_shape
from zkcompliance.stark.commit.cache import KEPT_LOG2
from zkcompliance.stark.commit.merkle import DROPPED_LOG2
from zkcompliance.stark.prover.columns import MOST_KEPT_BYTES, MOST_PASSING_BYTES
from zkcompliance.stark.statement import Statement

_FIELD, _EXTENSION = 4, 6  # bytes of an element of F; elements of F in one of E
# What a proof consists of, of the memory: one in so many of this machine's, which does other things too, and of a
# worker's, which does nothing else. What was seen of a whole process is up to 1.4 times what a proof consists of.
_SHARE_HERE, _SHARE_OF_WORKER = 4, 2
_TREES, _DIGEST = 4, 32  # of segments, witness, extension and quotient
_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def needed(statement: Statement) -> int:
    """Bytes of what is held at once while a proof is made, but for what is small beside it.

    For each instance its columns on 2^k rows, and of those that are masked the polynomials: 4·(log columns twice,
    witness columns, 6·extension columns); of a segment that keeps no extension also that, 4·2^(κ + b)·(log columns).
    For each height four trees without their lowest levels, 64·2^(κ + b − 3) each; of two phases the values of one
    coset, or of as many of its points as may pass, and what is kept of all; the quotient's values on its cosets, and
    once more, its chunks and their mask.
    Then the layers of FRI, 24·2^(κ + b) and a seventh of that.
    """
    shape = verifier_shape(statement)
    blowup, total = shape.profile.blowup, 0
    for height, chunks in zip(shape.heights, shape.chunks, strict=True):
        size = _FIELD << height
        widths = [0, 0]
        for number in shape.at_height(height):
            instance = shape.instances[number]
            log = 0 if instance.entry is None else instance.entry.width
            own = (instance.witness_columns, _EXTENSION * instance.extension_columns)
            total += _FIELD * (2 * log + sum(own)) << instance.k
            total += blowup * log * size if instance.k < KEPT_LOG2 else 0
            widths = [known + more for known, more in zip(widths, own, strict=True)]
        for width in widths:
            total += min(MOST_PASSING_BYTES, width * size) + min(MOST_KEPT_BYTES, blowup * width * size)
        total += _TREES * 2 * _DIGEST * (blowup << height >> DROPPED_LOG2)
        total += (2 * min(chunks, blowup) + chunks + 1) * _EXTENSION * size
    layers = _EXTENSION * _FIELD * blowup << shape.heights[0]
    return total + layers + layers // 7


def there_is() -> int:
    """Bytes of this machine's memory, or of the part that this process may have; 0 where nobody says."""
    found = []
    with contextlib.suppress(ValueError, OSError, AttributeError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in _GROUPS:
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isascii() and text.isdecimal():
            found.append(int(text))
    return min((each for each in found if each > 0), default=0)


def each_has(executor: Executor | None) -> int:
    """Bytes of memory where a proof is made, by one of these workers or by this process (None); 0 where nobody says.

    A worker has what its executor says (`memory_each`), or else as much as this machine.
    """
    each: int = getattr(executor, "memory_each", 0)
    return each or there_is()


def room(executor: Executor | None) -> int:
    """Bytes of what a proof may consist of that these workers make, or this process (None); 0 where nobody says."""
    each: int = getattr(executor, "memory_each", 0)
    return each // _SHARE_OF_WORKER if each else there_is() // _SHARE_HERE
