"""Rows that are opened, from a folder to what whoever verifies reads, and back into rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import numpy as np
import pytest

from tests.kit.asking import MADE, WEEK, Asking, asking, known_round, row
from zkcompliance import schemas
from zkcompliance.claim.opened_rows import real_rows
from zkcompliance.errors import UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.openings.check import check
from zkcompliance.openings.draw import draw, holding, seed_of
from zkcompliance.openings.program import Naming
from zkcompliance.openings.show import as_text, rows_of
from zkcompliance.prove.opening import answer, open_rows


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    yield asking(tmp_path_factory.mktemp("asking"))


def sealed_rows(lab: Asking) -> np.ndarray:
    return real_rows([segment.load_columns() for segment in lab.log.segments])


def test_rows_that_are_named(lab: Asking) -> None:
    opened = open_rows(lab.log, [16, 2, 24, 2], now=MADE)
    shown = check(opened.data, [VerifierKey.parse(lab.log.vkey)])
    assert shown.names == (2, 16, 24) and shown.naming is Naming.NUMBER and shown.total is None
    assert [list(limbs) for limbs in shown.rows] == sealed_rows(lab)[1:, [2, 16, 24]].T.tolist()
    assert [each["run"] for each in rows_of(shown)] == ["run-2", "run-0", "run-0"]
    assert [each["flop"] for each in rows_of(shown)] == [3 * 10**18, 17 * 10**18, 25 * 10**18]
    assert shown.time == MADE and shown.request is None


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_is_written_is_read_again(lab: Asking, form: str) -> None:
    """The same limbs, by the same reader as `seal` has."""
    shown = open_rows(lab.log, range(20), now=MADE).shown
    text = as_text(shown, form)
    if form == "jsonl":
        again = [json.loads(line) for line in text.splitlines()]
    else:
        again = list(csv.DictReader(io.StringIO(text)))
    limbs = schemas.encode_rows(shown.schema, again)
    assert limbs[1:].T.tolist() == [list(each) for each in shown.rows]


def test_rows_of_some_segments(lab: Asking) -> None:
    """Numbers are then counted from the first of them, and only they spend of their budget."""
    spent = [segment.budget().proofs_left() for segment in lab.log.segments]
    shown = open_rows(lab.log, [4], segments=(1, 1), now=MADE).shown
    assert (shown.log.first, shown.log.last, shown.names) == (1, 1, (4,))
    assert rows_of(shown)[0]["flop"] == int(str(row(16)["flop"]))
    left = [segment.budget().proofs_left() for segment in lab.log.segments]
    assert [before - after for before, after in zip(spent, left, strict=True)] == [0, 1, 0]


@pytest.mark.parametrize("numbers", [[], [25], [-1], [0, 25]])
def test_rows_that_are_not_there(lab: Asking, numbers: list[int]) -> None:
    spent = [segment.budget().proofs_left() for segment in lab.log.segments]
    with pytest.raises(UsageError):
        open_rows(lab.log, numbers, now=MADE)
    assert [segment.budget().proofs_left() for segment in lab.log.segments] == spent


def test_rows_that_are_drawn(lab: Asking) -> None:
    request = lab.request(6)
    opened = answer(lab.log, request, known_round(), now=MADE + 100)
    shown = check(opened.data, [VerifierKey.parse(lab.log.vkey)], request)
    assert shown.total == 25 and shown.naming is Naming.DRAWN
    assert list(shown.names) == draw(seed_of(request.digest, known_round()), 25, 6)
    assert [list(limbs) for limbs in shown.rows] == sealed_rows(lab)[1:, list(shown.names)].T.tolist()


def test_rows_that_are_drawn_by_flop(lab: Asking) -> None:
    request = lab.request(6, "flop")
    shown = answer(lab.log, request, known_round(), now=MADE + 100).shown
    flop = [10**18 * (1 + number) for number in range(25)]
    before = [sum(flop[:number]) for number in range(26)]
    assert shown.total == sum(flop) and shown.naming is Naming.FLOP
    numbers = holding(draw(seed_of(request.digest, known_round()), sum(flop), 6), before)
    assert list(shown.names) == [before[number] for number in numbers]
    assert [each["flop"] for each in rows_of(shown)] == [flop[number] for number in numbers]


def test_more_rows_are_asked_than_there_are(lab: Asking) -> None:
    shown = answer(lab.log, lab.request(300), known_round(), now=MADE + 100).shown
    assert shown.names == tuple(range(25)) and shown.request is not None and shown.request.answer_by == MADE + WEEK
