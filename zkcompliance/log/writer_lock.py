"""The lock that the one writer of a log holds."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

from zkcompliance.edge import regular
from zkcompliance.errors import LogBusy, LogError
from zkcompliance.log import files
from zkcompliance.log.layout import Layout


def lock_of(layout: Layout) -> int:
    """A descriptor that holds the writer's lock of a log; closing it gives the lock up. LogBusy, LogError."""
    with files.reporting(layout.lock):
        lock = regular.open_file(layout.lock, os.O_RDWR, folders=1, private=True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise LogBusy(
            f"{layout.root} is being written by another process",
            help="run it again later; from Python, open_log(…, spool=True) keeps rows until the log is free",
        ) from None
    except OSError as error:
        os.close(lock)
        raise LogError(f"{layout.lock}: {regular.reason(error)}", help=regular.remedy(error)) from error
    return lock


@contextlib.contextmanager
def held(layout: Layout) -> Iterator[None]:
    """The writer's lock: nobody seals, moves or hands over the log meanwhile. Raises as `lock_of`."""
    lock = lock_of(layout)
    try:
        yield
    finally:
        os.close(lock)
