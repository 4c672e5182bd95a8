"""The next generation of a log: its rows sealed again, with the proofs that they are the same (`refresh`, `compact`).

It may be under a later version of the schema: then every new column is missing in every row, and that is proved too.

Everything is made in a hidden folder beside the new place: segments, the signed checkpoint, a lineage with a proof for
each run of segments that is sealed again. Then the folder appears by one rename, and the old one is closed
(zkcompliance.log.moving). Nothing that was made before that has left: killed, it is as if it had never been tried.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.model import Claim
from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import KeyFileError, LogError, UsageError, ZkComplianceError
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.log import (
    backing,
    files,
    handing,
    keybook,
    leftovers,
    lineages,
    moving,
    received,
    records,
    rows,
    sealing,
    seen,
    successor,
)
from zkcompliance.log.layout import Layout, SegmentPaths, Settings
from zkcompliance.log.pending import Pending, widen
from zkcompliance.log.reservation import reserving
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog, Segment, load_public
from zkcompliance.log.writer import Writer
from zkcompliance.log.writer_lock import lock_of
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import fits, lineage
from zkcompliance.prove.api import Asked, get_ready, make
from zkcompliance.prove.parts import Part
from zkcompliance.prove.plan import Fits, Sealed, Step, compaction, numbers, renewal
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import check_successor, widened
from zkcompliance.stark.commit.budget import Budget

OLD_KEY_LOST = "lost"


@dataclass(frozen=True)
class Resealed:
    """The new generation. carried: segments that were not sealed again; proofs: how many its step of the lineage has.

    waiting: rows that were appended and are not sealed yet, and are so here; linked: whether the old key signed its
    first checkpoint (or signs it still): else nothing shows whose it is; before: the schema of the one before.
    """

    log: SealedLog
    carried: int
    proofs: int
    waiting: int
    linked: bool
    before: Schema

    @property
    def lineage(self) -> Path:
        """The file that shows how all generations follow from each other."""
        layout = Layout(self.log.path)
        return layout.lineage if self.linked else layout.unlinked


def reseal(
    path: str | Path,
    new: str | Path,
    key: SignerKey,
    *,
    merge: bool,
    schema: Schema | None = None,
    old_key: SignerKey | str | None = None,
    context: bytes = b"",
    writer: Writer | None = None,
    progress: Progress = silent,
) -> Resealed:
    """Make the generation after the log at `path`, at `new`, and close the old one.

    merge: put neighbouring segments together and carry over the others; otherwise every segment is sealed again, under
    fresh seeds. schema: a later version of the log's, under which its rows go on; not with merge. key: the log's own,
    or a new one of its name; then old_key is the one before, which signs too, or OLD_KEY_LOST. writer: who holds the
    log already. Rows that were appended and are not sealed yet are so at `new`. Where anything fails the log goes on as
    it was, and nothing is at `new`.

    Raises UsageError where there is nothing to do, NotASuccessor for a schema that is no later version, KeyFileError
    for keys that do not fit or that have signed another generation, LogError where the log goes on elsewhere, is in
    use, lacks its lineage, or something is at `new` already, BudgetSpent where a segment has not the units of one proof
    left.
    """
    old, place = Layout(Path(path)), Path(new)
    moving.finish(old.root)
    settings = Settings.load(old)
    received.refuse(old, received.RESEALED)
    handing.under_way(old)
    if settings.schema.rolled_up:
        raise UsageError(
            f"{old.root} is a roll-up: sealed again it would stand for no log",
            help=command("zkcompliance", "roll-up", "LOG", "--to", "NEW", "--key", "KEY"),
        )
    linked = _check_keys(settings, key, old_key)
    under = _check_schema(settings.schema, schema, merge=merge)
    _check_place(old, place, merge=merge)
    with contextlib.ExitStack() as held:
        waiting = held.enter_context(_writing(old, key if old_key is None else old_key, writer))
        log = SealedLog.open(old.root)
        _check_lineage(log, linked)
        claim = catalogue.goes_on(log.schema, under)
        steps = _planned(log, settings, claim, merge=merge, rotating=old_key is not None)
        _check_budgets(log, steps, restored=os.path.lexists(old.restored))
        after = Settings(settings.profile, key.verifier, under, settings.generation + 1, log.checkpoint)
        own = keybook.Held(keybook.id_of(old), after.generation)
        leftovers.remove(place)
        keybook.claim(key, own, place)
        building = Layout(place.with_name(f".{place.name}.{os.urandom(6).hex()}.new"))
        with files.reporting(place):
            files.make_dir(building.root)  # nobody else's before it is complete
            held.callback(leftovers.give_up, leftovers.claim(building.root))
        making = _Making(log, building, after, claim, linked, context, progress)
        held.enter_context(_closing(making, old, place))
        try:
            making.frame(own.id)
            making.seal(steps)
            making.leave_waiting()
            making.sign(key, old_key if isinstance(old_key, SignerKey) else None)
            with reserving(making.units(steps), last=True) as reservation:
                making.prove(steps)
                with files.reporting(place):
                    moving.announce(old, building, place, making.carried)
                    building.root.chmod(files.PUBLIC_DIR)
                    with keybook.appearing(key, own):
                        _check_free(place)
                        reservation.keep()
                        building.root.rename(place)
                        making.appeared = True
                        files.sync_dir(place.parent)
        except BaseException:
            if not making.appeared:
                shutil.rmtree(building.root, ignore_errors=True)
                keybook.forget(key, own)
            raise
        moving.complete(old, Layout(place))
        if isinstance(old_key, SignerKey):
            keybook.supersede(old_key, own)
    proofs = sum(not step.carried for step in steps)
    return Resealed(SealedLog.open(place), len(making.carried), proofs, waiting, linked, log.schema)


@contextlib.contextmanager
def _closing(making: _Making, old: Layout, place: Path) -> Iterator[None]:
    """From when the new generation has its place, an error says so: nothing of it is to be made again."""
    try:
        with files.reporting(place):
            yield
    except ZkComplianceError as error:
        if not making.appeared:
            raise
        raise LogError(
            f"{place} is there, whole, and the log goes on in it; what was left to do in {old.root} failed "
            f"({error.message}), and the next command that opens {place} does it",
            help=command("zkcompliance", "seal", "INPUT", "--log", place, "--key", "KEY"),
        ) from error


def compactable(log: SealedLog) -> bool:
    """Whether `compact` would put any of its segments together."""
    settings = Settings.load(Layout(log.path))
    sealed = [Sealed(segment.rows, tier_of(segment)) for segment in log.segments]
    return any(not step.carried for step in compaction(sealed, _fits(log, settings, catalogue.unchanged(log.schema))))


def _check_keys(settings: Settings, key: SignerKey, old_key: SignerKey | str | None) -> bool:
    """KeyFileError unless the keys may sign the next generation; whether it is linked to the one before."""
    name, rotating = settings.key.name, key.verifier != settings.key
    if key.name != name:
        raise KeyFileError(
            f"the key is of {key.name}, and the log is {name}: all its generations are signed under one name",
            help=command("zkcompliance", "keygen", name, "-o", "NEW.key") + "  # a new key of the same name",
        )
    if not rotating and old_key is not None:
        raise KeyFileError("the log's own key is given as the new one", help="leave --old-key and --old-key-lost out")
    if rotating and old_key is None:
        raise KeyFileError(
            f"the key is another one than that which signs {name}: the old one signs the change too",
            help="add --old-key OLD.key; if that is lost, --old-key-lost, and nothing will link the two",
        )
    if isinstance(old_key, SignerKey) and old_key.verifier != settings.key:
        raise KeyFileError(f"the old key is not the one that signs {name}", help="add --old-key OLD.key")
    return old_key != OLD_KEY_LOST


def _check_schema(old: Schema, new: Schema | None, *, merge: bool) -> Schema:
    """The schema of the next generation. UsageError, or NotASuccessor, where a log of the old one does not go on in it.

    Both are built in: of another pair no verifier has the program that shows the change.
    """
    if new is None or new.digest == old.digest:
        return old
    if merge:
        raise UsageError(f"compact leaves the schema as it is, {old.label}", help="zkcompliance refresh --help")
    check_successor(old, new)
    for each in (old, new):
        if schemas.by_digest(each.digest) is None:
            raise UsageError(
                f"{each.label} is none of the built-in schemas: no verifier has the program that would show the change",
                help=f"zkcompliance schemas {old.name}",
            )
    return new


def _check_place(old: Layout, place: Path, *, merge: bool) -> None:
    after = successor.read(old)
    if after is not None or (merge and os.path.lexists(old.restored)):
        successor.require_open(old)
    leftovers.refuse_name(place)
    _check_free(place)
    if not place.absolute().parent.is_dir():
        raise UsageError(f"{place.absolute().parent} is not a folder")
    if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(old.root)):
        raise UsageError(f"{place} is inside the log that it is made from")


def _check_free(place: Path) -> None:
    if os.path.lexists(place):
        raise LogError(f"{place} exists already", help="choose another folder: --to NEW")


def _check_lineage(log: SealedLog, linked: bool) -> None:
    """What led to this generation must be there to lead on; but where the key is lost, nothing links it anyway."""
    layout = Layout(log.path)
    if linked or os.path.lexists(lineages.file_of(layout)):
        lineages.check(layout, log.checkpoint.generation)


@contextlib.contextmanager
def _writing(old: Layout, key: SignerKey | str, writer: Writer | None) -> Iterator[int]:
    """Hold the old log's lock, after recovery; how many appended rows wait to be sealed."""
    if writer is not None:
        writer.take_spools()
        yield writer.pending_rows
        return
    if not isinstance(key, SignerKey):
        lock = lock_of(old)
        try:
            settings = Settings.load(old)
            waiting = Pending(old.pending(load_public(old, settings)[1].size), settings.schema)
            count = waiting.committed_rows
            waiting.close()
            yield count
        finally:
            os.close(lock)
        return
    with Writer(old.root, key, restored=True) as opened:
        yield opened.pending_rows


