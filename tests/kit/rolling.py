"""Logs that are sealed and rolled up from the command line, and roll-up files taken apart and put together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.kit.command_line import ok
from zkcompliance import schemas
from zkcompliance.lineage.rollup import MAGIC
from zkcompliance.log import open_log
from zkcompliance.log.layout import Layout

ROW = {"start": 1_767_571_200, "end": 1_767_571_260, "run": "r", "phase": "pretraining", "method": "hardware"}
FLOP = 10**20


def seal(folder: Path, count: int, first: int = 0, log: str = "log", key: str = "key", **more: object) -> Any:
    lines = [json.dumps({**ROW, "flop": str(FLOP + first + i), **more}) for i in range(count)]
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n")
    return ok("seal", folder / "rows.jsonl", "--log", folder / log, "--key", folder / key)


def roll(folder: Path, log: str = "log", to: str = "rolled", key: str = "rolled.key") -> Any:
    return ok("roll-up", folder / log, "--to", folder / to, "--key", folder / key)


def said(path: Path) -> list[dict[str, Any]]:
    log = open_log(path)
    return [row for s in log.segments for row in schemas.decode_rows(log.schema, s.load_columns())]


def data(folder: Path) -> bytes:
    return Layout(folder / "rolled").rollup.read_bytes()


def parts(whole: bytes) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Of a roll-up file: its two notes, the leaf hashes of both logs, its proofs."""
    at = len(MAGIC)
    notes, leaves, proofs = [], [], []
    for _ in range(2):
        size = int.from_bytes(whole[at : at + 2], "little")
        notes.append(whole[at : at + 2 + size])
        at += 2 + size
    for _ in range(2):
        size = 4 + 32 * int.from_bytes(whole[at : at + 4], "little")
        leaves.append(whole[at : at + size])
        at += size
    while at < len(whole):
        size = 4 + int.from_bytes(whole[at : at + 4], "little")
        proofs.append(whole[at : at + size])
        at += size
    return notes, leaves, proofs


def whole(notes: list[bytes], leaves: list[bytes], proofs: list[bytes]) -> bytes:
    return b"".join([MAGIC, *notes, *leaves, *proofs])
