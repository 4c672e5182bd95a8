"""A file that a tool writes while it runs, read by its importer as it grows, as a process of its own.

Standard input, first line: {"file": path, "format": importer, "options": {name: text}, "log": folder, "key": file or
null, "sealing": {argument of `Live`: value}}. A second line says that no more will come. Where standard input ends
without one, the writer has ended or was killed, and what it left to others may still come: then the file is at its end
once nothing came for `_QUIET` seconds. What was put is sealed where there is a key. What goes wrong is said on standard
error; the writer is never touched.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from zkcompliance import importers, schemas
from zkcompliance.errors import LogError, ZkComplianceError
from zkcompliance.live.identified import put
from zkcompliance.live.writer import Live

_NICE = 10  # the program that writes the file goes first
_LOOK = 0.2  # seconds between two looks whether it has grown
_QUIET = 30.0  # W&B's own process writes what it holds every 15 seconds


class Growing:
    """An open file as a reader sees it while it is written: `read` waits for what it asks for, up to the end.

    `over(seconds since the last byte)`: whether no more will come.
    """

    def __init__(self, file: BinaryIO, over: Callable[[float], bool]) -> None:
        self._file, self._over = file, over

    def read(self, size: int) -> bytes:
        """So many bytes; fewer, or none, at the end alone."""
        found = self._file.read(size)
        last = time.monotonic()
        while len(found) < size:
            over = self._over(time.monotonic() - last)  # asked first: what came before it was said is read
            more = self._file.read(size - len(found))
            found += more
            if more:
                last = time.monotonic()
            elif over:
                break
            else:
                time.sleep(_LOOK)
        return found


def follow(live: Live, file: BinaryIO, form: str, options: Mapping[str, str], over: Callable[[float], bool]) -> int:
    """Put the rows of a file of this format as it grows; how many. What came before an error is in the log.

    Raises what the importer raises, and `Live.put`.
    """
    growing, count = cast(BinaryIO, Growing(file, over)), 0
    for row in importers.by_name(form).read(growing, Path(file.name).name, live.schema, options):
        if isinstance(row, Mapping):
            count += put(live, form, [row])
    return count


class Writer:
    """The process that has the file written, as standard input tells of it. `asked`: the first line."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._ended, self._told = descriptor, False, False
        first = b""
        while not first.endswith(b"\n"):
            first += (more := os.read(descriptor, 1))
            if not more:
                raise LogError("nothing was asked for")
        self.asked: dict[str, Any] = json.loads(first)

    def over(self, quiet: float) -> bool:
        """Whether no more will come to a file that has been quiet for so many seconds."""
        while not self._ended and select.select([self._descriptor], [], [], 0)[0]:
            more = os.read(self._descriptor, 64)
            self._ended, self._told = not more, self._told or bool(more)
        return self._told or (self._ended and quiet > _QUIET)


def run() -> None:
    """Follow, and leave with status 0 whatever came of it."""
    os.nice(_NICE)
    writer = Writer(sys.stdin.fileno())
    asked = writer.asked
    path = Path(asked["file"])
    try:
        key = Path(asked["key"]) if asked["key"] is not None else None
        live = Live(Path(asked["log"]), key=key, schema=schemas.by_name("compute"), **asked["sealing"])
        with live, opened(path, writer) as file:
            follow(live, file, asked["format"], asked["options"], writer.over)
    except (ZkComplianceError, OSError) as error:
        print(f"zkcompliance: {path} is not followed any more, and can be sealed: {error}", file=sys.stderr, flush=True)
    sys.exit(0)


def opened(path: Path, writer: Writer) -> BinaryIO:
    """The file, once it is there."""
    last = time.monotonic()
    while not path.exists() and not writer.over(time.monotonic() - last):
        time.sleep(_LOOK)
    return importers.opened(path)
