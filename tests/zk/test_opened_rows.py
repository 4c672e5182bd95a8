"""What a file of opened rows says of the others: nothing, but that they are rows of the same segments."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from tests.kit.asking import MADE, row
from tests.kit.command_line import ok
from tests.kit.opening import SCHEMA, Opening, segments_of
from tests.kit.watched import PARTS, Watched, openings_length, uniform
from zkcompliance.claim.opened_rows import Naming
from zkcompliance.log.store import SealedLog
from zkcompliance.openings.file import OpenedFile
from zkcompliance.prove.opening import open_rows

NAMED = [2, 5, 12]


def world(fill: int, last: int, naming: Naming) -> Opening:
    """Two segments of 10 rows and `last`, of which three rows are alike in every world, and all others `fill`."""
    tables = segments_of(10, last)
    alike = segments_of(10, 13)
    for table, own, named in zip(tables, alike, ((2, 5), (2,)), strict=True):
        table[1:, table[0] == 1] = fill
        table[:, named] = own[:, named]
    return Opening(tables, list(NAMED), naming)


@pytest.fixture(scope="module", params=[Naming.NUMBER, Naming.DRAWN], ids=lambda each: each.value)
def worlds(request: pytest.FixtureRequest) -> list[list[Watched]]:
    """Other rows all zero, and all full; by number, also how many rows there are differs, which is not disclosed."""
    other = 16 if request.param is Naming.NUMBER else 13
    made = []
    for fill, last in ((0, 13), (0xFFFF, other)):
        runs = [world(fill, last, request.param).prover(Watched) for _ in range(4)]
        for each in runs:
            each.prove()
        made.append(runs)
    return made  # type: ignore[return-value]


def test_what_is_public_is_equal(worlds: list[list[Watched]]) -> None:
    first, second = (runs[0] for runs in worlds)
    assert [claim.encode() for claim in first.statement.claims] == [claim.encode() for claim in second.statement.claims]
    assert (first.layout.heights, first.layout.chunks) == (second.layout.heights, second.layout.chunks)
    assert len({made.length - openings_length(made) for runs in worlds for made in runs}) == 1


@pytest.mark.parametrize("part", PARTS)
def test_openings_look_uniform_in_either_world(worlds: list[list[Watched]], part: str) -> None:
    for runs in worlds:
        values = np.concatenate([np.concatenate(PARTS[part](made)) for made in runs])
        assert uniform(values, 16 if values.size >= 200 else 4) < 5, (part, values.size)


@pytest.fixture
def log(tmp_path: Path) -> SealedLog:
    """70 rows, each with a text of its own that is kept."""
    lines = [json.dumps({**row(number), "run": f"cnry-{number:03}"}) for number in range(70)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n")
    ok("keygen", "lab.example/compute", "-o", tmp_path / "log.key")
    ok("seal", tmp_path / "rows.jsonl", "--log", tmp_path / "log", "--key", tmp_path / "log.key", "--keep-texts")
    return SealedLog.open(tmp_path / "log")


def test_only_the_texts_of_the_rows_that_are_shown(log: SealedLog) -> None:
    """And of no other row a digest, or its FLOP, is in the file, as bytes or limbs."""
    opened = open_rows(log, [7, 41], now=MADE)
    assert OpenedFile.decode(opened.data).texts == ("cnry-007", "cnry-041")
    columns = log.segments[0].load_columns()
    for number in set(range(70)) - {7, 41}:
        text = f"cnry-{number:03}".encode()
        for needle in (text, hashlib.sha256(text).digest()[:16], columns[1:, number].astype("<u2").tobytes()):
            assert needle not in opened.data
    shown = columns[1:33, 7].astype("<u2").tobytes().rstrip(b"\0")
    assert shown in opened.data  # so such bytes would be seen


def test_the_budget_counts_it_once(log: SealedLog) -> None:
    """However many claims a file takes: 60 rows of compute take two, and one proof of the segment."""
    before = log.proofs_left()
    opened = open_rows(log, range(60), now=MADE)
    assert len(opened.shown.rows) == 60 and SCHEMA.width == log.schema.width
    assert before is not None and log.proofs_left() == before - 1
