"""Pieces for a pool of processes: each leaves a mark that it was begun; a process of its own that has such a pool.

Argument: a folder. The process hands out one piece that takes a minute, and waits.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.prove.local import LocalPool


@dataclass(frozen=True)
class Piece:
    """deaths: how often its process is killed before it is done; fault: it raises."""

    folder: Path
    name: str
    deaths: int = 0
    fault: bool = False

    @property
    def label(self) -> str:
        return self.name

    def begun(self) -> int:
        return len(list(self.folder.glob(f"{self.name}-*")))


def do(piece: Piece) -> str:
    (piece.folder / f"{piece.name}-{os.getpid()}-{secrets.token_hex(4)}").touch()
    if piece.begun() <= piece.deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    if piece.fault:
        raise ValueError(piece.name)
    return piece.name


def linger(piece: Piece) -> None:
    do(piece)
    time.sleep(60)


if __name__ == "__main__":
    from tests.unit.local_pieces import linger as work  # by its name, which the other process knows it by too

    with LocalPool(1) as pool:
        pool.submit(work, Piece(Path(sys.argv[1]), "long")).result()
