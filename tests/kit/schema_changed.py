"""A log that went on under a later version of its schema, on disk, with a proof of either generation."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.command_line import ok, run

EARLIER, LATER = (
    ("log-floor-lunch" + end, "--param", "rows=3", "--param", "sources=self_declared") for end in ("", "-2")
)
ROW = {"at": "2026-01-05T00:00:00Z", "dish": "salad", "price": "1e20"}


def seal(folder: Path, log: str, schema: str, *given: dict[str, object]):  # type: ignore[no-untyped-def]
    """Rows, each as ROW but for what is given, by `zkcompliance seal`."""
    (folder / "rows.jsonl").write_text("".join(json.dumps({**ROW, **each}) + "\n" for each in given))
    return run("seal", folder / "rows.jsonl", "--schema", schema, "--log", folder / log, "--key", folder / "key")


def refresh(folder: Path, old: str, new: str, *more: object):  # type: ignore[no-untyped-def]
    """`zkcompliance refresh`; the lineage is beside the new folder."""
    named = ("--to", folder / new, "--key", folder / "key", "-o", folder / f"{new}.zkl")
    return run("refresh", folder / old, *named, *more)


def make(folder: Path) -> None:
    """A log `old` of lunch@1 with segments of 2 and 1 rows, its next generation `new` of lunch@2, a proof of each.

    While the catalogue has both versions (tests/kit/two_versions.py).
    """
    ok("keygen", "lab.example/lunch", "-o", folder / "key")
    for prices in (("1", "2"), ("3",)):
        done = seal(folder, "old", "lunch@1", *({"price": price} for price in prices))
        assert done.exit_code == 0, done.output
    assert run("prove", *EARLIER, "--log", folder / "old", "-o", folder / "old.zkp").exit_code == 0
    done = refresh(folder, "old", "new", "--schema", "lunch@2")
    assert done.exit_code == 0, done.output
    assert "lunch@2, after lunch@1" in done.stdout
    assert run("prove", *LATER, "--log", folder / "new", "-o", folder / "new.zkp").exit_code == 0
