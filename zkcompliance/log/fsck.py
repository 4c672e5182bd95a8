"""Check a log folder without changing it.

Every file against every other, and all of them against the signed checkpoint.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError, ParametersRejected, ZkComplianceError
from zkcompliance.log import (
    along,
    anchors,
    backing,
    bringing,
    files,
    handing,
    keybook,
    lineages,
    received,
    records,
    rows,
    shares,
    staging,
    successor,
    texts,
)
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.leftovers import PUBLIC_NAMES
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import number_of
from zkcompliance.stark.commit.budget import KEPT_PROOFS, Budget
from zkcompliance.stark.commit.entry import ENTRY_BYTES
from zkcompliance.stark.profiles import EXTENSION_DEGREE, log_mask

_PRIVATE = {"rows", "seed", "meta", "budget"}


@dataclass(frozen=True)
class Finding:
    """`fault`: the log is damaged or unsafe; otherwise a remark. `where`: a path inside the log, or `segment 3`."""

    fault: bool
    where: str
    what: str
    remedy: str = ""  # a command, where there is a better one than to restore the folder


@dataclass(frozen=True)
class Health:
    """The outcome of a check. `segments`: (index, rows, proofs left) of each that could be read."""

    origin: str
    size: int
    segments: tuple[tuple[int, int, int], ...]
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether there is no fault."""
        return not any(finding.fault for finding in self.findings)


def fsck(path: str | Path, *, deep: bool = False, first: int = 0, progress: Progress = silent) -> Health:
    """Check signature, root, entries, shapes, row digests, seeds, ledgers and permissions.

    `deep`: commit again and compare, from segment `first` on.

    LogError or LogCorrupt when the public part cannot even be read; every later fault is a finding.
    """
    layout = Layout(Path(path))
    log = SealedLog.open(path)
    with files.reporting(layout.root):
        findings = [*_public_faults(layout, log), *_generation_faults(layout, log), *_handed_over(layout, log)]
        gone = os.path.lexists(layout.retired)
    readable = []
    if gone:
        return Health(log.origin, len(log.segments), (), tuple(findings))
    for done, segment in enumerate(log.segments, 1):
        before = len(findings)
        try:
            findings += _segment_faults(layout, log, segment, deep and segment.index >= first, progress)
            if len(findings) == before:
                readable.append((segment.index, segment.rows, segment.budget().proofs_left()))
        except (ZkComplianceError, OSError) as error:
            findings.append(Finding(True, f"segment {segment.index}", str(error)))
        progress("check segments", done, len(log.segments))
    return Health(log.origin, len(log.segments), tuple(readable), tuple(findings))


def _public_faults(layout: Layout, log: SealedLog) -> Iterator[Finding]:
    extra = layout.entries.stat().st_size - len(log.segments) * ENTRY_BYTES
    if extra > 0:
        yield Finding(False, "entries", f"{extra} bytes of an interrupted seal; the next writer will finish or drop it")
    for name in sorted(path.name for path in layout.root.iterdir()):
        if name not in PUBLIC_NAMES:
            yield Finding(False, name, "does not belong to a log")
    try:
        anchors.load(layout)
    except LogError as error:
        yield Finding(True, "anchors", error.message, command("mv", layout.anchors, f"{layout.root}.anchors"))
    if not os.path.lexists(layout.secret):
        yield Finding(True, "secret", "the private part is missing: this copy can neither prove nor append")
        return
    try:
        layout.check_folders()
    except LogError as error:
        yield Finding(True, "secret", error.message)
        return
    yield from _private_faults(layout, layout.secret)
    try:
        texts.load(layout)
    except LogError as error:
        yield Finding(True, "secret/texts", error.message, error.help)
    yield from _backing_faults(layout, log)
    published = {f"{segment.index:08d}" for segment in log.segments}
    for name in files.names(layout.segments) if os.path.lexists(layout.segments) else ():
        if name not in published:
            who = "seal goes on with it, or deletes it" if name.startswith(staging.LEFT) else "writer drops it"
            yield Finding(False, f"secret/segments/{name}", f"left by an interrupted seal; the next {who}")
    for name in files.names(layout.secret):
        if name.startswith("pending-") and name.removeprefix("pending-") > f"{len(log.segments):08d}":
            yield Finding(True, f"secret/{name}", "ahead of the checkpoint: was an older checkpoint put back?")
        if name.startswith("read-") and not name.endswith(".said"):
            yield Finding(False, f"secret/{name}", "rows read for an interrupted seal; the next goes on or deletes it")
        if name.startswith("spool-"):
            yield Finding(False, f"secret/{name}", "rows of a writer who found the log busy; the next takes them in")


