"""Where everything of a log folder lies.

LOG/settings          public: format, profile, verifier key; of a later generation its origin and what it succeeds
LOG/schema            public: the schema text
LOG/entries           public: 171 bytes for each segment
LOG/checkpoint        public: the signed note; replaced atomically, it alone says how long the log is
LOG/lineage           public, of a later generation: that its rows are those of the generations before
LOG/unlinked          in its place where the key before was lost: the same, and nobody need believe who signed it
LOG/successor         public: the generation after, and where it is; from then on nothing is sealed or proved here
LOG/rollup            public, of a roll-up: of which log it is, and the proofs of that, in one (docs/rollup.md)
LOG/devices/          public: what devices answered for the log's checkpoints (zkcompliance.log.answers)
LOG/rolled/           public, of a roll-up: one proof for each of its segments
LOG/anchors/          public: what others signed of when segments were sealed (zkcompliance.log.anchors)
LOG/secret/           0700; everything below 0600
  writer.lock         held by the one writer
  checkpoint.lock     held while another checkpoint is put in the place of the one that is there
  id                  which log this is, the same in all its generations (zkcompliance.log.keybook)
  moving, arriving    while a generation moves: in the old folder and in the new one (zkcompliance.log.moving)
  restored, retired   marks: put back from a backup; the rows are in a later generation and gone from here
  received            of a copy that was handed over: how much of it was checked (zkcompliance.log.received)
  bringing, brought   of copies: whose segments come here, and to which copy this one's went (zkcompliance.log.bringing)
  handing, handed     a hand-over that is under way, and those that were made (zkcompliance.log.handing)
  spool-…             rows of writers who found the log busy, taken in by the next one who holds it
  spent-00000003      how much of segment 3's budget was ever spent: held against its ledger
  texts               the texts of ids, where they are kept
  evidence/           the pieces of evidence behind rows (zkcompliance.log.backing), where there are any
  seen                the newest checkpoint that was read or written here
  pending-00000003    rows appended since the last seal, to become segment 3
  segments/00000000/  rows, seed, meta, budget; records, tier, evidence where there are any; of a copy that was handed
                      over share, whose ledger the budget is; cache.* may be deleted
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError, MalformedNote
from zkcompliance.log import files, merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.note import VerifierKey
from zkcompliance.schemas import Schema, parse_text
from zkcompliance.stark.commit.entry import ENTRY_BYTES
from zkcompliance.stark.profiles import PROFILES, Profile

SPOOL_NAME = re.compile(r"spool-([0-9a-f]{32})")
_FORMAT = "zkcompliance-log-1"
_MAX_SETTINGS_BYTES = 4096
_MAX_SCHEMA_BYTES = 64 << 10


@dataclass(frozen=True)
class Layout:
    """The paths of one log folder."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "settings"

    @property
    def schema(self) -> Path:
        return self.root / "schema"

    @property
    def entries(self) -> Path:
        return self.root / "entries"

    @property
    def checkpoint(self) -> Path:
        return self.root / "checkpoint"

    @property
    def secret(self) -> Path:
        return self.root / "secret"

    @property
    def lock(self) -> Path:
        return self.secret / "writer.lock"

    @property
    def swap(self) -> Path:
        """What `files.locked` is held on while another checkpoint, or this one cosigned, takes its place."""
        return self.secret / "checkpoint"

    @property
    def segments(self) -> Path:
        return self.secret / "segments"

    @property
    def lineage(self) -> Path:
        return self.root / "lineage"

    @property
    def unlinked(self) -> Path:
        return self.root / "unlinked"

    @property
    def lineage_digest(self) -> Path:
        """The SHA-256 of the lineage (or `unlinked`) as it was written."""
        return self.secret / "lineage.sha256"

    @property
    def successor(self) -> Path:
        return self.root / "successor"

    @property
    def rollup(self) -> Path:
        return self.root / "rollup"

    @property
    def rolled(self) -> Path:
        return self.root / "rolled"

    def rolled_proof(self, index: int) -> Path:
        """Of a roll-up: the proof that segment `index` has the groups of rows of another log."""
        return self.rolled / f"{index:08d}.zkp"

    @property
    def devices(self) -> Path:
        return self.root / "devices"

    @property
    def anchors(self) -> Path:
        return self.root / "anchors"

    @property
    def rolled_key(self) -> Path:
        """Of a roll-up: the verifier key of the log that it stands for."""
        return self.rolled / "key"

    @property
    def id(self) -> Path:
        return self.secret / "id"

    @property
    def moving(self) -> Path:
        return self.secret / "moving"

    @property
    def arriving(self) -> Path:
        return self.secret / "arriving"

    @property
    def restored(self) -> Path:
        return self.secret / "restored"

    @property
    def retired(self) -> Path:
        return self.secret / "retired"

    @property
    def received(self) -> Path:
        return self.secret / "received"

    @property
    def bringing(self) -> Path:
        return self.secret / "bringing"

    @property
    def brought(self) -> Path:
        return self.secret / "brought"

    @property
    def handing(self) -> Path:
        return self.secret / "handing"

    @property
    def handed(self) -> Path:
        return self.secret / "handed"

    @property
    def seen(self) -> Path:
        return self.secret / "seen"

    @property
    def asked(self) -> Path:
        """Which requests came, and when (`zkcompliance.log.asked`)."""
        return self.secret / "asked"

    @property
    def texts(self) -> Path:
        """The texts of ids, where they are kept (`zkcompliance.log.texts`)."""
        return self.secret / "texts"

    @property
    def evidence(self) -> Path:
        """The pieces of evidence behind rows, where there are any (`zkcompliance.log.backing`)."""
        return self.secret / "evidence"

    @property
    def digests(self) -> Path:
        """The SHA-256 of each of them."""
        return self.evidence / "digests"

    def piece(self, number: int) -> Path:
        """The piece of evidence with this number, from 1 on."""
        return self.evidence / f"{number:08d}"

    def pending(self, index: int) -> Path:
        """The pending rows that are to become segment `index`."""
        return self.secret / f"pending-{index:08d}"

    def spool(self, name: str) -> Path:
        """The spool with this id (32 hex digits)."""
        return self.secret / f"spool-{name}"

    def spent(self, index: int) -> Path:
        """The second record of what was spent of segment `index`."""
        return self.secret / f"spent-{index:08d}"

    def staged(self, name: str) -> SegmentPaths:
        """A segment that another process made and that is not sealed yet (`zkcompliance.log.staging`); name: 64 hex."""
        return SegmentPaths(self.segments / f"staged-{name}")

    def check_folders(self) -> None:
        """LogCorrupt unless the folders of the private part are folders, no links. A retired log has no segments."""
        gone = os.path.lexists(self.retired) and not os.path.lexists(self.segments)
        for folder in (self.secret,) if gone else (self.secret, self.segments):
            with files.reporting(folder):
                os.close(regular.open_folder(folder))

    def segment(self, index: int) -> SegmentPaths:
        """The private files of segment `index`."""
        return SegmentPaths(self.segments / f"{index:08d}")


