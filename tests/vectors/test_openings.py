"""Files of opened rows that were made before: they verify, and draw what they drew."""

from __future__ import annotations

import pytest

from tests.vectors.make_openings import PLACE
from zkcompliance.errors import NotAnswered
from zkcompliance.log.public_keys import load_public
from zkcompliance.openings.check import Shown, check
from zkcompliance.openings.show import rows_of
from zkcompliance.request.file import Request

RUNS = [f"run-{number % 4}" for number in range(8)]


def held(name: str, request: Request | None = None) -> Shown:
    return check((PLACE / f"{name}.zkp").read_bytes(), [load_public(PLACE / "log.key.pub")], request)


def asked(name: str) -> Request:
    return Request.decode((PLACE / f"{name}.toml").read_bytes())


def test_rows_that_are_named() -> None:
    shown = held("named")
    assert shown.names == (1, 6) and [row["run"] for row in rows_of(shown)] == [RUNS[1], RUNS[6]]
    with pytest.raises(NotAnswered):
        held("named", asked("by-rows"))


def test_rows_that_are_drawn() -> None:
    shown = held("by-rows", asked("by-rows"))
    assert (shown.names, shown.total) == (DRAWN, 8) and [row["run"] for row in rows_of(shown)] == [
        RUNS[number] for number in DRAWN
    ]


def test_rows_that_are_drawn_by_flop() -> None:
    shown = held("by-flop", asked("by-flop"))
    flop = [10**18 * (1 + number) for number in range(8)]
    before = [sum(flop[:number]) for number in range(8)]
    assert (shown.names, shown.total) == (tuple(before[number] for number in HELD), sum(flop))


DRAWN, HELD = (0, 3, 5), (1, 7)
