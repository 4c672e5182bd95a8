"""The checkpoint body of docs/spec/log.md: origin, size and root (https://c2sp.org/tlog-checkpoint).

A log whose rows were sealed again goes on in its next generation. Its name stays that of its key; the origin of the
first generation is that name, of generation N ≥ 2 `name/gN`, and such a checkpoint has a fourth line:

    succeeds ORIGIN SIZE ROOT      the last checkpoint of the generation before
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from zkcompliance.errors import MalformedNote
from zkcompliance.log.note import check_name, decode_base64

MAX_SIZE = 2**63 - 1
_GENERATION = re.compile(r"(.+)/g([1-9][0-9]*)", re.ASCII)
_NUMBERED = re.compile(r".*/g[0-9]+", re.ASCII | re.DOTALL)
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """`size` entries of the log `origin` have the RFC 6962 root `root` (32 bytes).

    succeeds: the last checkpoint of the generation before (its own `succeeds` is not known, and None); None in the
    first generation.
    """

    origin: str
    size: int
    root: bytes
    succeeds: Checkpoint | None = None

    @property
    def body(self) -> str:
        """The lines that are signed."""
        before = self.succeeds
        last = "" if before is None else f"succeeds {before.origin} {before.size} {_text(before.root)}\n"
        return f"{self.origin}\n{self.size}\n{_text(self.root)}\n{last}"

    @property
    def name(self) -> str:
        """The name of the log, and of the keys that may sign its checkpoints."""
        return generation_of(self.origin)[0]

    @property
    def generation(self) -> int:
        """From 1."""
        return generation_of(self.origin)[1]

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """MalformedNote unless body is exactly three canonical lines, or four in a generation from 2 on."""
        lines = body.split("\n")
        if len(lines) not in (4, 5) or lines[-1] != "":
            raise MalformedNote("a checkpoint is three lines: origin, size, root; and `succeeds` in a later generation")
        checkpoint = cls(*_read(*lines[:3]))
        if len(lines) == 5:
            words = lines[3].split(" ")
            if len(words) != 4 or words[0] != "succeeds":
                raise MalformedNote("a checkpoint's fourth line is `succeeds ORIGIN SIZE ROOT`")
            checkpoint = cls(checkpoint.origin, checkpoint.size, checkpoint.root, cls(*_read(*words[1:])))
        _check_generation(checkpoint)
        return checkpoint


def generation_of(origin: str) -> tuple[str, int]:
    """(name of the log, number of its generation, from 1): `name` is (name, 1), `name/g2` is (name, 2)."""
    match = _GENERATION.fullmatch(origin)
    return (match[1], int(match[2])) if match is not None and match[2] != "1" else (origin, 1)


def looks_numbered(name: str) -> bool:
    """Whether a name ends like a generation's origin, with /g and a number: no log's key has such a name."""
    return _NUMBERED.fullmatch(name) is not None


def _read(origin: str, size: str, root: str) -> tuple[str, int, bytes]:
    if not check_name(origin):
        raise MalformedNote("a checkpoint's origin is a name without spaces or plus signs")
    data = decode_base64(root)
    if _SIZE.fullmatch(size) is None or int(size) > MAX_SIZE or data is None or len(data) != 32:
        raise MalformedNote(f"the checkpoint of {origin} has a malformed size or root")
    return origin, int(size), data


def _check_generation(checkpoint: Checkpoint) -> None:
    before = checkpoint.succeeds
    if (checkpoint.generation == 1) != (before is None):
        raise MalformedNote(
            f"the checkpoint of {checkpoint.origin}: a `succeeds` line is there where the origin ends with /g and a "
            "number from 2, and only there"
        )
    if generation_of(checkpoint.name)[1] != 1:
        raise MalformedNote(f"{checkpoint.origin}: a log's name does not itself end with /g and a number")
    if before is not None and (
        before.name != checkpoint.name or before.generation >= checkpoint.generation or before.size < 1
    ):
        raise MalformedNote(
            f"the checkpoint of {checkpoint.origin}: a generation succeeds an earlier one of the same log, of at least "
            "one segment"
        )


def _text(root: bytes) -> str:
    return base64.b64encode(root).decode()
