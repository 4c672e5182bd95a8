"""Inputs are sealed once: a seal keeps the digest of each input's rows, and the same rows are passed over later.

Formats whose rows are of records with an identity (`zkcompliance.log.records`) are held against it row by row: the same
row is passed over, so that a file that grew brings what is new in it, and a record that was changed is refused.

Whoever is killed cannot know whether a seal stood. The log knows: the digests lie in the meta file of the seal's first
segment, durable before the checkpoint is signed. digest = SHA-256("zkcompliance-input-1" ‖ schema digest ‖ the rows,
one after the other, each as its limbs but act, u16). An empty seal keeps the digest of no rows, and is not repeated
right after itself. Where the log goes on under a later version of its schema, rows in which every new column is missing
are known again by their digest under the version before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from zkcompliance import schemas
from zkcompliance.edge.shown import command
from zkcompliance.errors import AlreadySealed, ChangedSinceSealed, LimitExceeded, LogError, UsageError
from zkcompliance.log.equal_rows import EqualRows
from zkcompliance.log.layout import Layout
from zkcompliance.log.pending import Pending
from zkcompliance.log.records import Record, row_digests
from zkcompliance.log.records import load as load_records
from zkcompliance.log.rows import MAX_INPUTS, Meta
from zkcompliance.log.since import Older, Since
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import narrowed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Chunks = Iterable["NDArray[np.uint32] | Piece"]

_CHANGED = (
    "read it with the options of that seal, and leave out what was changed since: --since TIME leaves out older rows; "
    "if both rows are meant to count: add --again"
)
_AGAIN = "to seal equal rows once more, if they are really others: add --again"


@dataclass(frozen=True)
class Piece:
    """Rows of an input, limbs (width, n); records: which record each row is of, where the format says it."""

    columns: NDArray[np.uint32]
    records: Sequence[Record]


class Input(NamedTuple):
    """An input: what messages call it, its rows in order, and whether two of them that are equal are a mistake."""

    name: str
    chunks: Chunks
    distinct: bool = False


class Passed(NamedTuple):
    """Rows of an input that were passed over: how many, and in the seal of which segment they are (None: this)."""

    name: str
    rows: int
    segment: int | None


class Inputs:
    """The inputs of one seal of the log at `layout`, which has `size` segments; their rows are added to `pending`.

    again: rows that are sealed already, or given twice, are taken all the same. since: older rows are left out, whether
    they are sealed or not. Complete when all were read: `digests` and `records`, which are kept with the seal,
    `passed`, what it left out as sealed, and `older`.
    """

    def __init__(
        self, layout: Layout, schema: Schema, size: int, pending: Pending, *, again: bool, since: Since | None = None
    ) -> None:
        self._since = since
        self._layout, self._schema, self._size, self._again = layout, schema, size, again
        self._pending = pending
        self._sealed = {} if again else _sealed(layout, size)
        self._earlier: dict[bytes, tuple[bytes, int]] | None = None
        self.digests: list[bytes] = []
        self.records: dict[bytes, bytes] = {}
        self.passed: list[Passed] = []
        self.older: list[Older] = []

    def read(self, inputs: Iterable[tuple[str, Chunks] | Input]) -> Iterator[NDArray[np.uint32]]:
        """The rows to be added, which whoever takes them has added when the next are asked for.

        AlreadySealed at the end where there were inputs and none had anything new. ChangedSinceSealed for a record that
        is sealed otherwise, LogError for two equal rows of an input that may have none.
        """
        any_new = False
        for each in inputs:
            any_new |= yield from self._read(Input(*each))
        if self.passed and not any_new:
            name, _, segment = self.passed[0]
            raise AlreadySealed(
                f"{name}: its rows are sealed in {self._layout.root} already, as part of the seal that begins with "
                f"segment {segment}; nothing more was sealed",
                help=command("zkcompliance", "fsck", self._layout.root) + f"  # {_AGAIN}",
            )
        if self.older and self._since is not None and not any_new:
            raise LogError(
                f"{self.older[0].name}: all its rows are older than {self._since.text}; nothing was sealed",
                help="give an earlier time with --since TIME, or leave it out",
            )

    def _read(self, given: Input) -> Generator[NDArray[np.uint32], None, bool]:
        """Whether the input had anything new."""
        own, *before = self._marks()
        mark = self._pending.mark()
        equal = EqualRows(self._schema.width) if given.distinct else None
        records: dict[bytes, bytes] = {}
        rows = taken = 0
        segment: int | None = None
        older = Older(given.name, 0, 0)
        for whole in given.chunks:
            chunk, left = self._newer(given.name, whole)
            older = Older(given.name, older.rows + left.rows, _both(older.unsealed, left.unsealed))
            columns = chunk.columns if isinstance(chunk, Piece) else chunk
            rows += columns.shape[1]
            for each in (own, *before):
                each.take(columns)
            if equal is not None:
                equal.take(columns)
            if isinstance(chunk, Piece):
                new, found = self._new(given.name, chunk, records)
                columns = columns[:, new]
                segment = found if segment is None else segment
            taken += columns.shape[1]
            if columns.shape[1]:
                yield columns
        if equal is not None and (pair := equal.first()) is not None:
            raise LogError(
                f"{given.name}: row {pair[1]} equals row {pair[0]} in every column, and nothing was sealed",
                help="take one of them out; if both are meant, as what happened twice: add --equal-rows",
            )
        if older.rows:
            self.older.append(older)
            if not rows:
                return False
        digest = own.digest
        known = next((each.digest for each in (own, *before) if each.digest in self._sealed), None)
        if known is not None or (digest in self.digests and not self._again):
            self._pending.back(mark)
            self.passed.append(Passed(given.name, rows, None if known is None else self._sealed[known]))
            return False
        if taken < rows:
            self.passed.append(Passed(given.name, rows - taken, segment))
            if not taken:
                return False
        if len(self.digests) == MAX_INPUTS:
            raise LimitExceeded(f"one seal takes at most {MAX_INPUTS:,} inputs", help="seal them in several steps")
        self.digests.append(digest)
        self.records |= records
        return True

    def _new(self, name: str, piece: Piece, records: dict[bytes, bytes]) -> tuple[list[int], int | None]:
        """Which rows of a piece are of records that are not sealed, and the first segment of a seal that has others.

        records: those of this input so far, to which the new ones are added.
        """
        new: list[int] = []
        segment: int | None = None
        written = (records, self.records, self._pending.records)
        digests = row_digests(self._schema, piece.columns, [record.aside for record in piece.records])
        for at, (record, row) in enumerate(zip(piece.records, digests, strict=True)):
            here = next((each[record.identity] for each in written if record.identity in each), None)
            before = (here, None) if here is not None else None if self._again else self._known().get(record.identity)
            if before is None or self._again:
                new.append(at)
                records[record.identity] = row
            elif before[0] == row or before[0] in self._under_earlier(piece.columns[:, at : at + 1], record):
                segment = before[1] if segment is None else segment
            else:
                where = "in this seal" if before[1] is None else f"in the seal that begins with segment {before[1]}"
                raise ChangedSinceSealed(
                    f"{name}: {record.name} is there {where} already, and its row says something else; "
                    "nothing was sealed",
                    help=f"{record.help}; {_CHANGED}" if record.help else _CHANGED,
                )
        return new, segment

    def _newer(self, name: str, chunk: NDArray[np.uint32] | Piece) -> tuple[NDArray[np.uint32] | Piece, Older]:
        """The rows of a piece that are not older, and how many were."""
        columns = chunk.columns if isinstance(chunk, Piece) else chunk
        older = None if self._since is None else self._since.older(self._schema, columns)
        if self._since is None or older is None or not older.any():
            return chunk, Older(name, 0, 0)
        rows, left = int(older.sum()), older.tolist()
        if not isinstance(chunk, Piece):
            self._since.require_sealed(name, "a row of it says nothing of what it is of")
            return columns[:, ~older], Older(name, rows, None)
        unsealed = [
            record.name
            for record, out in zip(chunk.records, left, strict=True)
            if out and record.identity not in self._known()
        ]
        if unsealed:
            self._since.require_sealed(name, f"{unsealed[0]} is not sealed")
        kept = [record for record, out in zip(chunk.records, left, strict=True) if not out]
        return Piece(columns[:, ~older], kept), Older(name, rows, len(unsealed))

    def _known(self) -> dict[bytes, tuple[bytes, int]]:
        """What `sealed_records` found of the log, read once."""
        if self._earlier is None:
            self._earlier = sealed_records(self._layout, self._size)
        return self._earlier

    def _under_earlier(self, columns: NDArray[np.uint32], record: Record) -> list[bytes]:
        """The digests that a record's row has under the versions before of its schema that can say it."""
        found = ((each, narrowed(each, self._schema, columns)) for each in schemas.earlier(self._schema))
        return [row_digests(each, row, [record.aside])[0] for each, row in found if row is not None]

    def nothing(self, inputs: Iterable[tuple[str, Chunks] | Input]) -> Iterator[NDArray[np.uint32]]:
        """The rows of inputs of an empty seal, of which there are none: UsageError names the first input that has some.

        At their end AlreadySealed where the log's last seal is an empty one, unless `again`.
        """
        for name, chunks, *_ in inputs:
            if any((chunk.columns if isinstance(chunk, Piece) else chunk).shape[1] for chunk in chunks):
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


def _both(a: int | None, b: int | None) -> int | None:
    """The sum of two numbers, None where one is not known."""
    return None if a is None or b is None else a + b


def sealed_records(layout: Layout, size: int) -> dict[bytes, tuple[bytes, int]]:
    """Identity of every record that was sealed → the digest of its row, the first segment of its seal."""
    found: dict[bytes, tuple[bytes, int]] = {}
    for index in range(size):
        found |= {identity: (row, index) for identity, row in load_records(layout.segment(index)).items()}
    return found


def _sealed(layout: Layout, size: int) -> dict[bytes, int]:
    """Digest of every input that was sealed → the first segment of its seal."""
    segment_of: dict[bytes, int] = {}
    index = 0
    while index < size:
        meta = Meta.load(layout.segment(index).meta)
        segment_of |= dict.fromkeys(meta.inputs, index)
        index += max(1, meta.count)
    return segment_of
