"""Segments of earlier copies that were handed over go on in a later one, which lacks them, with what is left of their
shares.

In this order, each step durable before the next:
    NEW/secret/bringing    the paths of the earlier copies; removed at the end, and until then NEW is not taken
    OLD/secret/brought     NEW's id and path, in each; from then on nothing is proved over OLD, and it goes nowhere else
    rows, seed, evidence and share of each segment that NEW lacks
    its ledger goes to NEW with all that it has spent, and OLD's is closed (`Budget.move`)
Killed anywhere, the next `receive` of NEW does the rest.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.log import along, copying, files, received, shares
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.log.writer_lock import held

_MAX_BYTES = 1 << 20


def bring(log: SealedLog, earlier: Sequence[Path]) -> int:
    """Bring what the copy `log`, whose lock the caller holds, lacks; how many segments came.

    earlier: folders of the copies. LogError where one is no copy, went to another, or none has what is lacking.
    """
    layout = Layout(log.path)
    paths = _listed(layout, [path.absolute() for path in earlier])
    copies = [_closed_for(layout, path) for path in paths]
    brought = sum(_bring_one(log, segment, copies) for segment in log.segments)
    if paths:
        layout.bringing.unlink(missing_ok=True)
        files.sync_dir(layout.secret)
    return brought


def gone_to(layout: Layout) -> Path | None:
    """The copy in which the segments of this one went on, where it was then; None where they did not."""
    if not os.path.lexists(layout.brought):
        return None
    return Path(_lines(layout.brought)[-1])


def _listed(layout: Layout, earlier: Sequence[Path]) -> list[Path]:
    """The earlier copies that are given, and those of a call that was killed; durable where there are any."""
    before = [Path(line) for line in _lines(layout.bringing)] if os.path.lexists(layout.bringing) else []
    paths = list(dict.fromkeys([*before, *earlier]))
    if any(character in "\n\r" for path in paths for character in str(path)):
        raise LogError("a log folder's name holds a line break")
    for path in paths:
        if not received.is_received(Layout(path)):
            raise LogError(f"{path} is no copy that was handed over: nothing can be brought from it")
        if path.samefile(layout.root):
            raise LogError(f"{path} is the copy itself")
    if paths != before:
        files.replace(layout.bringing, _text(list(map(str, paths))), files.PRIVATE)
    return paths


def _closed_for(layout: Layout, path: Path) -> SealedLog:
    """An earlier copy, from which nothing is proved any more: its segments go to this one. LogError, LogBusy."""
    new, old = received.load(layout), Layout(path)
    if new is None:
        raise LogError(f"{layout.root} is no copy that was handed over")
    with held(old):
        if os.path.lexists(old.brought):
            if _lines(old.brought)[0] != new.id:
                raise LogError(f"the segments of {path} went to another copy before, {gone_to(old)}")
        else:
            files.replace(old.brought, _text([new.id, str(layout.root.absolute())]), files.PRIVATE)
    return SealedLog.open(path)


def _bring_one(log: SealedLog, segment: Segment, copies: Sequence[SealedLog]) -> bool:
    """Whether the segment came from one of the copies; LogError where it is neither here nor there."""
    entry, here = segment.entry, os.path.lexists(segment.paths.budget)
    found = [s for copy in copies for s in copy.segments if s.entry == entry and os.path.lexists(s.paths.budget)]
    if not found and here:
        return False
    if not found:
        raise LogError(
            f"segment {segment.index} of {log.path} was handed over before, in another folder",
            help=f"{received.how_to_receive(log.path)} --earlier FOLDER",
        )
    source = found[0]
    handed = shares.load(source.paths)
    if handed is None:
        raise LogCorrupt(
            f"{source.paths.share} is missing", help=command("zkcompliance", "fsck", source.paths.log.root)
        )
    if not here:
        target = segment.paths
        if os.path.lexists(target.folder):  # of who was killed before
            shutil.rmtree(target.folder)
        along.keep([source], target.log)
        copying.copy_rows(source, target)
        files.create(target.share, handed.encode())
        files.sync_dir(target.folder)
        files.sync_dir(target.log.segments)
    elif shares.load(segment.paths) != handed:
        return False
    source.budget().move(segment.budget())
    return not here


def _lines(path: Path) -> list[str]:
    lines = files.read(path, _MAX_BYTES, folders=1).decode(errors="surrogateescape").split("\n")
    if len(lines) < 2 or lines.pop() != "":
        raise LogCorrupt(f"{path} is damaged", help=command("zkcompliance", "fsck", path.parent.parent))
    return lines


def _text(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
