"""Inputs are sealed once: a seal keeps the digest of each input's rows, and the same rows are not sealed again.

Whoever is killed cannot know whether a seal stood. The log knows: the digests lie in the meta file of the seal's first
segment, durable before the checkpoint is signed. digest = SHA-256("zkcompliance-input-1" ‖ schema digest ‖ the rows,
one after the other, each as its limbs but act, u16). An empty seal keeps the digest of no rows, and is not repeated
right after itself. Where the log goes on under a later version of its schema, rows in which every new column is missing
are known again by their digest under the version before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zkcompliance import schemas
from zkcompliance.edge.shown import command
from zkcompliance.errors import AlreadySealed, LimitExceeded, UsageError
from zkcompliance.log import rows
from zkcompliance.log.layout import Layout
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import narrowed

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
        own, *before = self._marks()
        for chunk in chunks:
            for each in (own, *before):
                each.take(chunk)
            yield chunk
        again = "to seal equal rows once more, if they are really others: add --again"
        for known in (each.digest for each in (own, *before) if each.digest in self._sealed):
            raise AlreadySealed(
                f"{name}: its rows are sealed in {self._layout.root} already, as part of the seal that begins with "
                f"segment {self._sealed[known]}; nothing more was sealed",
                help=command("zkcompliance", "fsck", self._layout.root) + f"  # {again}",
            )
        mark = own.digest
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
        own, *before = (each.digest for each in self._marks())
        if self._size and self._size - 1 in (self._sealed.get(each) for each in (own, *before)):
            raise AlreadySealed(
                f"that there are no rows is sealed in {self._layout.root} already, as its last segment, "
                f"{self._size - 1}; nothing more was sealed",
                help=command("zkcompliance", "fsck", self._layout.root) + "  # to seal it once more: add --again",
            )
        self.digests.append(own)

    def _marks(self) -> list[_Mark]:
        """Of one input: its own, and those that it would have under the versions before."""
        return [_Mark(each, self._schema) for each in (self._schema, *schemas.earlier(self._schema))]


class _Mark:
    """The digest of an input's rows, given under `schema`, as rows under `of`: the same, or a version before it.

    `digest` is empty where they say what that version cannot.
    """

    def __init__(self, of: Schema, schema: Schema) -> None:
        self._of, self._schema = of, schema
        self._rows: hashlib._Hash | None = hashlib.sha256(b"zkcompliance-input-1" + of.digest)

    def take(self, chunk: NDArray[np.uint32]) -> None:
        """Further rows, limbs (width, n)."""
        rows = chunk if self._of is self._schema else narrowed(self._of, self._schema, chunk)
        if rows is None:
            self._rows = None
        elif self._rows is not None:
            self._rows.update(rows[1:].T.astype("<u2").tobytes())

    @property
    def digest(self) -> bytes:
        return b"" if self._rows is None else self._rows.digest()


def _sealed(layout: Layout, size: int) -> dict[bytes, int]:
    """Digest of every input that was sealed → the first segment of its seal."""
    segment_of: dict[bytes, int] = {}
    index = 0
    while index < size:
        meta = rows.Meta.load(layout.segment(index).meta)
        segment_of |= dict.fromkeys(meta.inputs, index)
        index += max(1, meta.count)
    return segment_of
