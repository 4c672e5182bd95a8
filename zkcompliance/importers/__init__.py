"""Readers of real log formats: an explicit table, each with the formula it uses, all streaming.

`encode` is what sealing uses: rows → limbs, chunk by chunk, with errors that name file, row and column and never a
value.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from zkcompliance.edge import regular
from zkcompliance.errors import ImporterError, SchemaError, UsageError
from zkcompliance.importers import (
    arrow,
    csv_table,
    hf_trainer,
    inspect_ai,
    json_lines,
    json_table,
    kube_state,
    kubernetes,
    lightning,
    lm_eval,
    megatron,
    mlflow,
    nanogpt,
    prometheus,
    slurm,
    tensorboard,
    torchtitan,
    wandb,
)
from zkcompliance.importers.fields import Fields
from zkcompliance.importers.model import BATCH_ROWS, Identified, Importer, Known, Row, Said
from zkcompliance.importers.ranges import WHOLE, Within
from zkcompliance.importers.rules import Rules
from zkcompliance.schemas import Schema, encode_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zkcompliance.importers.model import Batch

FORMATS: dict[str, Importer] = {
    "csv": csv_table.IMPORTER,
    "jsonl": json_lines.IMPORTER,
    "json": json_table.IMPORTER,
    "arrow": arrow.IMPORTER,
    "inspect": inspect_ai.IMPORTER,
    "lm-eval": lm_eval.IMPORTER,
    "slurm": slurm.IMPORTER,
    "kubernetes": kubernetes.IMPORTER,
    "kube-state": kube_state.IMPORTER,
    "dcgm": prometheus.IMPORTER,
    "hf-trainer": hf_trainer.IMPORTER,
    "mlflow": mlflow.IMPORTER,
    "lightning": lightning.IMPORTER,
    "tensorboard": tensorboard.IMPORTER,
    "wandb": wandb.IMPORTER,
    "nanogpt": nanogpt.IMPORTER,
    "megatron": megatron.IMPORTER,
    "torchtitan": torchtitan.IMPORTER,
}
_MAPPED = {
    "csv": csv_table.importer, "jsonl": json_lines.importer, "json": json_table.importer, "arrow": arrow.importer,
}  # fmt: skip
_SUFFIXES = {
    ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "arrow", ".arrow": "arrow", ".feather": "arrow",
    ".eval": "inspect", ".wandb": "wandb",
}  # fmt: skip


def opened(path: Path) -> BinaryIO:
    """A file that is to be read, by a link too; OSError for a pipe, a socket or a device."""
    return regular.open_given(path)


def by_name(name: str) -> Importer:
    """The importer of that name; UsageError lists what there is."""
    if name not in FORMATS:
        raise UsageError(f"no format {name!r}; there is {', '.join(FORMATS)}", help="zkcompliance formats")
    return FORMATS[name]


def mapped(importer: Importer, columns: Mapping[str, str], schema: Schema, rules: Rules | None = None) -> Importer:
    """The importer as it reads one file whose fields are columns as `columns` says (column → field), if it may say it.

    rules: what cells stand for, and which columns the file lacks; such files are read row by row.
    UsageError for a format that names its fields itself, a column that is none of the schema, or one that is
    said twice.
    """
    rules = rules or Rules()
    if not columns and not rules:
        return importer
    if importer.name not in _MAPPED:
        raise UsageError(
            f"format {importer.name} says itself which columns its rows have: leave --map out, and --choice, --same, "
            "--number and --times",
            help="zkcompliance formats",
        )
    first: dict[str, str] = {}  # field → the first column that it is; the others are copies of that
    for column, name in columns.items():
        first.setdefault(name, column)
    copies = {column: first[name] for column, name in columns.items() if first[name] != column}
    once = {column: name for column, name in columns.items() if column not in copies}
    chosen = frozenset((*rules.choices, *(copies[column] for column in rules.choices if column in copies)))
    Fields(columns).check(schema)
    rules.check(schema, columns)
    found = _MAPPED[importer.name](Fields(once, rules.given.union(copies), chosen))
    if not rules and not copies:
        return found
    inner = found.read

    def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row | Said]:
        """The rows that the file's own stand for."""
        number = 0
        for row in inner(file, name, schema, options):
            if isinstance(row, Said):
                yield row
                continue
            number += 1
            whole = {**row, **{column: row[source] for column, source in copies.items() if source in row}}
            yield rules.row(whole, number, schema)

    return replace(found, read=read, batches=None)


