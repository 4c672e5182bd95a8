"""Which audit level a requirement can serve at most, by whose word its rows are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zkcompliance.policy.auditing import level_of
from zkcompliance.policy.verdict import DevicesShown, Finding, LogShown, Status

LAB = LogShown("compute", "compute", "lab.example/compute", 1, bytes(32), (3,))
CLOUD = LogShown("jobs", "jobs", "cloud.example/jobs", 1, bytes(32), (3,), meterer="Cloud")
SEEN = {"watch": 1_767_600_000}


def found(*logs: LogShown) -> Finding:
    return Finding("one", "says", "claim", b"", Status.MET, None, logs=logs)


@pytest.mark.parametrize(
    ("logs", "opened", "level"),
    [
        ([LAB], (), 1),
        ([LAB], ("compute",), 2),
        ([LAB], ("jobs",), 1),
        ([LAB, CLOUD], (), 2),
        ([LAB, CLOUD], ("compute",), 2),
        ([CLOUD], (), 2),
        ([replace(CLOUD, cosigned=SEEN)], (), 3),
        ([replace(CLOUD, cosigned=SEEN), replace(LAB, cosigned=SEEN)], ("compute",), 2),
    ],
)
def test_the_level(logs: list[LogShown], opened: tuple[str, ...], level: int) -> None:
    audit = level_of(found(*logs), opened)
    assert audit is not None and audit.at_most == level


def test_rows_that_were_opened_are_said() -> None:
    audit = level_of(found(LAB), ("compute",))
    assert audit is not None and "some were drawn by lot and opened" in audit.why


def test_devices_raise_nothing_and_that_is_said() -> None:
    audit = level_of(found(replace(LAB, devices=DevicesShown(8, 8, 8, 8, ("GH100",)))))
    assert audit is not None and audit.at_most == 1
    assert audit.why.endswith("that devices answered for compute says nothing of what is in it")


def test_none_without_a_log_or_where_it_is_not_met() -> None:
    assert level_of(found()) is None
    assert level_of(replace(found(LAB), status=Status.NOT_SHOWN)) is None
