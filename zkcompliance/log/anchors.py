"""What others signed of when segments were sealed, kept in the log folder until a proof takes it along.

    LOG/anchors/round-SHA256            a beacon's round, as a proof file brings it; SHA-256 of its signature in hex
    LOG/anchors/checkpoint-00000003     the signed note of the checkpoint of 3 segments, with all cosignatures so far
    LOG/anchors/stamp-00000003-SHA256   an RFC 3161 reply over the body of that checkpoint; SHA-256 of the reply

Nothing here is secret, and nothing is trusted: whoever takes it along checks it. A checkpoint is kept when it gets its
first cosignature, so that the next seal does not lose it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from zkcompliance import limits
from zkcompliance.edge import regular
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.log import files
from zkcompliance.log.layout import Layout

_NAME = re.compile(r"round-([0-9a-f]{64})|checkpoint-([0-9]{8,})|stamp-([0-9]{8,})-([0-9a-f]{64})")
_MOST_FILES = 1 << 16


@dataclass(frozen=True)
class Kept:
    """rounds: by SHA-256 of the signature (32 bytes); notes: by size of the checkpoint; stamps: (size, reply)."""

    rounds: Mapping[bytes, bytes]
    notes: Mapping[int, bytes]
    stamps: tuple[tuple[int, bytes], ...]


def keep_round(layout: Layout, digest: bytes, data: bytes) -> None:
    """Keep a beacon's round (its bytes in a proof file), durably. digest: SHA-256 of its signature."""
    _keep(layout, f"round-{digest.hex()}", data)


def keep_note(layout: Layout, size: int, signed: str) -> None:
    """Keep the signed note of a checkpoint, in the place of what was kept of it before."""
    _keep(layout, f"checkpoint-{size:08d}", signed.encode())


def keep_stamp(layout: Layout, size: int, reply: bytes) -> Path:
    """Keep a time stamp's reply over the body of the checkpoint of so many segments; its file."""
    return _keep(layout, f"stamp-{size:08d}-{sha256(reply).hexdigest()}", reply)


def _keep(layout: Layout, name: str, data: bytes) -> Path:
    with files.reporting(layout.anchors):
        with contextlib.suppress(FileExistsError):
            files.make_dir(layout.anchors, files.PUBLIC_DIR)
            files.sync_dir(layout.root)
        os.close(regular.open_folder(layout.anchors))  # no link is followed
        path = layout.anchors / name
        files.replace(path, data)
        files.sync_dir(layout.anchors)
    return path


def load(layout: Layout) -> Kept:
    """All that is kept. LogCorrupt for a file that has no place there, LogError for one that cannot be read."""
    rounds: dict[bytes, bytes] = {}
    notes: dict[int, bytes] = {}
    stamps: list[tuple[int, bytes]] = []
    if not os.path.lexists(layout.anchors):
        return Kept(rounds, notes, ())
    with files.reporting(layout.anchors):
        names = sorted(files.names(layout.anchors))
    if len(names) > _MOST_FILES:
        raise LogError(f"{layout.anchors} has over {_MOST_FILES} files")
    for name in names:
        if name.startswith("."):
            continue  # what a write that was killed left
        found = _NAME.fullmatch(name)
        if found is None:
            raise LogCorrupt(f"{layout.anchors / name} is nothing that is kept there")
        data = files.read(layout.anchors / name, limits.MAX_ATTACHMENT_BYTES, folders=1, private=False)
        digest, noted, stamped, _ = found.groups()
        if digest is not None:
            rounds[bytes.fromhex(digest)] = data
        elif noted is not None:
            notes[int(noted)] = data
        else:
            stamps.append((int(stamped), data))
    return Kept(rounds, notes, tuple(stamps))
