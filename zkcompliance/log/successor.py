"""Where a log goes on: the file `successor` of a generation that another one succeeded, written once.

    zkcompliance-successor-1
    origin of the next generation
    path of its folder, from the folder that holds this one

From then on nothing is sealed or proved over here; whoever is given this folder is led to the newest.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError, LogEvidence
from zkcompliance.log import files
from zkcompliance.log.layout import Layout, Settings, read_limited
from zkcompliance.log.note import check_name

_FORMAT = "zkcompliance-successor-1"
_MAX_BYTES = 8192
_MAX_STEPS = 1000


@dataclass(frozen=True)
class Successor:
    """The next generation's origin, and its folder as this one's file names it."""

    origin: str
    path: Path

    def encode(self, layout: Layout) -> bytes:
        """The bytes of the file in the folder of `layout`."""
        here, there = (Path(os.path.realpath(each.parent)) for each in (layout.root.absolute(), self.path.absolute()))
        path = os.path.relpath(there / self.path.name, here)  # where a folder above is a link, `..` is not of its name
        return f"{_FORMAT}\n{self.origin}\n{path}\n".encode(errors="surrogateescape")


def read(layout: Layout) -> Successor | None:
    """None for a log that does not go on elsewhere; LogCorrupt for a file that is not in its form."""
    with files.reporting(layout.successor):
        if not os.path.lexists(layout.successor):
            return None
    lines = read_limited(layout.successor, _MAX_BYTES).decode(errors="surrogateescape").split("\n")
    if len(lines) != 4 or lines[0] != _FORMAT or lines[3] or not check_name(lines[1]) or not lines[2]:
        raise LogCorrupt(f"{layout.successor} is not of the form {_FORMAT}")
    here = layout.root.parent
    if lines[2].startswith("../"):
        return Successor(lines[1], Path(os.path.normpath(f"{os.path.realpath(here)}/{lines[2]}")))
    return Successor(lines[1], here / lines[2])


def write(layout: Layout, successor: Successor) -> None:
    """Durable when it returns. LogEvidence where another one is named already: a log has one successor."""
    before = read(layout)
    if before is None:
        files.replace(layout.successor, successor.encode(layout))
    elif before.origin != successor.origin:
        raise LogEvidence(f"{layout.root} goes on as {before.origin} already, and not as {successor.origin}")


def how_to_refresh(path: Path) -> str:
    """For a `help:` line."""
    return command("zkcompliance", "refresh", path, "--to", "NEW", "--key", "KEY", "-o", "lineage.zkl")


def require_open(layout: Layout, *, restored: bool = False) -> None:
    """LogError, naming the folder, where the log goes on elsewhere; or where it was put back from a backup (restored:
    that is no hindrance).
    """
    after = read(layout)
    if after is not None:
        raise LogError(
            f"{layout.root} is closed: the log goes on as {after.origin} in {after.path}",
            help=command("zkcompliance", "fsck", after.path) + "  # and use that folder",
        )
    if os.path.lexists(layout.restored) and not restored:
        if os.path.lexists(layout.received):
            raise LogError(
                f"{layout.root} was handed over, and then put back from a backup: how much of its share was spent is "
                "not known, and nothing is proved over it any more",
                help=f"ask who handed it over to hand over the next generation: {how_to_refresh(Path('LOG'))}",
            )
        raise LogError(
            f"{layout.root} was put back from a backup: nothing is sealed in it or proved over it before a refresh",
            help=how_to_refresh(layout.root),
        )


def follow(path: str | Path, tell: Callable[[str], None]) -> Path:
    """The folder of the newest generation, from that of any; `tell` gets a sentence where it is another one.

    LogError where a successor is not at the place that is named.
    """
    *closed, newest = folders(path)
    for here, after in itertools.pairwise((*closed, newest)):
        tell(f"{here} goes on as {Settings.load(Layout(after)).origin}: {after} is used")
    return newest


def folders(path: str | Path) -> list[Path]:
    """That folder and those of all later generations, the newest last. LogError as `follow`."""
    found = [Path(path)]
    for _ in range(_MAX_STEPS):
        here = found[-1]
        after = read(Layout(here))
        if after is None:
            return found
        if not os.path.lexists(Layout(after.path).settings) or Settings.load(Layout(after.path)).origin != after.origin:
            raise LogError(
                f"{here} goes on as {after.origin} in {after.path}, and that log is not there",
                help="give the folder in which the newest generation is now",
            )
        found.append(after.path)
    raise LogCorrupt(f"{path}: the files `successor` lead in a circle")
