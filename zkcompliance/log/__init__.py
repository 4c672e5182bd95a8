"""Sealed logs: `open_log` to read and prove, `create_log` and `Writer` to append and seal, `fsck` to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from zkcompliance.log.store import SealedLog


def open_log(path: str | Path) -> SealedLog:
    """The read side of the log folder at `path`.

    LogError when it is not one, LogCorrupt when its public part disagrees.
    """
    from zkcompliance.log.store import SealedLog

    return SealedLog.open(path)
