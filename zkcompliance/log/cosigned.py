"""Cosignatures put on the checkpoint of a log's folder, by whoever has them: the writer need not be asked.

They stay until the next seal. The checkpoint's own lock is held, and not the writer's, so that a log that something
writes all day can be cosigned, and a seal that comes meanwhile is never undone.
"""

from __future__ import annotations

from collections.abc import Iterable

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogError
from zkcompliance.log import anchors, files
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.cosigner import add_lines
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.store import load_public
from zkcompliance.quantities import number_of


def add(
    layout: Layout, settings: Settings, of: Checkpoint, lines: Iterable[str], cosigners: Iterable[CosignerKey]
) -> str:
    """Add cosignature lines to the log's checkpoint, which is still `of`, durably; the note as it is then. It is kept
    too, as what dates the segments so far (`log.anchors`).

    LogError where the log was sealed meanwhile; SignatureRejected, MalformedNote and UsageError as `add_lines`.
    """
    with files.locked(layout.swap), files.reporting(layout.checkpoint):
        before, checkpoint, _ = load_public(layout, settings)
        if checkpoint != of:
            raise LogError(
                f"{layout.root} was sealed meanwhile: it has {number_of(checkpoint.size, 'segment')}, not {of.size}",
                help=command("zkcompliance", "cosign", layout.root),
            )
        after = add_lines(before, lines, cosigners)
        if after != before:
            anchors.keep_note(layout, checkpoint.size, after)
            files.replace(layout.checkpoint, after.encode())
    return after
