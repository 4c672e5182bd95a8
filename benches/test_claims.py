"""What `pytest benches/test_claims.py` prints: each claim of the catalogue over logs of 2^17 rows, and the interpreter;
and so those of `words/`, of words that the catalogue does not use.

`s` is `prove_claim` over sealed logs, the second proof in its process: check, witness, proof, and its own verification.
Columns: of the logs that are read, of the witness, of the extension (base columns), over all tables. Seconds are this
machine's; columns, the ratio to training-compute-below and the shares of the stages are what compares.
Choose with ZKC_BENCH_ROWS=16384, ZKC_BENCH_CHECK_ROWS=100000 and `-k`; `--benchmark-enable --benchmark-json FILE` keeps
every figure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from zkcompliance.claim import catalogue

ROWS = int(os.environ.get("ZKC_BENCH_ROWS", 1 << 17))
CHECK_ROWS = int(os.environ.get("ZKC_BENCH_CHECK_ROWS", 10**6))
BASE = "training-compute-below"  # what the others are compared with
WORDS = tuple(map(str, sorted(Path(__file__).with_name("words").glob("*.py"))))
CLAIMS = (BASE, *(name for name in catalogue.names(families=False) if name != BASE), *WORDS)
HEADING = (
    f"{'claim':<27}{'s':>6}{'cpu s':>7}{'ratio':>7}{'rows/s':>9}{'log':>5}{'wit':>5}{'ext':>5}{'KiB':>5}{'verify':>8}"
    f"{'MiB':>6}   where the time goes"
)
base: dict[str, float] = {}  # the figures of BASE


def run(what: str, claim: str, rows: int, folder: Path) -> dict[str, Any]:
    """The figures of one claim, from a process of its own."""
    script = Path(__file__).with_name("one_claim.py")
    made = subprocess.run(
        [sys.executable, str(script), what, claim, str(rows), str(folder)], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def named(claim: str) -> str:
    """A claim's id; of a file the name."""
    return Path(claim).stem.replace("_", "-")


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_prove(claim: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], benchmark: Any) -> None:
    found = benchmark.pedantic(run, args=("prove", claim, ROWS, tmp_path), rounds=1, iterations=1)
    benchmark.extra_info.update(found)
    seconds, parts, columns = found["prove"], found["parts"], found["columns"]
    first = not base
    ratio = seconds / base.setdefault("prove", seconds)
    spent = {"check": parts["check"], "witness": parts["witness"], **found["stages"], "verify": parts["verify"]}
    shares = "  ".join(f"{name} {100 * part / seconds:.0f}%" for name, part in spent.items())
    with capsys.disabled():
        if first:
            print(f"\n{ROWS:,} rows, profile standard\n{HEADING}")
        print(
            f"{named(claim):<27}{seconds:>6.2f}{found['cpu']:>7.2f}{ratio:>7.2f}{ROWS / seconds:>9,.0f}"
            f"{columns['log']:>5}{columns['witness']:>5}{columns['extension']:>5}"
            f"{found['bytes'] / 1024:>5.0f}{parts['verify']:>8.3f}{found['peak']:>6.0f}   {shares}"
        )


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_check(claim: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], benchmark: Any) -> None:
    found = benchmark.pedantic(run, args=("check", claim, CHECK_ROWS, tmp_path), rounds=1, iterations=1)
    benchmark.extra_info.update(found)
    seconds = found["check"]
    first = "check" not in base
    ratio = seconds / base.setdefault("check", seconds)
    with capsys.disabled():
        if first:
            print(
                f"\nthe interpreter, {CHECK_ROWS:,} rows\n{'claim':<27}{'s':>6}{'cpu s':>7}{'ratio':>7}{'rows/s':>11}"
            )
        print(f"{named(claim):<27}{seconds:>6.2f}{found['cpu']:>7.2f}{ratio:>7.2f}{CHECK_ROWS / seconds:>11,.0f}")