@dataclass(frozen=True)
class SegmentPaths:
    """The private files of one segment."""

    folder: Path
    DEPTH: ClassVar[int] = 3  # folders of the log above such a file: secret, segments, the segment's own

    @property
    def log(self) -> Layout:
        """The log whose segment it is."""
        return Layout(self.folder.parents[2])

    @property
    def rows(self) -> Path:
        return self.folder / "rows"

    @property
    def seed(self) -> Path:
        return self.folder / "seed"

    @property
    def meta(self) -> Path:
        return self.folder / "meta"

    @property
    def budget(self) -> Path:
        return self.folder / "budget"

    @property
    def share(self) -> Path:
        """In a copy that was handed over: the share of the budget that came with it (`zkcompliance.log.shares`)."""
        return self.folder / "share"

    @property
    def records(self) -> Path:
        """In the first segment of a seal: which identified records it took (`zkcompliance.log.records`), if any."""
        return self.folder / "records"

    @property
    def plan(self) -> Path:
        """While a segment that another process made is not sealed: its name there (`zkcompliance.log.staging`)."""
        return self.folder / "plan"

    @property
    def tier(self) -> Path:
        """How often the rows were put together with others: one more than the highest of the segments it was made of.

        There is no such file for rows as they were appended (0).
        """
        return self.folder / "tier"

    @property
    def evidence(self) -> Path:
        """How many pieces of evidence the log had when it was sealed (`zkcompliance.log.backing`), if with any."""
        return self.folder / "evidence"

    @property
    def cache(self) -> Path:
        """A prefix: the engine's files are `cache.…`, safe to delete."""
        return self.folder / "cache"