def _planned(log: SealedLog, settings: Settings, claim: Claim, *, merge: bool, rotating: bool) -> list[Step]:
    if not log.segments:
        raise UsageError(
            f"{log.path} has no sealed segment yet", help=command("zkcompliance", "seal", "INPUT", "--log", log.path)
        )
    if not merge:
        return renewal(len(log.segments), _fits(log, settings, claim))
    sealed = [Sealed(segment.rows, tier_of(segment)) for segment in log.segments]
    steps = compaction(sealed, _fits(log, settings, claim))
    if all(step.carried for step in steps) and not rotating:
        raise UsageError(
            f"{log.path}: there are no segments to put together: it has {len(sealed)}",
            help=successor.how_to_refresh(log.path) + "  # to renew budgets",
        )
    return steps


def _check_budgets(log: SealedLog, steps: Sequence[Step], *, restored: bool) -> None:
    """Before any work: BudgetSpent or LogCorrupt as where the units are reserved.

    restored: ledgers that were put back count what is remembered elsewhere; the units that are kept for this proof are
    there all the same (zkcompliance.log.restored).
    """
    for step, (first, _) in zip(steps, numbers(steps), strict=True):
        for segment in log.segments[first : first + step.old]:
            if restored:
                segment.budget().catch_up()
            if step.carried:
                segment.budget().spent()  # LogCorrupt where it could not go over
            else:
                segment.budget().check(segment.profile.units, last=True)


