"""The files of `seal --cluster`, read by other processes: each part of a file to a file beside the log's secrets.

What is refused there is read again here, from the file's first row on, so that what is said of it is what is said
without a cluster, with file, row and column; where nothing is refused then, these rows are taken.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from zkcompliance.errors import ImporterError, LogError, SchemaError
from zkcompliance.importers import Importer, Known, Part, Rules, by_name, is_url, mapped, parts
from zkcompliance.importers.ranges import WHOLE, Range, digest, split
from zkcompliance.log import read_ahead
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.progress import Progress
from zkcompliance.schemas import Schema
from zkcompliance.schemas.word import self_declared
from zkcompliance.spread import Handed


@dataclass(frozen=True)
class Reading:
    """How the files of one seal are read. columns: of --map; rules: of --choice and its like; texts: whether those of
    ids are kept."""

    options: Mapping[str, str]
    units: Mapping[str, str]
    columns: Mapping[str, str]
    rules: Rules
    now: int
    meterer: bool
    empty: bool
    texts: bool

    def parts(
        self,
        importer: Importer,
        path: str | Path,
        schema: Schema,
        texts: set[str] | None,
        told: list[str],
        within: Range = WHOLE,
    ) -> Iterator[Part]:
        """The rows of a file or of a part of it. texts: where those of ids are gathered; told: sentences about it.
        ImporterError."""
        found = parts(
            importer, path, schema, self.options, units=self.units, now=self.now, empty=self.empty, texts=texts,
            tell=told.append, within=within,
        )  # fmt: skip
        return found if self.meterer else _own(path, schema, found)


@dataclass(frozen=True)
class Given:
    """A part of a file, to be read by another process that sees it and the log's folder `root`."""

    root: Path
    path: Path
    form: str
    part: Range
    how: Reading
    number: int
    of: int

    @property
    def label(self) -> str:
        """As a dashboard has it."""
        return f"read part {self.number} of {self.of}"


def read_given(given: Given) -> str:
    """Read the part, unless it was read before; the name that it goes by. Runs wherever it is sent.

    ImporterError where rows are refused, or the file changed meanwhile; LogError where the file cannot be read there.
    """
    layout = Layout(given.root)
    schema = Settings.load(layout).schema
    try:
        before = digest(given.path, given.part)
    except OSError as error:
        raise LogError(
            f"{given.path}: {error.strerror}, where another process was to read it",
            help="# every worker sees the inputs and the log under the same paths",
        ) from error
    name = _name_of(given, schema, before)
    if not read_ahead.is_there(layout, name):
        how = given.how
        importer = mapped(by_name(given.form), how.columns, schema, how.rules)
        texts: set[str] | None = set() if how.texts else None
        told: list[str] = []

        def unchanged() -> Iterator[read_ahead.Frame]:
            for part in how.parts(importer, given.path, schema, texts, told, given.part):
                yield read_ahead.Frame(part.columns, part.records)
            if digest(given.path, given.part) != before:
                raise ImporterError(f"{given.path}: was changed while it was read")

        read_ahead.write(layout, schema, name, unchanged(), texts, told)
    return name


def _name_of(given: Given, schema: Schema, data: bytes) -> str:
    """Of everything that decides what the rows are: the bytes, and how they are read."""
    how = given.how
    said = [
        given.form, sorted(how.options.items()), sorted(how.units.items()), sorted(how.columns.items()), how.meterer,
        how.empty, how.texts, given.path.name, given.part.whole,
    ]  # fmt: skip
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()
    return hashlib.sha256(b"zkcompliance-read-1" + schema.digest + data + text).hexdigest()


def _own(name: str | Path, schema: Schema, found: Iterator[Part]) -> Iterator[Part]:
    """Rows that a lab states itself; ImporterError, naming the file, for one whose source is above self_declared."""
    found, looked_at = itertools.tee(found)
    try:
        for part, _ in zip(found, self_declared(schema, (each.columns for each in looked_at)), strict=True):
            yield part
    except SchemaError as error:
        raise ImporterError(f"{name}: {error.message}", help=error.help) from None


def fed(chosen: list[Importer], made: Collection[str] = ()) -> str:
    """The name of the one schema that all these formats, and the evidence that rows are made of, feed; compute where
    that may be several."""
    fed = {each.schemas for each in chosen} | {(name,) for name in made}
    only = next(iter(fed)) if len(fed) == 1 else ()
    return only[0] if len(only) == 1 else "compute"


class Readers:
    """The parts of several files, which were handed out, file by file; used as a context manager.

    report: is told how many parts there are, of all files.
    """

    def __init__(
        self, executor: Executor, layout: Layout, files: list[tuple[Importer, str]], how: Reading, report: Progress
    ) -> None:
        self._layout, self._report = layout, report
        self._schema = Settings.load(layout).schema
        self._given: list[range | None] = []  # of each file, the numbers of its parts
        pieces: list[Given] = []
        for importer, name in files:
            path = Path(name)
            # rules count the rows of a whole file, and a server is asked once: this process does it
            found = None if how.rules or is_url(name) else split(importer, path)
            before = len(pieces)
            pieces += [
                Given(layout.root.absolute(), path.absolute(), importer.name, part, how, 0, 0) for part in found or ()
            ]
            self._given.append(None if found is None else range(before, len(pieces)))
        self._of = len(pieces)
        numbered = [replace(each, number=at, of=self._of) for at, each in enumerate(pieces, 1)]
        self._handed = Handed(executor, read_given, numbered)

    def parts(
        self, number: int, kept: set[str] | None, told: list[str], here: Callable[[], Iterator[Part]]
    ) -> Iterator[Part]:
        """The rows of file `number`. kept: where texts of ids are gathered, told: sentences about it; here: how this
        process reads it itself."""
        given = self._given[number]
        if given is None:
            yield from here()
            return
        names = []
        try:
            for piece in given:
                names.append(self._handed.result(piece))
                self._report("read parts", piece + 1, self._of)
        except ImporterError:
            yield from here()
            return
        for name in names:
            for frame in read_ahead.load(self._layout, self._schema, name, kept, told):
                yield Part(frame.columns, tuple(Known(*each) for each in frame.records))

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        self._handed.close()
