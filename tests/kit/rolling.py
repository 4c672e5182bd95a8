"""Logs that are sealed and rolled up from the command line, roll-up files taken apart and put together, and roll-ups
that nobody honest makes: any entries, with proofs of any segments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.kit.command_line import ok
from zkcompliance import schemas
from zkcompliance.claim import Claim, catalogue
from zkcompliance.commands.roll_up import bound_now
from zkcompliance.lineage.rollup import MAGIC
from zkcompliance.log import merkle, open_log
from zkcompliance.log.keys import load_private
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.progress import silent
from zkcompliance.prove.api import Asked, get_ready, make
from zkcompliance.prove.parts import Part
from zkcompliance.schemas import ROLL_UPS
from zkcompliance.schemas.grouping import grouped
from zkcompliance.stark.codec import bytes16, u32

ROW = {"start": 1_767_571_200, "end": 1_767_571_260, "run": "r", "phase": "pretraining", "method": "hardware"}
FLOP = 10**20
HOW = ROLL_UPS[0]  # of compute logs


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


Entry = tuple[SealedLog, int, int]  # the groups of the segments first … last of a log, as one entry of a roll-up


def entry_of(rolled: Path, key: Path, *tables: np.ndarray) -> None:
    """Seal the groups of these rows, or of none: nobody looks whose they are."""
    seal_groups(rolled, key, grouped(HOW, np.concatenate(tables, axis=1)))


def seal_groups(rolled: Path, key: Path, made: np.ndarray) -> None:
    """Seal these very groups."""
    with Writer(rolled, load_private(key), rolling=True) as writer:
        writer.seal_columns([made], empty=made.shape[1] == 0)


def proof_of(entry: Entry, rolled: SealedLog, number: int) -> bytes:
    """A proof, as a roll-up file has it, that entry `number` of the roll-up has the groups of these segments."""
    log, first, last = entry
    asked = {"rows": [Part(log, first, last)], "rolled": [Part(rolled, number, number)]}
    return proof_over(catalogue.rolled_up(HOW.schema), asked)


def proof_over(claim: Claim, asked: dict[str, list[Part]], **publics: int) -> bytes:
    """A proof of any claim over these parts of logs, with its length before it."""
    made = make(get_ready([Asked(claim.id, claim, asked, publics)], bound_now()), silent)
    return u32(len(made)) + made


def head_of(log: SealedLog, rolled: SealedLog) -> tuple[list[bytes], list[bytes]]:
    """Notes and leaf hashes, as `parts` has them."""
    notes = [bytes16(each.checkpoint_note.encode()) for each in (log, rolled)]
    leaves = [
        u32(len(each.segments)) + b"".join(merkle.leaf_hash(s.entry.encode()) for s in each.segments)
        for each in (log, rolled)
    ]
    return notes, leaves
