"""A copy of a log that was handed over: its holder proves over it, and only whoever handed it over adds to it.

`secret/received` marks it, and says how much of it its holder has checked (`zkcompliance.prove.receive`):

    zkcompliance-received-1
    ID                     of the copy: 32 hexadecimal digits, drawn when it was made
    SIZE                   segments that were checked, from the first on; 0 as it is handed over
    ROOT                   the RFC 6962 root of their entries, in hex

Nothing is proved over more than was checked. Nothing is sealed in it, and no generation is made of it: its holder has
no key for that, and the budget that is kept for a refresh stays where the log is.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.log import files, merkle
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog

SEALED = "nothing is sealed in it by anybody else"
RESEALED = "only they make its next generation"
RETIRED = "its rows are with them too, and the folder can be removed as it is"
_FORMAT = "zkcompliance-received-1"
_MAX_BYTES = 256


@dataclass(frozen=True)
class Received:
    """id: of the copy, 32 hexadecimal digits. How much of it was checked: size, the number of segments, and root, that
    of their entries (32 bytes).
    """

    id: str
    size: int
    root: bytes

    def encode(self) -> bytes:
        """The bytes of the file."""
        return f"{_FORMAT}\n{self.id}\n{self.size}\n{self.root.hex()}\n".encode()


def fresh() -> Received:
    """Of a new copy: nothing is checked."""
    return Received(secrets.token_hex(16), 0, merkle.EMPTY_ROOT)


def is_received(layout: Layout) -> bool:
    """Whether the folder is a copy that was handed over."""
    return os.access(layout.secret, os.X_OK) and os.path.lexists(layout.received)


def load(layout: Layout) -> Received | None:
    """None for a log in the folder of whoever seals it; LogCorrupt for a file that is not in its form."""
    if not is_received(layout):
        return None
    data = files.read(layout.received, _MAX_BYTES, folders=1)
    try:
        _, identity, size, root, _ = data.decode("ascii").split("\n")
        found = Received(identity, int(size[:20]), bytes.fromhex(root))
        whole = re.fullmatch("[0-9a-f]{32}", identity) and len(found.root) == 32 and found.size >= 0
        if found.encode() == data and whole:
            return found
    except ValueError:
        pass
    raise LogCorrupt(f"{layout.received} is damaged", help=how_to_receive(layout.root))


def checked(log: SealedLog) -> int:
    """How many segments of a copy were checked: 0 where others were than it has now."""
    found = load(Layout(log.path)) or fresh()
    entries = [segment.entry.encode() for segment in log.segments[: found.size]]
    return found.size if len(entries) == found.size and merkle.root(entries) == found.root else 0


def accept(log: SealedLog) -> None:
    """Every segment of the copy was checked; durable when it returns."""
    layout = Layout(log.path)
    found = load(layout)
    if found is not None:
        done = replace(found, size=len(log.segments), root=log.checkpoint.root)
        with files.reporting(layout.received):
            files.replace(layout.received, done.encode(), files.PRIVATE)


def how_to_receive(path: Path) -> str:
    """For a `help:` line."""
    return command("zkcompliance", "receive", path, "--key", "KEY.pub")


def refuse(layout: Layout, what: str) -> None:
    """LogError for a copy that was handed over. what: is not done with one."""
    if is_received(layout):
        raise LogError(
            f"{layout.root} was handed over by whoever seals the log: {what}",
            help="ask them for a later hand-over",
        )


def require_checked(log: SealedLog) -> None:
    """LogError for a copy of which not every segment was checked, or whose segments went on in another one; nothing for
    a log of one's own.
    """
    layout = Layout(log.path)
    if not is_received(layout):
        return
    if os.path.lexists(layout.brought):
        raise LogError(
            f"{log.path} was handed over, and its segments went on in another copy that was received after it",
            help=command("zkcompliance", "fsck", log.path) + "  # says in which",
        )
    if checked(log) < len(log.segments):
        raise LogError(
            f"{log.path} was handed over, and is not checked yet: nothing is proved over it before",
            help=how_to_receive(log.path),
        )
