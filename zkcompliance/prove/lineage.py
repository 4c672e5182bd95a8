"""Writing a lineage: how a log's generations follow from each other (docs/spec/log.md, Lineage).

    "zkcl" ‖ u16(1) ‖ steps; a step:
    "zkcg" ‖ bytes16 old note ‖ bytes16 new note ‖ bytes16 new key ‖ u32 old entries ‖ entries ‖ u32 new entries ‖
    entries ‖ parts; a part:
    u8(0) ‖ u32 count            segments that are carried over
    u8(1) ‖ u32 length ‖ bundle  a proof that the rows of the next segments are unchanged

It may be long, and is written as a stream.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt
from zkcompliance.log import files
from zkcompliance.log.store import SealedLog
from zkcompliance.stark.codec import bytes16, u8, u16, u32

HEAD = b"zkcl" + u16(1)
_STEP = b"zkcg"
_COPIED = 1 << 20


def begin(out: BinaryIO, before: Path | None) -> None:
    """All steps so far: those of the lineage file of the old generation, or none. LogCorrupt where that is no lineage.

    The file is copied as it is; whoever reads it verifies it.
    """
    if before is None:
        out.write(HEAD)
        return
    with files.reporting(before), os.fdopen(regular.open_file(before), "rb") as steps:
        if steps.read(len(HEAD)) != HEAD:
            raise LogCorrupt(f"{before} is not a lineage", help=command("zkcompliance", "fsck", before.parent))
        out.write(HEAD)
        shutil.copyfileobj(steps, out, _COPIED)


def step(out: BinaryIO, old: SealedLog, new: SealedLog) -> None:
    """The head of a step: the last checkpoint of old, the first of new and its key, and all entries of both."""
    out.write(_STEP + bytes16(old.checkpoint_note.encode()) + bytes16(new.checkpoint_note.encode()))
    out.write(bytes16(new.vkey.encode()))
    for log in (old, new):
        out.write(u32(len(log.segments)))
        out.writelines(segment.entry.encode() for segment in log.segments)


def carried(out: BinaryIO, count: int) -> None:
    """The next `count` segments (≥ 1) are the same ones in both generations."""
    out.write(u8(0) + u32(count))


def proved(out: BinaryIO, bundle: bytes) -> None:
    """The next segments of both, as the proof names them, have the same rows."""
    out.write(u8(1) + u32(len(bundle)) + bundle)
