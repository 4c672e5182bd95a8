"""A log of three segments whose rows can be asked for, an asker's key, requests, and the round that draws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.kit.command_line import ok
from tests.kit.rolling import ROW
from zkcompliance import schemas
from zkcompliance.card import catalogue
from zkcompliance.evidence import beacon as beacons
from zkcompliance.evidence.beacon import Round, read_round
from zkcompliance.log import backing
from zkcompliance.log.keys import load_private
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.openings.file import OpenedFile
from zkcompliance.request.file import Request
from zkcompliance.request.rows import AskedRows

_KNOWN = Path(__file__).parents[1] / "data" / "drand" / "rounds.json"
MADE = 1694775543  # 2023-09-15T10:59:03Z: 60 s later is the moment of the round that is known
WEEK = 7 * 86400


def known_round() -> Round:
    """A genuine one of quicknet, 657413."""
    (given,) = json.loads(_KNOWN.read_text())["quicknet"]["rounds"]
    return read_round(json.dumps({"round": given["round"], "signature": given["signature"]}).encode())


def row(number: int) -> dict[str, object]:
    """Row `number` of the log, from 0: the more, the more FLOP."""
    return {**ROW, "run": f"run-{number % 4}", "flop": str(10**18 * (1 + number))}


def rows_file(path: Path, first: int, count: int) -> Path:
    path.write_text("".join(json.dumps(row(number)) + "\n" for number in range(first, first + count)))
    return path


@dataclass(frozen=True)
class Asking:
    """folder: with `log`, `log.key` and `asker.key`; each log has 12 + 5 + 8 rows in three segments."""

    folder: Path

    @property
    def log(self) -> SealedLog:
        return SealedLog.open(self.folder / "log")

    def request(self, rows: int = 6, weight: str = "rows", **other: Any) -> Request:
        """Signed by the asker; other: parts of it in place of those of the log's checkpoint and the known round."""
        checkpoint = self.log.checkpoint
        asked = AskedRows(
            other.pop("origin", checkpoint.origin), other.pop("size", checkpoint.size),
            other.pop("root", checkpoint.root), beacons.BEACONS["quicknet"],
            other.pop("round", known_round().number), rows, weight,
        )  # fmt: skip
        key = load_private(self.folder / "asker.key")
        made = other.pop("made", MADE)
        request = Request(
            key.verifier, other.pop("reference", "FILE-7"), made, other.pop("answer_by", made + WEEK), asked
        )
        assert not other
        return request.signed_by(key)


def asking(folder: Path) -> Asking:
    ok("keygen", "lab.example/compute", "-o", folder / "log.key")
    ok("keygen", "regulator.example/ask", "-o", folder / "asker.key")
    for number, (first, count) in enumerate(((0, 12), (12, 5), (17, 8))):
        given = rows_file(folder / f"rows-{number}.jsonl", first, count)
        ok("seal", given, "--log", folder / "log", "--key", folder / "log.key", "--keep-texts")
    return Asking(folder)


def with_evidence(asking: Asking, *named: int, kept: Sequence[bytes]) -> None:
    """One segment more, of rows that name these pieces of all that the log keeps from now on."""
    rows = [{**row(90 + number), "evidence": piece} for number, piece in enumerate(named)]
    layout = Layout(asking.folder / "log")
    backing.keep(layout, kept)
    with Writer(asking.folder / "log", load_private(asking.folder / "log.key")) as writer:
        given = [("evidence", [schemas.encode_rows(schemas.compute, rows)])]
        writer.seal_inputs(given, evidence=len(backing.digests(layout)))


POLICY = """format = "zkcompliance-policy/v1"
id = "sampled"
version = 1
title = "Rows are sampled"
jurisdiction = "nowhere"
sources = ["none"]
valid_from = 2025-08-02
valid_until = 2035-08-02
subject = "none"

[openings]
rows = {rows}
weight = "{weight}"

[logs.jobs]
schema = "compute"

[[requirements]]
name = "some-rows"
says = "the lab seals some rows, and says so itself"
claim = "{claim}"
card = "{card}"
logs = {{ log = "jobs" }}
params = {{ rows = 1, sources = "self_declared" }}
"""


def policy(path: Path, rows: int = 6, weight: str = "rows") -> Path:
    card = catalogue.load("log-floor-compute")
    path.write_text(POLICY.format(rows=rows, weight=weight, claim=card.label, card=card.digest.hex()))
    return path


def changed(data: bytes, **parts: Any) -> bytes:
    """A file of opened rows with these parts in place of its own."""
    return replace(OpenedFile.decode(data), **parts).encode()
