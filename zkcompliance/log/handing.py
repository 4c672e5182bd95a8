"""A log handed over: rows, seeds, texts and a part of what is left of each segment's budget, for another party.

In this order, each step durable before the next:
    LOG/secret/handing     the plan: which segments, which share of each, where
    every ledger of LOG    the share is spent there, for good
    the copy, whole        in a hidden folder beside the place (or, of a copy that is there already, in hidden folders
                           of its segments, and a hidden checkpoint)
    the plan, `made`       from now on nothing is copied any more
    the copy appears       by a rename of the folder (or of its checkpoint)
    LOG/secret/handed      a line for each segment; then the plan is removed
Killed anywhere, the same call goes on where it was. The units are spent in LOG before there is a copy of anything; a
copy that has appeared is never made again, wherever it was taken since.

The plan is these lines, and the file `handed` has a line as its last ones for each segment:
    zkcompliance-handing-1
    making | made
    NAME                   of the hidden folder; "" where the copy is there already
    N/D                    the part that was asked
    PATH                   of the copy
    INDEX ID UNITS LEFT    of each segment, as `zkcompliance.log.shares`
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import BudgetSpent, LogCorrupt, LogError, UsageError, ZkComplianceError
from zkcompliance.log import along, copying, files, leftovers, lineages, moving, received, successor
from zkcompliance.log.layout import Layout
from zkcompliance.log.shares import Handed, read_part, units_of
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.log.writer_lock import held
from zkcompliance.progress import Progress, silent
from zkcompliance.stark.commit.budget import Share

_FORMAT = "zkcompliance-handing-1"
_MAX_BYTES = 256 << 20  # of `handed`: a line for each of 2^20 segments


@dataclass(frozen=True)
class HandedOver:
    """What was handed over. place: of the copy; part: of what was left; shares: by the number of each segment."""

    place: Path
    part: str
    shares: dict[int, Handed]


@dataclass(frozen=True)
class _Plan:
    made: bool
    hidden: str
    part: str
    place: Path
    shares: dict[int, Handed]

    def encode(self) -> bytes:
        lines = [_FORMAT, "made" if self.made else "making", self.hidden, self.part, str(self.place)]
        lines += [f"{i} {h.share.id.hex()} {h.share.units} {h.left}" for i, h in sorted(self.shares.items())]
        return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")

    @property
    def building(self) -> Path:
        return self.place.with_name(self.hidden)


def hand_over(path: str | Path, to: str | Path, part: str, *, progress: Progress = silent) -> HandedOver:
    """Hand over the segments of the log at `path` that were not before, to the folder `to`, with a part of the budget.

    to: a new folder, or a copy of this log that was handed over before, which gets what is newer. part: of the proofs
    that are left, such as `1/2`. Everything is checked before anything is spent. UsageError where there is nothing to
    hand over, or a part of it is less than one proof; LogError where the log goes on elsewhere, was put back from a
    backup, is a copy that is not checked, or `to` is something else; LogBusy while somebody writes the log;
    LogCorrupt where rows are not what was sealed, or a ledger was put back; BudgetSpent.
    """
    layout, place = Layout(Path(path)), Path(to)
    read_part(part)
    moving.finish(layout.root)
    successor.require_open(layout)
    if any(character in "\n\r" for character in str(place.absolute())):
        raise UsageError("a log folder's name holds a line break")
    with held(layout), files.reporting(layout.root):
        log = SealedLog.open(layout.root)
        received.require_checked(log)
        lineages.check(layout, log.checkpoint.generation)
        plan = _load(layout)
        if plan is None:
            plan = _planned(log, place, part)
            files.replace(layout.handing, plan.encode(), files.PRIVATE)
        elif (plan.place, plan.part) != (place.absolute(), part):
            raise _interrupted(layout, plan)
        if not plan.made:
            plan = _make(log, layout, plan, progress)
        _appear(layout, plan)
        _note(layout, plan)
        layout.handing.unlink(missing_ok=True)
        files.sync_dir(layout.secret)
    return HandedOver(plan.place, plan.part, plan.shares)


def under_way(layout: Layout) -> None:
    """LogError while a hand-over that was interrupted is to be finished."""
    plan = _load(layout)
    if plan is not None:
        raise _interrupted(layout, plan)


def places(layout: Layout) -> dict[int, tuple[Path, int]]:
    """Of each segment that was handed over: where to, and how many units. LogCorrupt where the file is damaged."""
    if not os.path.lexists(layout.handed):
        return {}
    lines = files.read(layout.handed, _MAX_BYTES, folders=1).decode(errors="surrogateescape").split("\n")
    try:
        found = [line.split(" ", 3) for line in lines[:-1]]
        return {int(index): (Path(place), int(units)) for index, _, units, place in found}
    except ValueError as error:
        raise LogCorrupt(
            f"{layout.handed}, which says what was handed over, is damaged",
            help=command("rm", layout.handed) + "  # the ledgers know it too",
        ) from error


def _interrupted(layout: Layout, plan: _Plan) -> LogError:
    return LogError(
        f"a hand-over of {layout.root} to {plan.place} was interrupted, and comes first", help=_again(layout, plan)
    )


# The plan


def _planned(log: SealedLog, place: Path, part: str) -> _Plan:
    """What is to be handed over, after everything that could be in its way was looked at."""
    if not log.segments:
        raise UsageError(
            f"{log.path} has no sealed segment yet", help=command("zkcompliance", "seal", "INPUT", "--log", log.path)
        )
    there = _copy_at(log, place)
    known = len(there.segments) if there is not None else 0
    new = [segment for segment in log.segments[known:] if not segment.budget().handed_over()]
    where = places(Layout(log.path))
    if there is not None and len(new) < len(log.segments) - known:
        raise LogError(
            f"{place} has {known} of the log's segments, and others were handed over since, to another folder",
            help="give a new folder: --to NEW; its holder puts the two together as receive --help says",
        )
    if not new:
        last = where.get(len(log.segments) - 1)
        raise UsageError(
            f"every segment of {log.path} was handed over before{'' if last is None else f', the last to {last[0]}'}: "
            "that is done once, so that no two copies spend the same part of a budget",
            help="seal more, or refresh the log, whose next generation can be handed over",
        )
    identity, shares = secrets.token_bytes(32), {}
    along.check(new)  # LogCorrupt, so too for evidence
    for segment in new:
        segment.load_columns()  # LogCorrupt, before anything is spent for rows that nobody could use
        shares[segment.index] = _share_of(segment, part, identity, successor.how_to_refresh(log.path))
    hidden = "" if there is not None else f".{place.name}.{secrets.token_hex(6)}.handed"
    return _Plan(False, hidden, part, place.absolute(), shares)


def _share_of(segment: Segment, part: str, identity: bytes, help: str) -> Handed:
    """That part of what is left now; BudgetSpent where it is less than one proof, LogCorrupt for a ledger put back."""
    budget = segment.budget()
    left = budget.remaining()
    units = units_of(part, left, budget.units)
    budget.check(units)
    if not units:
        what = f"{part} of {left // budget.units} proofs that are left is less than one"
        raise BudgetSpent(f"segment {segment.index}: {what}", help=help)
    return Handed(Share(identity, units), part, left)


def _renewed(log: SealedLog, layout: Layout, plan: _Plan) -> _Plan:
    """The plan, with a smaller share of segments that were proved over since it was made and have not enough left."""
    shares = dict(plan.shares)
    for index, handed in plan.shares.items():
        segment = log.segments[index]
        budget = segment.budget()
        if not budget.handed_over() and budget.remaining() < handed.share.units:
            give_up = command("rm", layout.handing) + "  # nothing is handed over; units that it took stay spent"
            shares[index] = _share_of(segment, plan.part, handed.share.id, give_up)
    if shares != plan.shares:
        plan = replace(plan, shares=shares)
        files.replace(layout.handing, plan.encode(), files.PRIVATE)
    return plan


def _copy_at(log: SealedLog, place: Path) -> SealedLog | None:
    """The copy that is at the place already; None where nothing is. LogError for anything else."""
    if not os.path.lexists(place):
        if not place.absolute().parent.is_dir():
            raise UsageError(f"{place.absolute().parent} is not a folder")
        leftovers.refuse_name(place)
        if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(log.path)):
            raise UsageError(f"{place} is inside the log that it is made from")
        return None
    with contextlib.suppress(ZkComplianceError):
        if received.is_received(Layout(place)) and not place.samefile(log.path):
            there = SealedLog.open(place)
            here = [segment.entry for segment in log.segments[: len(there.segments)]]
            same = (there.origin, there.vkey) == (log.origin, log.vkey)
            closed = os.path.lexists(Layout(place).brought)  # its segments went on in a later copy
            if same and not closed and [segment.entry for segment in there.segments] == here:
                return there
    raise LogError(
        f"{place} is there, and is no copy that this log was handed over to before", help="give a new folder: --to NEW"
    )


def _load(layout: Layout) -> _Plan | None:
    if not os.path.lexists(layout.handing):
        return None
    lines = files.read(layout.handing, _MAX_BYTES, folders=1).decode(errors="surrogateescape").split("\n")
    try:
        form, state, hidden, part, place, *rest = lines[:-1]
        shares = {}
        for line in rest:
            index, identity, units, left = line.split(" ")
            shares[int(index)] = Handed(Share(bytes.fromhex(identity), int(units)), read_part(part), int(left))
        plan = _Plan(state == "made", hidden, part, Path(place), shares)
        if form == _FORMAT and plan.encode() == "\n".join(lines).encode(errors="surrogateescape"):
            return plan
    except (ValueError, UsageError):
        pass
    raise LogCorrupt(
        f"{layout.handing}, the plan of a hand-over that was interrupted, is damaged",
        help=command("rm", layout.handing) + "  # the units that it took stay spent",
    )


# The copy


def _make(log: SealedLog, layout: Layout, plan: _Plan, progress: Progress) -> _Plan:
    """Spend the shares, then copy; the plan, made."""
    plan = _renewed(log, layout, plan)
    for index, handed in plan.shares.items():
        log.segments[index].budget().hand_over(handed.share)
    if plan.hidden:
        shutil.rmtree(plan.building, ignore_errors=True)
        if os.path.lexists(plan.place):
            raise LogError(f"{plan.place} exists already", help=f"move it away, then: {_again(layout, plan)}")
        copying.whole(log, Layout(plan.building), plan.shares, progress)
        files.sync_dir(plan.building.parent)
    else:
        copying.newer(log, Layout(plan.place), plan.shares, progress)
    made = replace(plan, made=True)
    files.replace(layout.handing, made.encode(), files.PRIVATE)
    return made


def _appear(layout: Layout, plan: _Plan) -> None:
    """The copy gets its place, unless it has, or had, it already."""
    if not plan.hidden:
        if not os.path.lexists(plan.place):
            raise LogError(
                f"{plan.place} is not there, whose copy is to be finished",
                help=f"put it back, then: {_again(layout, plan)}",
            )
        copying.publish(Layout(plan.place))
    elif os.path.lexists(plan.building):
        if os.path.lexists(plan.place):
            raise LogError(f"{plan.place} exists already", help=f"move it away, then: {_again(layout, plan)}")
        plan.building.rename(plan.place)
        files.sync_dir(plan.place.parent)


def _note(layout: Layout, plan: _Plan) -> None:
    """What was handed over, and where to, for whoever asks."""
    before = files.read(layout.handed, _MAX_BYTES, folders=1) if os.path.lexists(layout.handed) else b""
    kept = before.decode(errors="surrogateescape").split("\n")[:-1]
    lines = [f"{i} {h.share.id.hex()} {h.share.units} {plan.place}" for i, h in sorted(plan.shares.items())]
    if new := [line for line in lines if line not in kept]:
        text = "".join(f"{line}\n" for line in [*kept, *new])
        files.replace(layout.handed, text.encode(errors="surrogateescape"), files.PRIVATE)


def _again(layout: Layout, plan: _Plan) -> str:
    return command("zkcompliance", "hand-over", layout.root, "--to", plan.place, "--share", plan.part)