def guess(path: str | Path) -> Importer:
    """The importer that a file name's ending stands for; UsageError when it stands for none."""
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(f"{path}: name its format with --from", help="zkcompliance formats")
    return FORMATS[_SUFFIXES[suffix]]


def rows(
    importer: Importer,
    path: str | Path,
    schema: Schema,
    options: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
    within: Within = WHOLE,
) -> Generator[Row, None, None]:
    """The rows of one file, streaming. The file is opened once. ImporterError, or UsageError for a wrong option.

    tell: takes sentences about the input. within: the part of the file that is read.
    """
    with contextlib.closing(_read(importer, path, schema, options, within, tell)) as source:
        for each in source:
            if isinstance(each, Said):
                tell(each.text)
            else:
                yield each


def _read(
    importer: Importer, path: str | Path, schema: Schema, options: Mapping[str, str] | None, within: Within,
    tell: Callable[[str], None],
) -> Generator[Row | Said, None, None]:  # fmt: skip
    """What the importer yields of one input."""
    importer.check(schema, options or {})
    if importer.place is not None and (is_url(path) or Path(path).is_dir()):
        with _naming(importer, path, schema):
            yield from importer.place(str(path), schema, dict(options or {}))
        return
    with _reading(importer, path, schema, within, tell) as file:
        yield from importer.read(file, Path(path).name, schema, dict(options or {}))


def is_url(path: str | Path) -> bool:
    """Whether it is a URL, and no path of a file. UsageError, which does not repeat it, for one with a password."""
    scheme, mark, rest = str(path).partition("://")
    if not mark or not scheme.isalpha():
        return False
    if "@" in rest.partition("/")[0]:
        raise UsageError(
            "a URL with a name or password in it is seen by all users of a machine",
            help="MLflow takes them from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD: leave them out of it",
        )
    return True


@contextlib.contextmanager
def _reading(
    importer: Importer, path: str | Path, schema: Schema, within: Within, tell: Callable[[str], None]
) -> Iterator[BinaryIO]:
    """The file, or a part of it, and ImporterError that names it for whatever goes wrong while it is read."""
    with _naming(importer, path, schema):
        if is_url(path):
            raise UsageError(f"{path}: format {importer.name} is read from files", help="zkcompliance formats")
        with regular.open_given(Path(path)) as file:
            source = within.cut(file)
            if importer.ends_anywhere and _lacks_end(source):
                tell("its last line has no line end, as some spreadsheets write it; of a file that was cut, it is cut")
            yield source


def _lacks_end(source: BinaryIO) -> bool:
    """Whether a stream that can be gone back in ends in anything but a line end; it is at its beginning then."""
    if not source.seekable() or not source.seek(0, 2):
        return False
    source.seek(-1, 2)
    last = source.read(1)
    source.seek(0)
    return last != b"\n"


@contextlib.contextmanager
def _naming(importer: Importer, path: str | Path, schema: Schema) -> Iterator[None]:
    """ImporterError that names the input for whatever goes wrong while it is read."""
    try:
        yield
    except OSError as error:
        raise ImporterError(
            f"{path}: {error.strerror}", help="give a file that is there and that you may read"
        ) from error
    except UnicodeDecodeError as error:
        raise ImporterError(f"{path}: is not UTF-8: {error.reason}") from None
    except ImporterError as error:
        own = importer.schemas or not error.help.startswith("zkcompliance explain")
        help_line = error.help if own else f"zkcompliance schemas {schema.name}"
        raise ImporterError(f"{path}: {error.message}", help=help_line) from error.__cause__


