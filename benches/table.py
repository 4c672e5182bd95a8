"""Every row of the table in docs/performance.md, in one run.

    python -m benches.table [--before CHECKOUT] [--only TEXT] [--runs 3] [--claims 17] [--tall 20] [--sixty K]

Seconds and CPU seconds are the least of the runs, memory the most that the operating system saw of a process. CHECKOUT
is another folder with a checkout and its `.venv`: the two are run by turns, each with its own benches, and the last
columns are ratios. A ratio ends with `?` where it is not known that both proved the same: a claim that changed is
another statement, and its ratio says nothing about the prover. So beside another checkout there are also rows of what
claims asked in their first version (`--only "version 1"`), which both prove.
--only chooses measures by a part of their name; --sixty adds 60 segments of 2^K rows, measured once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benches import table_rows
from benches.measured import ROOT, Checkout, Figures, by_turns

HEADING = f"{'':<74}{'seconds':>9}{'CPU s':>9}{'MiB':>8}{'proof B':>10}"


def line(name: str, now: Figures, before: Figures | None) -> str:
    """One row of the table, with ratios where there is a before."""
    shown = f"{name:<74}{now.seconds:>9.2f}{now.cpu:>9.2f}{now.memory:>8.0f}{now.size or '':>10}"
    if before is None:
        return shown
    known = bool(now.statement) and now.statement == before.statement
    doubt = "" if known or not now.size else "?"
    pairs = ((now.seconds, before.seconds), (now.cpu, before.cpu), (now.memory, before.memory))
    ratios = "".join(f"{a / b:>8.2f}{doubt}" for a, b in pairs)
    return f"{shown}   before {before.seconds:>7.2f}{before.cpu:>8.2f}{before.memory:>7.0f}   ratios{ratios}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.table", description="The figures of docs/performance.md.")
    parser.add_argument("--before", type=Path, help="another checkout, run by turns with this one")
    parser.add_argument("--only", default="", help="measures whose name has this in it")
    parser.add_argument("--runs", type=int, default=3, help="of which the least counts")
    parser.add_argument("--claims", type=int, default=17, help="log2 of the rows of each claim")
    parser.add_argument("--tall", type=int, default=20, help="log2 of the rows of the tall tables and of seals")
    parser.add_argument("--sixty", type=int, help="log2 of the rows of each of 60 segments")
    given = parser.parse_args()
    checkouts = {"now": Checkout(ROOT)}
    if given.before is not None:
        checkouts["before"] = Checkout(given.before.resolve())
    rows = table_rows.all_rows(given.claims, given.tall)
    if given.before is not None:
        rows |= table_rows.first_versions(given.claims, given.tall)
    measures = {name: (measure, given.runs) for name, measure in rows.items() if given.only in name}
    if given.sixty is not None:
        measures["sixty"] = (lambda checkout: table_rows.sixty(given.sixty, checkout), 1)
    print(HEADING, flush=True)
    for name, (measure, runs) in measures.items():
        found, reasons = by_turns(measure, checkouts, runs)
        for whose, reason in reasons.items():
            print(f"{name} ({whose}) was not measured: {reason}", flush=True)
        before = found.get("before", {})
        for row, figures in found.get("now", {}).items():
            print(line(row, figures, before.get(row)), flush=True)


if __name__ == "__main__":
    main()
