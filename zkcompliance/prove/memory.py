"""How much memory a proof takes while it is made, from its shapes, and how much there is where it is made."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import Executor
from pathlib import Path

from zkcompliance.prove.shapes import verifier_shape
from zkcompliance.stark.statement import Statement

_FIELD, _EXTENSION = 4, 6  # bytes of an element of F; elements of F in one of E
# What a proof consists of, of the memory: one in so many of this machine's, which does other things too, and of a
# worker's, which does nothing else. What was seen of a whole process is up to 1.4 times what a proof consists of.
_SHARE_HERE, _SHARE_OF_WORKER = 4, 2
_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def needed(statement: Statement) -> int:
    """Bytes of everything that is extended to a domain: what a proof consists of, but for what is small beside it.

    For each instance its columns, 4·2^(κ + b)·(log columns + witness columns + 6·extension columns); for each height
    its quotient's chunks and mask, 4·2^(κ + b)·6·(c + 1).
    """
    shape = verifier_shape(statement)
    total = 0
    for instance in shape.instances:
        log = 0 if instance.entry is None else instance.entry.width
        columns = log + instance.witness_columns + _EXTENSION * instance.extension_columns
        total += _FIELD * columns << shape.profile.log_domain(instance.kappa)
    for height, chunks in zip(shape.heights, shape.chunks, strict=True):
        total += _FIELD * _EXTENSION * (chunks + 1) << shape.profile.log_domain(height)
    return total


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


def room(executor: Executor | None) -> int:
    """Bytes of what a proof may consist of that these workers make, or this process (None); 0 where nobody says.

    A worker has what its executor says (`memory_each`), or else as much as this machine.
    """
    each: int = getattr(executor, "memory_each", 0)
    return each // _SHARE_OF_WORKER if each else there_is() // _SHARE_HERE
