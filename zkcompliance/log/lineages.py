"""Whether the lineage in a log's folder is still the one that was written there, by a digest in the secret part.

What was written was verified piece by piece when it was made. What became something else since would be found by a
verifier only, when proofs have left; so `prove`, `refresh`, `compact` and `fsck` hold it against the digest first.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.log import files
from zkcompliance.log.layout import Layout

_AT_ONCE = 1 << 20


def file_of(layout: Layout) -> Path:
    """Where the lineage of a later generation lies: `lineage`, or `unlinked` where the key before was lost."""
    return layout.unlinked if os.path.lexists(layout.unlinked) else layout.lineage


def remember(layout: Layout) -> None:
    """The digest of the lineage as it is now (its folder is not fsynced)."""
    files.create(layout.lineage_digest, _digest(file_of(layout)))


def check(layout: Layout, generation: int) -> None:
    """LogError where the lineage of a later generation is missing, LogCorrupt where it is not what was written."""
    path = file_of(layout)
    if generation == 1:
        return
    back = command("cp", "LINEAGE.zkl", path) + "  # the file that the last refresh or compact wrote"
    if not os.path.lexists(path):
        raise LogError(f"{path} is missing: nothing shows that the rows are those of the generation before", help=back)
    if os.path.lexists(layout.lineage_digest):
        with files.reporting(path):
            if _digest(path) != files.read(layout.lineage_digest, 128, folders=1):
                raise LogCorrupt(f"{path} is not the lineage that was written there", help=back)


def _digest(path: Path) -> bytes:
    whole = hashlib.sha256()
    with os.fdopen(regular.open_file(path), "rb") as file:
        while part := file.read(_AT_ONCE):
            whole.update(part)
    return f"{whole.hexdigest()}\n".encode()
