"""Rows that a piece of evidence backs get its number and its source when they are sealed, by this code alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.errors import ImporterError, SchemaError, UsageError
from zkcompliance.importers import Part
from zkcompliance.importers.backed import Backing, Trusted, digest_of, read
from zkcompliance.importers.model import BATCH_ROWS
from zkcompliance.schemas import Schema, encode_rows
from zkcompliance.schemas.catalogue import SOURCES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass
class Evidenced:
    """The pieces of one seal. backs: which piece (its place in `pieces`) backs an input, by its name; digests: SHA-256
    of such an input, as it was checked; numbers: of the pieces in the log, which whoever seals fills in before a row is
    read, and keeps the pieces under before one is sealed (`log.backing`)."""

    pieces: Sequence[Backing]
    backs: Mapping[str, int]
    digests: Mapping[str, bytes]
    numbers: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, paths: Sequence[Path], trust: Sequence[Path], inputs: Sequence[str], now: int) -> Evidenced:
        """Everything checked. UsageError for a piece that backs nothing here; else as `importers.backed.read`."""
        if trust and not paths:
            raise UsageError(
                "who is trusted for evidence is said, and no evidence is there: give --evidence too",
                help="zkcompliance seal --help",
            )
        pieces = read(paths, Trusted.read(trust), now)
        about = any(piece.rows is None for piece in pieces)
        digests = {name: digest_of(name) for name in inputs} if about else {}
        backs: dict[str, int] = {}
        for place, piece in enumerate(pieces):
            found = [name for name in inputs if digests.get(name) in piece.files]
            if piece.rows is None and not found:
                raise UsageError(
                    f"{piece.name}: is about none of the inputs: it names other files, by their SHA-256",
                    help="# give the very file that was signed as INPUT",
                )
            for name in found:
                if name in backs:
                    raise UsageError(f"{name}: two pieces of evidence are about it, and a row names one: leave one out")
                backs[name] = place
        return cls(pieces, backs, digests)

    @property
    def makers(self) -> list[int]:
        """The places of the pieces that rows are made of."""
        return [place for place, piece in enumerate(self.pieces) if piece.rows is not None]

    @property
    def schemas(self) -> set[str]:
        """The names of the schemas whose rows are made of evidence."""
        return {piece.schema for piece in self.pieces if piece.rows is not None}

    def check(self, schema: Schema, options: Mapping[str, str], taken: frozenset[str]) -> None:
        """UsageError for rows of another schema, a schema without the two columns, or an option that nobody takes.

        taken: options of the inputs' formats.
        """
        if self.pieces and not {"evidence", "source"} <= {column.name for column in schema.columns}:
            raise UsageError(f"rows of {schema.label} have no columns evidence and source")
        known = set(taken)
        for piece in self.pieces:
            piece.check(schema)
            known |= set(piece.options)
        for name in options if self.makers else ():
            if name not in known:
                raise UsageError(f"no evidence has an option {name!r}; there is {', '.join(sorted(known))}")

    @property
    def kept(self) -> list[bytes]:
        """The pieces as the log keeps them."""
        return [piece.piece for piece in self.pieces]

    def made(
        self, place: int, schema: Schema, options: Mapping[str, str], now: int, kept: set[str] | None
    ) -> Iterator[Part]:
        """The rows of a piece, as limbs. kept: where texts of ids are gathered. ImporterError names it."""
        piece = self.pieces[place]
        if piece.rows is None:
            return
        given = {name: value for name, value in options.items() if name in piece.options}
        try:
            rows = list(piece.rows(given))
            if not rows:
                raise ImporterError("gives no rows")
            if kept is not None:
                ids = [column.name for column in schema.columns if column.type == "id"]
                kept.update(str(row[name]) for row in rows for name in ids if isinstance(row.get(name), str))
            for at in range(0, len(rows), BATCH_ROWS):
                columns = encode_rows(schema, rows[at : at + BATCH_ROWS], at + 1, now=now)
                yield Part(self._stamped(place, schema, columns), ())
        except (ImporterError, SchemaError, UsageError) as error:
            raise type(error)(f"{piece.name}: {error.message}", help=error.help) from None

    def backed(self, name: str, schema: Schema, parts: Iterator[Part]) -> Iterator[Part]:
        """The rows of an input, which bear the number of the piece that backs it, if one does.

        ImporterError at the end where it is not the file that was checked any more.
        """
        place = self.backs.get(name)
        if place is None:
            yield from parts
            return
        for part in parts:
            yield Part(self._stamped(place, schema, part.columns), part.records)
        if digest_of(name) != self.digests[name]:
            raise ImporterError(f"{name}: was changed while it was read")

    def _stamped(self, place: int, schema: Schema, columns: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Limbs (width, n) with the number and the source of a piece."""
        columns = columns.copy()
        for at, limb in enumerate(schema.limbs("evidence")):
            columns[limb] = self.numbers[place] >> 16 * at & 0xFFFF
        columns[schema.limbs("source")[0]] = SOURCES.index(self.pieces[place].source)
        return columns
