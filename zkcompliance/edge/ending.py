"""How a command line ends: status 0 says accepted and 1 says refused, and no accident on the way out says either.

A crash, an interrupt, a pipe that nobody reads, a full or closed output each have a status of their own. What cannot be
said on the error stream is lost; what cannot be printed is an error, since a verdict that nobody was told is none.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import IO

from zkcompliance.errors import InternalError, UsageError, ZkComplianceError

INTERRUPTED, BROKEN_PIPE = 130, 141  # as a shell says of SIGINT and SIGPIPE


def status_of(run: Callable[[], int], refused: Callable[[ZkComplianceError], int]) -> int:
    """The status that `run` returns, or that fits what it raises, once everything printed is written.

    refused: says an error, and returns its exit status.
    """
    try:
        status = run()
        sys.stdout.flush()
    except BaseException as error:
        status = _of(error, refused)
    for stream in (sys.stdout, sys.stderr):
        _drop(stream)
    return status


def say(text: str) -> None:
    """A line on stderr, or lost where that takes none."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _of(raised: BaseException, refused: Callable[[ZkComplianceError], int]) -> int:
    if isinstance(raised, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    if isinstance(raised, BrokenPipeError):
        return BROKEN_PIPE
    try:
        error = _named(raised)
        try:
            return refused(error)
        except BaseException:  # such as an error stream that is gone: what has happened stays the same
            return error.exit_status
    except BaseException:  # such as no memory to say it with
        return InternalError.exit_status


def _named(raised: BaseException) -> ZkComplianceError:
    if isinstance(raised, ZkComplianceError):
        return raised
    if isinstance(raised, OSError) and (why := _unwritable(sys.stdout)):
        return UsageError(
            f"what is printed cannot be written: {why}",
            help="send it to a file on a disk that has room, or to a screen",
        )
    return InternalError.of(raised)  # SystemExit among them: verbs return their status, and raise none


def _unwritable(stream: IO[str]) -> str:
    """Why what was printed did not leave; empty where it did. `failed` is that of start.Output."""
    failed = getattr(getattr(getattr(stream, "buffer", None), "raw", None), "failed", "")
    try:
        stream.flush()
    except OSError as error:
        failed = error.strerror or "an error"
    return str(failed)


def _drop(stream: IO[str]) -> None:
    """What cannot be written is given up, or Python would leave with 120 for its sake."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
