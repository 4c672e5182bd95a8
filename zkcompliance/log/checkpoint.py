"""The checkpoint body of docs/spec/log.md: origin, size and root, three lines (https://c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from zkcompliance.errors import MalformedNote
from zkcompliance.log.note import check_name, decode_base64

MAX_SIZE = 2**63 - 1


@dataclass(frozen=True)
class Checkpoint:
    """`size` entries of the log `origin` have the RFC 6962 root `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """MalformedNote unless body is exactly three canonical lines."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] != "" or not check_name(lines[0]):
            raise MalformedNote("a checkpoint is three lines: origin, size, root")
        origin, size, encoded, _ = lines
        digits = size.isascii() and size.isdecimal() and len(size) <= 19
        root = decode_base64(encoded)
        if not digits or str(int(size)) != size or int(size) > MAX_SIZE or root is None or len(root) != 32:
            raise MalformedNote(f"the checkpoint of {origin} has a malformed size or root")
        return cls(origin, int(size), root)
