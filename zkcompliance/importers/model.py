"""What an importer is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from zkcompliance.errors import UsageError
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zkcompliance.schemas.columnar import Encoder

    Batch = list["Row"] | NDArray[np.uint32]

Row = Mapping[str, object]


class Known(NamedTuple):
    """Which record a row is of.

    identity: texts and whole numbers, the same in every later export, and no other record's; name: what messages call
    it, e.g. `job 500`; aside: columns in which its rows may differ, since the file says nothing of them; help: what to
    do where its row was changed, besides what holds of all records.
    """

    identity: tuple[str | int, ...]
    name: str
    aside: tuple[str, ...] = ()
    help: str = ""


class Identified(dict[str, object]):
    """A row of a record that has an identity."""

    __slots__ = ("known",)

    def __init__(
        self, row: Row, identity: tuple[str | int, ...], name: str, aside: tuple[str, ...] = (), help: str = ""
    ) -> None:
        super().__init__(row)
        self.known = Known(identity, name, aside, help)


class Said(NamedTuple):
    """Among the rows that a reader yields: a sentence about the input, for whoever imports it."""

    text: str


Reader = Callable[[BinaryIO, str, Schema, Mapping[str, str]], Iterator[Row | Said]]
PlaceReader = Callable[[str, Schema, Mapping[str, str]], Iterator[Row | Said]]
BatchReader = Callable[[BinaryIO, "Encoder"], Iterator["Batch"]]
BATCH_ROWS = 8192


@dataclass(frozen=True)
class Importer:
    """A named format. `schemas`: those it can feed, empty for any. `options`: name → what it means and defaults to.

    `columns`: what its rows have, from the input or by an option; empty where they have whatever the input has.

    `read(file, file name, schema, options)` yields rows in order, and sentences about the input where there are some to
    be said, and raises ImporterError naming row (or line) and column. `batches(file, encoder)`, where a format has it,
    yields the same rows BATCH_ROWS at a time, fewer only at the end of the file or of a part of it: as limbs where
    whole columns could be read, as a list of rows where not. It raises what `read` raises. `place(place, schema,
    options)`, where a format has it, yields the rows of what is no file: a folder, or what a URL names. `grows`: its
    files are lines that are written one by one, so that those that have their end stay as they are. `ends_anywhere`: a
    last line that was cut may read like a whole one, so that it is said where it has no line end.
    """

    name: str
    title: str
    formula: str
    read: Reader
    schemas: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    batches: BatchReader | None = None
    columns: tuple[str, ...] = ()
    place: PlaceReader | None = None
    grows: bool = False
    ends_anywhere: bool = False

    def fills(self, schema: Schema, column: str) -> bool:
        """Whether its rows can have this column of the schema."""
        return (not self.schemas or schema.name in self.schemas) and (not self.columns or column in self.columns)

    def told(self, options: Mapping[str, str], *, whole: bool) -> str:
        """What is printed before rows are read: the formula, cut unless `whole`, and what the user stated."""
        first, mark, _ = self.formula.partition("; ")
        stated = ", ".join(f"{name}={value}" for name, value in options.items())
        says = self.formula if whole or not mark else f"{first}; … (all of it: -v)"
        return f"{self.name}: {says}" + (f"; stated: {stated}" if stated else "")

    def check(self, schema: Schema, options: Mapping[str, str]) -> None:
        """UsageError when this importer cannot feed `schema` or has no such option."""
        if self.schemas and schema.name not in self.schemas:
            raise UsageError(
                f"format {self.name} gives rows of {', '.join(self.schemas)}, not {schema.name}",
                help=f"seal with --schema {self.schemas[0]}, in a log of its own",
            )
        for name in options:
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                raise UsageError(
                    f"format {self.name} has no option {name!r}; it has {known}", help="zkcompliance formats"
                )
