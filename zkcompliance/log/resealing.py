"""What a refresh or compact has spent of the old segments, so that one that was killed does not keep it.

The proofs of a reseal lie in a hidden folder beside the new place, with the new rows and seeds, until that folder
appears by one rename. While it is there under its hidden name nothing of it has left. A file of two lines, durable
before anything is spent and gone when the new generation is there, names the token that gives the units back, and that
folder; whoever makes the next generation, under the writer's lock, gives back and deletes the folder. Where the folder
is there no more, whatever became of it, the units stay spent.

The file lies in the user's state (zkcompliance.log.spent), not in the log: no backup of the log brings back a token
whose proofs have left since. Where it cannot be written, what a killed one spent stays spent.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from zkcompliance import regular
from zkcompliance.errors import LogError
from zkcompliance.log import files, keybook, leftovers, spent
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog

_MAX_BYTES = 8192


def begin(old: Layout, token: bytes, building: Path) -> None:
    """Before anything is spent under the token for what `building` holds; durable when it returns, if that can be."""
    path = _path(old)
    if path is not None:
        text = f"{token.hex()}\n{building.absolute()}\n"
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=files.PRIVATE_DIR, parents=True, exist_ok=True)
            files.replace(path, text.encode(errors="surrogateescape"), files.PRIVATE)


def end(old: Layout) -> None:
    """What was spent is given back, or has left."""
    path = _path(old)
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            files.sync_dir(path.parent)


def undo(old: Layout, log: SealedLog) -> None:
    """Give back what one that was killed has spent, if what it made is still where nobody else has it, and delete that.

    Under the writer's lock of the log `old`, which goes on nowhere else. LogError, LogCorrupt.
    """
    found = _read(old)
    if found is None:
        return
    token, building = found
    with files.reporting(building):
        if _is_there(old, building):
            for segment in log.segments:
                segment.budget().give_back(token)  # again, where it was killed here: once is all it gives
            shutil.rmtree(building)
            files.sync_dir(building.parent)
    end(old)


def _is_there(old: Layout, building: Path) -> bool:
    """Whether it is a hidden folder of this very log, that never appeared."""
    if leftovers.final_name(building.name) == building.name or building.is_symlink() or not building.is_dir():
        return False
    try:
        return keybook.id_of(Layout(building)) == keybook.id_of(old)
    except LogError:
        return False


def _path(old: Layout) -> Path | None:
    folder = spent.state_folder()
    try:
        return None if folder is None else folder / f"resealing-{keybook.id_of(old)}"
    except LogError:
        return None


def _read(old: Layout) -> tuple[bytes, Path] | None:
    path = _path(old)
    if path is None or not os.path.lexists(path):
        return None
    try:
        lines = regular.read_file(path, _MAX_BYTES, private=True).decode(errors="surrogateescape").split("\n")
        return (bytes.fromhex(lines[0]), Path(lines[1])) if len(lines) == 3 and len(lines[0]) == 64 else None
    except (OSError, ValueError):
        return None