def _backing_faults(layout: Layout, log: SealedLog) -> Iterator[Finding]:
    """The pieces of evidence behind rows, against their digests and the entries' roots; of a copy that was handed over
    those that its rows name."""
    if os.path.lexists(layout.retired):
        return
    try:
        copied = received.is_received(layout)
        for number in range(1, len(backing.digests(layout)) + 1):
            if not copied or os.path.lexists(layout.piece(number)):
                backing.load(layout, number)
        if copied and any(segment.entry.evidence != backing.NONE for segment in log.segments):
            for number in sorted(along.missing(log.segments)):
                yield Finding(True, f"secret/evidence/{number:08d}", "is missing, and a row names it")
        for segment in log.segments:
            if backing.root(layout, backing.count_of(segment.paths)) != segment.entry.evidence:
                yield Finding(True, f"segment {segment.index}", "its evidence is not that of its entry")
    except LogError as error:
        yield Finding(True, "secret/evidence", error.message)


def _private_faults(layout: Layout, path: Path) -> Iterator[Finding]:
    """What is wrong with a file or folder of the private part, and with all below it; nothing is opened."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return  # gone meanwhile
    where = str(path.relative_to(layout.root))
    folder = stat.S_ISDIR(status.st_mode)
    if not folder and not stat.S_ISREG(status.st_mode):
        what = "a link" if stat.S_ISLNK(status.st_mode) else "neither file nor folder"
        yield Finding(True, where, f"is {what}; nothing is read or written there: put the file itself in its place")
        return
    if folder and path.parent not in (layout.root, layout.segments) and path not in (layout.segments, layout.evidence):
        yield Finding(not path.name.startswith("cache."), where, "is a folder, where a log has none")
        return
    if stat.S_IMODE(status.st_mode) & 0o077:
        remedy = command("chmod", "go=", path)
        yield Finding(True, where, f"others have access: {remedy}", remedy)
    if status.st_uid != layout.secret.lstat().st_uid:
        yield Finding(True, where, "belongs to another user than the private part")
    for name in files.names(path) if folder else ():
        yield from _private_faults(layout, path / name)


def _generation_faults(layout: Layout, log: SealedLog) -> Iterator[Finding]:
    """Where the log stands among its generations."""
    after = successor.read(layout)
    if after is not None:
        yield Finding(False, "successor", f"the log goes on as {after.origin} in {after.path}; here it is closed")
    try:
        lineages.check(layout, log.checkpoint.generation)
    except LogError as error:
        yield Finding(True, lineages.file_of(layout).name, error.message)
    if os.path.lexists(layout.restored):
        yield Finding(False, "secret/restored", "put back from a backup: refresh it before anything is proved over it")
    if os.path.lexists(layout.retired) and os.path.lexists(layout.segments):
        what = f"their removal was interrupted: {command('zkcompliance', 'log', 'retire', layout.root)}"
        yield Finding(False, "secret/segments", f"rows and seeds are still here, {what}")
    elif os.path.lexists(layout.retired):
        yield Finding(False, "secret/retired", "the rows are gone from here: they are in the generation after")
    elif os.path.lexists(layout.secret) and not received.is_received(layout):
        try:
            keybook.id_of(layout)
        except LogError as error:
            yield Finding(True, "secret/id", f"which log this is, by which its key knows it: {error.message}")
    if os.path.lexists(layout.moving) or os.path.lexists(layout.arriving):
        yield Finding(False, "secret", "a refresh or compact was interrupted; the next command finishes or forgets it")


def _handed_over(layout: Layout, log: SealedLog) -> Iterator[Finding]:
    """Where the log is a copy that was handed over, and what of it was handed over to others."""
    try:
        if received.is_received(layout):
            done, size = received.checked(log), len(log.segments)
            then = "" if done == size else f"; {received.how_to_receive(layout.root)} checks it"
            yield Finding(False, "secret/received", f"handed over by {log.origin}: {done} of {size} checked{then}")
        if (gone := bringing.gone_to(layout)) is not None:
            yield Finding(False, "secret/brought", f"its segments went on in the copy {gone}; here they are closed")
        if os.path.lexists(layout.handing):
            yield Finding(False, "secret/handing", "a hand-over was interrupted; the same hand-over goes on with it")
        for place, several in itertools.groupby(sorted(handing.places(layout).items()), lambda each: each[1][0]):
            indices = [index for index, _ in several]
            what = f"segments {indices[0]} to {indices[-1]} were handed over, with a share of the budget, to {place}"
            yield Finding(False, "secret/handed", what)
    except LogError as error:
        yield Finding(True, "secret", error.message, error.help or "")


def _segment_faults(
    layout: Layout, log: SealedLog, segment: Segment, deep: bool, progress: Progress
) -> Iterator[Finding]:
    where = f"segment {segment.index}"
    settings = Settings.load(layout)
    try:
        kappa = settings.profile.capacity(segment.entry.k)
    except ParametersRejected as error:
        yield Finding(True, where, error.message)
        return
    if segment.entry.kappa != kappa:
        yield Finding(True, where, f"its capacity is 2^{segment.entry.kappa}, not 2^{kappa}")
    copy = received.is_received(layout)
    if copy and not os.path.lexists(segment.paths.folder):
        remedy = f"{received.how_to_receive(layout.root)} --earlier FOLDER"
        yield Finding(True, where, "was handed over before, in another folder", remedy)
        return
    needed = _PRIVATE | ({"share"} if copy else set())
    missing = sorted(name for name in needed if not os.path.lexists(segment.paths.folder / name))
    if missing:
        yield Finding(True, where, f"its private files are missing: {', '.join(missing)}")
        return
    if not _one_seal(log, segment):
        yield Finding(True, where, "its meta names another seal than its neighbours do")
    records.load(segment.paths)
    columns = segment.load_columns()
    seed = segment.seed
    if rows.padded_log2(segment.rows) != segment.entry.k:
        yield Finding(True, where, "the number of its rows does not fit its entry")
    budget = segment.budget()
    if copy and (fault := _share_fault(segment, budget)):
        yield Finding(True, where, fault)
    if torn := budget.torn():
        yield Finding(False, where, f"{number_of(torn, 'torn ledger record')}, counted as spent")
    if behind := budget.behind():
        remedy = command("zkcompliance", "fsck", layout.root, "--count-spent")
        yield Finding(
            True,
            where,
            f"its budget ledger was put back to an older state ({behind}): put the newest one back, or count what is "
            f"missing as spent: {remedy}",
            remedy,
        )
    if budget.spent() > budget.capacity:
        yield Finding(True, where, "its ledger is overspent")
    if deep:
        from zkcompliance.stark.commit.table import commit

        entry = commit(columns, seed, log.profile, log.schema.digest, progress=progress)
        if entry.commitment != segment.entry.commitment:
            yield Finding(True, where, "its rows and seed do not give its commitment")


def _share_fault(segment: Segment, budget: Budget) -> str:
    """What is wrong with the share of the budget that came with a copy; "" where it adds up."""
    handed = shares.load(segment.paths)
    whole = log_mask(segment.entry.k, segment.entry.kappa)
    if handed is None or not handed.fits(budget.units):
        return "its share of the budget is not the part that it says of what was left"
    if handed.left > whole - EXTENSION_DEGREE - KEPT_PROOFS * budget.units:
        return f"its share of the budget is of more than a segment of {whole} units can have left"
    return ""


def _one_seal(log: SealedLog, segment: Segment) -> bool:
    """Whether every segment of the seal that this one says it was part of is there, and says the same."""
    said = rows.Meta.load(segment.paths.meta)
    others = log.segments[said.first : said.first + said.count]
    metas = [rows.Meta.load(other.paths.meta) for other in others]
    agree = all((meta.first, meta.count) == (said.first, said.count) for meta in metas)
    return segment in others and len(others) == said.count and agree


def raise_if_faulty(health: Health) -> None:
    """LogCorrupt naming the first fault and its remedy, when there is one."""
    faults = [finding for finding in health.findings if finding.fault]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        help = faults[0].remedy or "put this folder back from a backup, then: zkcompliance log restored LOG"
        raise LogCorrupt(f"{faults[0].where}: {faults[0].what}{more}", help=help)