def _fits(log: SealedLog, settings: Settings, claim: Claim) -> Fits:
    """By the verifier's own reckoning (zkcompliance.prove.fits). claim: what is proved of old and new segments."""
    program = claim.program
    counts = [segment.rows for segment in log.segments]

    def fit(first: int, count: int, new: int) -> bool:
        if count + new > MAX_SEGMENTS:
            return False
        old = [log.segments[first + i].entry.k for i in range(count)]
        joined = old if new == count else [rows.padded_log2(sum(counts[first : first + count]))]
        return fits.fault_of(fits.imagined(program, {"old": old, "new": joined}, settings.profile)) is None

    return fit


def tier_of(segment: Segment) -> int:
    """How often its rows were put together with others; 0 where the segment does not say."""
    if not os.path.lexists(segment.paths.tier):
        return 0
    text = files.read(segment.paths.tier, 16, folders=SegmentPaths.DEPTH).decode("ascii", "replace").strip()
    if not (text.isdecimal() and text.isascii() and len(text) < 4):
        raise LogError(f"{segment.paths.tier} is damaged", help=command("rm", segment.paths.tier))
    return int(text)


class _Making:
    """A generation that is being made from the log `old`, in the folder `new`."""

    def __init__(
        self,
        old: SealedLog,
        new: Layout,
        settings: Settings,
        claim: Claim,
        linked: bool,
        context: bytes,
        progress: Progress,
    ) -> None:
        self.carried: dict[int, int] = {}
        self.appeared = False  # whether it has its place
        self._old, self._new, self._settings, self._claim = old, new, settings, claim
        self._lineage = new.lineage if linked else new.unlinked
        self._context, self._progress = context, progress
        self._entries: list[bytes] = []

    @property
    def _widens(self) -> bool:
        """Whether the generation has a later version of the schema."""
        return self._old.schema.digest != self._settings.schema.digest

    def frame(self, identity: str) -> None:
        """The folders and everything in them that is known beforehand."""
        new = self._new
        with files.reporting(new.root):
            files.make_dir(new.secret)
            files.make_dir(new.segments)
            files.create(new.lock, b"")
            files.create(new.id, keybook.id_bytes(identity))
            for file, data in zip((new.settings, new.schema), self._settings.files(), strict=True):
                files.create(file, data, files.PUBLIC)

    def seal(self, steps: Sequence[Step]) -> None:
        """Every segment's private folder, the pieces of evidence behind rows, and `entries`."""
        with files.reporting(self._new.root):
            backing.copy(Layout(self._old.path), self._new)
            for step, (first, after) in zip(steps, numbers(steps), strict=True):
                group = self._old.segments[first : first + step.old]
                if step.carried:
                    for number, segment in enumerate(group, after):
                        self._carry(segment, number)
                elif step.new == 1:
                    self._entries.append(self._sealed_again(group, after))
                else:
                    self._entries += [self._sealed_again([each], number) for number, each in enumerate(group, after)]
            files.sync_dir(self._new.segments)
            files.create(self._new.entries, b"".join(self._entries), files.PUBLIC)

    def _carry(self, segment: Segment, number: int) -> None:
        """The same segment: all its files but the ledger, which comes when the old one is closed."""
        source, target = segment.paths, self._new.segment(number)
        files.make_dir(target.folder)
        kept = {each.name for each in (source.rows, source.seed, source.tier, source.records, source.evidence)}
        for name in files.names(source.folder):
            if name in kept:
                _link(source.folder / name, target.folder / name)
            elif name.startswith(f"{source.cache.name}."):
                with contextlib.suppress(OSError):  # whatever lies there in its place; it is made again
                    _link(source.folder / name, target.folder / name)
        meta = rows.Meta.load(source.meta)
        files.create(target.meta, rows.Meta(meta.rows_digest, meta.entry, number, 1, meta.inputs).encode())
        files.sync_dir(target.folder)
        self.carried[segment.index] = number
        self._entries.append(segment.entry.encode())

    def _sealed_again(self, group: Sequence[Segment], number: int) -> bytes:
        """The rows of a run of segments as one, under a fresh seed; its entry."""
        real = []
        for segment in group:
            columns = segment.load_columns()
            real.append(columns[:, columns[0] == 1])
        count = sum(part.shape[1] for part in real)
        table = np.zeros((self._settings.schema.width, 1 << rows.padded_log2(count)), np.uint32)
        if self._widens:
            table[:, :count] = widened(self._old.schema, self._settings.schema, np.concatenate(real, axis=1))
        else:
            np.concatenate(real, axis=1, out=table[:, :count])
        tiers = [tier_of(segment) for segment in group]
        tier = max(tiers) + (len(group) > 1)
        marks = [mark for segment in group for mark in rows.Meta.load(segment.paths.meta).inputs]
        seal = (number, 1, tuple(dict.fromkeys(marks))[-rows.MAX_INPUTS :])  # the newest, where that are too many
        known = {key: row for segment in group for key, row in records.load(segment.paths).items()}
        pieces = max(backing.count_of(segment.paths) for segment in group)
        return sealing.stage_one(
            self._new, self._settings, number, (table, count), seal, self._progress, tier, records=known,
            evidence=pieces,
        )  # fmt: skip

    def leave_waiting(self) -> None:
        """What is kept of the log besides its segments: the texts of its ids, and rows that wait.

        Rows that wait in the old log to be sealed wait in the new one; closed, the old one is not read any more."""
        old = Layout(self._old.path)
        waiting = old.pending(len(self._old.segments))
        with files.reporting(self._new.root):
            if os.path.lexists(old.texts):
                files.copy(old.texts, self._new.texts, folders=1)
            if not os.path.lexists(waiting):
                return
            if self._widens:
                widen(waiting, self._new.pending(len(self._entries)), self._old.schema, self._settings.schema)
            else:
                files.copy(waiting, self._new.pending(len(self._entries)), folders=1)

    def sign(self, key: SignerKey, before: SignerKey | None) -> None:
        """The generation's first checkpoint, signed by the key before too where there is one."""
        note, checkpoint = sealing.sign(self._settings, key, self._entries)
        if before is not None:
            note += before.sign(checkpoint.body).removeprefix(f"{checkpoint.body}\n")
        with files.reporting(self._new.root):
            files.create(self._new.checkpoint, note.encode(), files.PUBLIC)
            files.create(self._new.seen, seen.encode({key.verifier.text: note}))
            files.sync_dir(self._new.secret)

    def units(self, steps: Sequence[Step]) -> list[tuple[Budget, int]]:
        """What the proofs spend, of the old segments that are sealed again and of the new ones."""
        new = SealedLog.open(self._new.root)
        used = [
            segment
            for step, (first, after) in zip(steps, numbers(steps), strict=True)
            if not step.carried
            for segment in (*self._old.segments[first : first + step.old], *new.segments[after : after + step.new])
        ]
        return [(segment.budget(), segment.profile.units) for segment in used]

    def prove(self, steps: Sequence[Step]) -> None:
        """The lineage: that of the old generation, if it has one, and this step. What it spends is reserved already."""
        new = SealedLog.open(self._new.root)
        before = Layout(self._old.path).lineage  # none in the first generation, or where a key was lost
        claim = self._claim
        total = sum(not step.carried for step in steps)
        done = 0
        with (
            files.reporting(self._lineage),
            files.creating(self._lineage, files.PUBLIC) as descriptor,
            os.fdopen(descriptor, "wb", closefd=False) as out,
        ):
            lineage.begin(out, before if os.path.lexists(before) else None)
            lineage.step(out, self._old, new)
            for step, (first, after) in zip(steps, numbers(steps), strict=True):
                if step.carried:
                    lineage.carried(out, step.old)
                    continue
                self._progress("proofs", done, total)
                done += 1
                parts = {
                    "old": [Part(self._old, first, first + step.old - 1)],
                    "new": [Part(new, after, after + step.new - 1)],
                }
                sizes = {"old_segments": step.old, "new_segments": step.new}
                asked = Asked(claim.id, claim, parts, sizes)
                ready = get_ready([asked], self._context, spent=True, refresh=True)
                lineage.proved(out, make(ready, self._progress))
            self._progress("proofs", total, total)
        with files.reporting(self._new.root):
            lineages.remember(self._new)
            files.sync_dir(self._new.secret)
            files.sync_dir(self._new.root)


def _link(source: Path, target: Path) -> None:
    """The same file under another name; a durable copy where the file system has no such names."""
    os.close(regular.open_file(source, folders=SegmentPaths.DEPTH, private=True))  # Unsafe where it is no such file
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        files.copy(source, target, folders=SegmentPaths.DEPTH)
