"""The lock that the one writer of a log holds."""

from __future__ import annotations

import fcntl
import os

from zkcompliance.errors import LogBusy, LogError
from zkcompliance.log import files
from zkcompliance.log.layout import Layout


def lock_of(layout: Layout) -> int:
    """A descriptor that holds the writer's lock of a log; closing it gives the lock up. LogBusy, LogError."""
    with files.reporting(layout.lock):
        lock = os.open(layout.lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise LogBusy(f"{layout.root} is being written by another process") from None
    except OSError as error:
        os.close(lock)
        raise LogError(f"{layout.lock}: {error.strerror}") from error
    return lock
