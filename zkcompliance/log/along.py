"""The pieces of evidence that go along with segments that are handed over.

Of the log's pieces there go those that rows of these segments name, under the numbers that they have; of all that the
log had when these were sealed the SHA-256, which the roots of their entries are over. A piece that no row of them
names stays: whoever gets the copy has its digest alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt
from zkcompliance.log import backing, files
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import Segment


def named(segment: Segment) -> set[int]:
    """The numbers that the segment's rows have in their column `evidence`, of whatever piece; 0, which is none, not."""
    schema = segment.schema
    if not any((column.name, column.type) == ("evidence", "count") for column in schema.columns):
        return set()
    columns, found = segment.load_columns(), np.zeros(1, np.uint64)
    for place, limb in enumerate(schema.limbs("evidence")):  # number = Σ limb · 2^(16 · place)
        found = found + (columns[limb].astype(np.uint64) << np.uint64(16 * place))
    return {int(number) for number in np.unique(found)} - {0}


def check(segments: Sequence[Segment]) -> None:
    """LogCorrupt where the pieces are not those of a segment's entry, or one that its rows name is not there, whole."""
    for segment in segments:
        layout = segment.paths.log
        if backing.root(layout, backing.count_of(segment.paths)) != segment.entry.evidence:
            raise LogCorrupt(
                f"segment {segment.index}: its evidence is not that of its entry",
                help=command("zkcompliance", "fsck", layout.root),
            )
        for number in _there(layout, [segment]):
            backing.load(layout, number)


def keep(segments: Sequence[Segment], target: Layout) -> None:
    """Their pieces in another folder of the same log, which may have others; durable when it returns. For its holder.

    segments: of one folder. LogCorrupt where the digests that are there already are of other pieces.
    """
    if not (most := max((backing.count_of(segment.paths) for segment in segments), default=0)):
        return
    source = segments[0].paths.log
    here, there = backing.digests(source)[:most], backing.digests(target)
    if here[: len(there)] != there[: len(here)]:
        raise LogCorrupt(f"{target.digests} has other pieces of evidence than {source.digests}")
    if not os.path.lexists(target.evidence):
        files.make_dir(target.evidence)
        files.sync_dir(target.secret)
    for number in sorted(_there(source, segments)):
        files.replace(target.piece(number), backing.load(source, number), files.PRIVATE)
    if len(here) > len(there):
        files.replace(target.digests, b"".join(here), files.PRIVATE)
    files.sync_dir(target.evidence)


def missing(segments: Iterable[Segment]) -> set[int]:
    """The numbers of pieces that rows of a copy's segments name, and that are not in its folder."""
    return {
        number
        for segment in segments
        for number in _there(segment.paths.log, [segment])
        if not os.path.lexists(segment.paths.log.piece(number))
    }


def _there(layout: Layout, segments: Sequence[Segment]) -> set[int]:
    """Of the numbers that rows name those that some segment's root is over."""
    if not (most := len(backing.digests(layout))):
        return set()
    return {number for segment in segments for number in named(segment) if number <= most}
