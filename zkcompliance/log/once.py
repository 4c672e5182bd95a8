"""Inputs are sealed once: a seal keeps the digest of each input's rows, and the same rows are not sealed again.

Whoever is killed cannot know whether a seal stood. The log knows: the digests lie in the meta file of the seal's first
segment, durable before the checkpoint is signed. digest = SHA-256("zkcompliance-input-1" ‖ schema digest ‖ the rows,
one after the other, each as its limbs but act, u16). An empty seal keeps the digest of no rows, and is not repeated
right after itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zkcompliance.edge.shown import command
from zkcompliance.errors import AlreadySealed, LimitExceeded, UsageError
from zkcompliance.log import rows
from zkcompliance.log.layout import Layout
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Chunks = Iterable[NDArray[np.uint32]]


class Inputs:
    """The inputs of one seal of the log at `layout`, which has `size` segments.

    again: rows that are sealed already, or given twice, are taken all the same.
    """

    def __init__(self, layout: Layout, schema: Schema, size: int, *, again: bool) -> None:
        self._layout, self._schema, self._size, self._again = layout, schema, size, again
        self._sealed = {} if again else _sealed(layout, size)
        self.digests: list[bytes] = []

    def read(self, name: str, chunks: Chunks) -> Iterator[NDArray[np.uint32]]:
        """The rows of an input (limbs (width, n)), unchanged; at its end AlreadySealed where they were sealed before.

        name: what messages call it.
        """
        digest = self._digest()
        for chunk in chunks:
            digest.update(chunk[1:].T.astype("<u2").tobytes())
            yield chunk
        mark = digest.digest()
        again = "to seal equal rows once more, if they are really others: add --again"
        if mark in self._sealed:
            raise AlreadySealed(
                f"{name}: its rows are sealed in {self._layout.root} already, as part of the seal that begins with "
                f"segment {self._sealed[mark]}; nothing more was sealed",
                help=command("zkcompliance", "fsck", self._layout.root) + f"  # {again}",
            )
        if mark in self.digests and not self._again:
            raise AlreadySealed(f"{name}: its rows are those of another input; nothing was sealed", help=f"# {again}")
        if len(self.digests) == rows.MAX_INPUTS:
            raise LimitExceeded(f"one seal takes at most {rows.MAX_INPUTS:,} inputs", help="seal them in several steps")
        self.digests.append(mark)

    def nothing(self, inputs: Iterable[tuple[str, Chunks]]) -> Iterator[NDArray[np.uint32]]:
        """The rows of inputs of an empty seal, of which there are none: UsageError names the first input that has some.

        At their end AlreadySealed where the log's last seal is an empty one, unless `again`.
        """
        for name, chunks in inputs:
            if any(chunk.shape[1] for chunk in chunks):
                raise UsageError(
                    f"{name}: holds rows, and an empty seal states that there are none; nothing was sealed"
                )
        yield from ()
        mark = self._digest().digest()
        if self._size and self._sealed.get(mark) == self._size - 1:
            raise AlreadySealed(
                f"that there are no rows is sealed in {self._layout.root} already, as its last segment, "
                f"{self._size - 1}; nothing more was sealed",
                help=command("zkcompliance", "fsck", self._layout.root) + "  # to seal it once more: add --again",
            )
        self.digests.append(mark)

    def _digest(self) -> hashlib._Hash:
        return hashlib.sha256(b"zkcompliance-input-1" + self._schema.digest)


def _sealed(layout: Layout, size: int) -> dict[bytes, int]:
    """Digest of every input that was sealed → the first segment of its seal."""
    segment_of: dict[bytes, int] = {}
    index = 0
    while index < size:
        meta = rows.Meta.load(layout.segment(index).meta)
        segment_of |= dict.fromkeys(meta.inputs, index)
        index += max(1, meta.count)
    return segment_of
