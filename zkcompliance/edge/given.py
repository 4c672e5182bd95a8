"""A file that somebody names: looked at, or read whole, where a fault of it is a fault of what was asked."""

from __future__ import annotations

from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.errors import UsageError


def head(path: Path, most: int) -> bytes:
    """Its first bytes, by which one kind of file is told from another; none where it cannot be read."""
    try:
        with regular.open_given(path) as file:
            return bytes(file.read(most))
    except OSError:
        return b""


def whole(path: Path, limit: int) -> bytes:
    """Its bytes; UsageError where it cannot be read or has more than `limit` of them."""
    try:
        with regular.open_given(path) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"{path}: {regular.reason(error)}", help="give a file that you may read") from error
    if len(data) > limit:
        raise UsageError(f"{path}: has over {limit:,} bytes")
    return data
