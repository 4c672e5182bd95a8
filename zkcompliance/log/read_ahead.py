"""Rows that other processes read from a lab's files for a seal: each part of a file in a file of its own.

    secret/read-NAME         the rows, in the form of pending ones (`zkcompliance.log.pending`)
    secret/read-NAME.said    JSON: how many rows, the records that they are of (`[identity, name, aside, help]` for
                             each, in frames as the rows have them), the texts of their ids, sentences about the file

NAME is 64 hex digits, of everything that decides what the rows are. Both files are whole when they are there, the
second after the first; so a part that was read once is not read again for the next seal, whoever was killed meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.errors import LogCorrupt
from zkcompliance.limits import MAX_READ_AHEAD_BYTES
from zkcompliance.log import files
from zkcompliance.log.layout import Layout
from zkcompliance.log.pending import Pending, load_whole
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# of each row: its record's identity and name, columns aside, and help, as whoever imports them has them
Records = tuple[tuple[tuple[str | int, ...], str, tuple[str, ...], str], ...]
_BEGINNING = "read-"


@dataclass(frozen=True)
class Frame:
    """At most CHUNK_ROWS rows, limbs (width, n), and the records that they are of, if the format says it."""

    columns: NDArray[np.uint32]
    records: Records


def is_there(layout: Layout, name: str) -> bool:
    """Whether this part was read."""
    return os.path.lexists(_said(layout, name))


def write(
    layout: Layout, schema: Schema, name: str, frames: Iterable[Frame], texts: set[str] | None, told: list[str]
) -> None:
    """Keep what was read, durably. texts: those of the ids, and told: sentences about the file; both are complete when
    the frames are at their end."""
    with files.reporting(layout.secret):
        building = layout.secret / f".pending-{_BEGINNING}{os.urandom(12).hex()}.tmp"  # which the next writer deletes
        found: list[Records] = []
        pending = Pending(building, schema)
        try:
            for frame in frames:
                pending.add(frame.columns)
                found.append(frame.records)
            pending.commit()
        finally:
            pending.close()
        building.replace(_rows(layout, name))
        records = found if any(found) else []
        said = {"rows": pending.rows, "records": records, "texts": sorted(texts or ()), "told": told}
        files.replace(_said(layout, name), json.dumps(said, ensure_ascii=True).encode(), files.PRIVATE)


def load(layout: Layout, schema: Schema, name: str, texts: set[str] | None, told: list[str]) -> Iterator[Frame]:
    """What was read, in order; its texts are added to `texts`, its sentences to `told`. LogCorrupt for damage."""
    path = _said(layout, name)
    data = files.read(path, MAX_READ_AHEAD_BYTES, folders=1)
    try:
        said = json.loads(data)
        records = [
            tuple((tuple(identity), title, tuple(aside), hint) for identity, title, aside, hint in each)
            for each in said["records"]
        ]
        rows, found = int(said["rows"]), [str(text) for text in said["texts"]]
        told += [str(sentence) for sentence in said["told"]]
    except (ValueError, KeyError, TypeError) as error:
        raise LogCorrupt(f"{path} is damaged") from error
    if texts is not None:
        texts.update(found)
    seen = 0
    for at, columns in enumerate(load_whole(_rows(layout, name), schema)):
        seen += columns.shape[1]
        if records and (at >= len(records) or len(records[at]) not in (0, columns.shape[1])):
            raise LogCorrupt(f"{path} is damaged")
        yield Frame(columns, records[at] if records else ())
    if seen != rows:
        raise LogCorrupt(f"{_rows(layout, name)} has not the rows that {path} says")


def clear(layout: Layout) -> None:
    """Delete all that was read for a seal, which has come, or does not come any more."""
    for name in files.names(layout.secret):
        path = layout.secret / name
        if name.startswith(_BEGINNING):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _rows(layout: Layout, name: str) -> Path:
    return layout.secret / f"{_BEGINNING}{name}"


def _said(layout: Layout, name: str) -> Path:
    return layout.secret / f"{_BEGINNING}{name}.said"