@dataclass(frozen=True)
class Part:
    """Rows of a file: limbs (width, n), and of which record each is, where the format says it."""

    columns: NDArray[np.uint32]
    records: tuple[Known, ...]


def encode(
    importer: Importer,
    path: str | Path,
    schema: Schema,
    options: Mapping[str, str] | None = None,
    *,
    units: Mapping[str, str] | None = None,
    now: int | None = None,
    empty: bool = False,
) -> Iterator[NDArray[np.uint32]]:
    """The limbs of `parts`."""
    for part in parts(importer, path, schema, options, units=units, now=now, empty=empty):
        yield part.columns


def parts(
    importer: Importer,
    path: str | Path,
    schema: Schema,
    options: Mapping[str, str] | None = None,
    *,
    units: Mapping[str, str] | None = None,
    now: int | None = None,
    empty: bool = False,
    texts: set[str] | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
    within: Within = WHOLE,
) -> Iterator[Part]:
    """`rows` as limbs (width, n), in chunks; SchemaError becomes ImporterError that names the file.

    A file without rows is refused, unless `empty`. The file must be whole all the same: a CSV has its header.
    texts: where the texts of ids are gathered. tell: takes sentences about the input. within: the part of the file that
    is read, rows counted from its first.
    units, now: as `schemas.encode_rows`; a format that computes its shares has no unit to state (UsageError).
    """
    if units and importer.schemas:
        raise UsageError(
            f"format {importer.name} says itself which unit its shares have: leave --unit out",
            help="zkcompliance formats",
        )
    ids = [column.name for column in schema.columns if column.type == "id"]
    first = 1
    with contextlib.closing(_batches(importer, path, schema, options, units, now, texts, tell, within)) as source:
        for batch in source:
            records: tuple[Known, ...] = ()
            if isinstance(batch, list):
                if texts is not None:
                    texts.update(str(row[name]) for row in batch for name in ids if isinstance(row.get(name), str))
                records = tuple(row.known for row in batch if isinstance(row, Identified))
                try:
                    batch = encode_rows(schema, batch, first, units=units, now=now)
                except SchemaError as error:
                    own = error.help if not error.help.startswith("zkcompliance explain") else None
                    help = own or f"zkcompliance schemas {schema.name}"
                    raise ImporterError(f"{path}: {error.message}", help=help) from None
            first += batch.shape[1]
            yield Part(batch, records)
    if first == 1 and not empty:
        raise ImporterError(f"{path}: holds no rows", help="# to state that there are none: add --empty")


def _batches(
    importer: Importer,
    path: str | Path,
    schema: Schema,
    options: Mapping[str, str] | None,
    units: Mapping[str, str] | None,
    now: int | None,
    texts: set[str] | None,
    tell: Callable[[str], None],
    within: Within,
) -> Generator[Batch, None, None]:
    """The rows of a file or a part, BATCH_ROWS at a time: as limbs where whole columns could be read, or as rows."""
    if importer.batches is None:
        with contextlib.closing(rows(importer, path, schema, options, tell, within)) as source:
            while batch := list(itertools.islice(source, BATCH_ROWS)):
                yield batch
        return
    from zkcompliance.schemas.cells import Reading
    from zkcompliance.schemas.columnar import Encoder

    importer.check(schema, options or {})
    encoder = Encoder(schema, Reading.of(schema, units, now), texts)
    with _reading(importer, path, schema, within, tell) as file:
        yield from importer.batches(file, encoder)


__all__ = [
    "FORMATS",
    "WHOLE",
    "Importer",
    "Known",
    "Part",
    "Row",
    "Rules",
    "by_name",
    "encode",
    "guess",
    "is_url",
    "mapped",
    "parts",
    "rows",
]