@dataclass(frozen=True)
class Settings:
    """What a log is, fixed at its creation.

    `generation`: from 1; `succeeds`: what its checkpoints succeed, from the second generation on.
    """

    profile: Profile
    key: VerifierKey
    schema: Schema
    generation: int = 1
    succeeds: Checkpoint | None = None

    @property
    def origin(self) -> str:
        """That of its checkpoints."""
        return self.key.name if self.generation == 1 else f"{self.key.name}/g{self.generation}"

    def checkpoint(self, entries: Sequence[bytes]) -> Checkpoint:
        """The one over these entries."""
        return Checkpoint(self.origin, len(entries), merkle.root(entries), self.succeeds)

    def files(self) -> tuple[bytes, bytes]:
        """The bytes of `settings` and of `schema`."""
        later = "" if self.succeeds is None else f"{self.origin}\n{self.checkpoint([]).body.splitlines()[3]}\n"
        return f"{_FORMAT}\n{self.profile.name}\n{self.key.text}\n{later}".encode(), self.schema.text.encode()

    @classmethod
    def load(cls, layout: Layout) -> Settings:
        """LogError when there is no log, LogCorrupt when the two files are not canonical."""
        there = True
        with files.reporting(layout.root):
            try:
                layout.settings.lstat()
            except (FileNotFoundError, NotADirectoryError):
                there = False
        if not there:
            raise LogError(
                f"{layout.root} is not a log folder",
                help=command("zkcompliance", "seal", "INPUT", "--log", layout.root, "--key", "KEY"),
            )
        settings = read_limited(layout.settings, _MAX_SETTINGS_BYTES)
        schema = read_limited(layout.schema, _MAX_SCHEMA_BYTES)
        try:
            lines = settings.decode().split("\n")
            if len(lines) not in (4, 6) or lines[0] != _FORMAT or lines[-1]:
                raise LogCorrupt(f"{layout.settings} is not of the form {_FORMAT}")
            profiles = {profile.name: profile for profile in PROFILES}
            if lines[1] not in profiles:
                raise LogCorrupt(f"{layout.settings} names no known profile")
            generation, before = 1, None
            if len(lines) == 6:
                empty = Checkpoint(lines[3], 0, merkle.EMPTY_ROOT).body
                read = Checkpoint.parse(f"{empty}{lines[4]}\n")
                generation, before = read.generation, read.succeeds
            found = cls(
                profiles[lines[1]], VerifierKey.parse(lines[2]), parse_text(schema.decode()), generation, before
            )
        except UnicodeDecodeError as error:
            raise LogCorrupt(f"{layout.settings} or {layout.schema} is not UTF-8") from error
        except MalformedNote as error:
            raise LogCorrupt(f"{layout.settings}: {error.message}") from error
        if found.files()[0] != settings:
            raise LogCorrupt(f"{layout.settings} is not of the form {_FORMAT}")
        return found


def read_limited(path: Path, limit: int) -> bytes:
    """A public file's bytes; LogError when it is missing or unreadable, LogCorrupt when it is no file or too long."""
    try:
        return regular.read_file(path, limit)
    except regular.Unsafe as error:
        raise LogCorrupt(f"{path} {error.strerror}", help=command("zkcompliance", "fsck", path.parent)) from error
    except OSError as error:
        raise LogError(f"{path}: {regular.reason(error)}", help=command("zkcompliance", "fsck", path.parent)) from error


def split_entries(data: bytes) -> list[bytes]:
    """The complete entries in the bytes of `entries`; an incomplete last one is left out."""
    return [data[i : i + ENTRY_BYTES] for i in range(0, len(data) - ENTRY_BYTES + 1, ENTRY_BYTES)]
