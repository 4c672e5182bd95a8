"""training-compute-below: the counted FLOP of a compute log stay below a limit.

Sources: EU AI Act, Article 51(2) (1e25) and the Commission's GPAI guidelines C(2025) 7719 (1e23; what is counted);
California SB 53 and New York RAISE (1e26). A row counts when its phase is in `phases`. An empty log has a total of 0;
padding rows count nothing.
"""

from __future__ import annotations

from pathlib import Path

from zkcompliance import schemas
from zkcompliance.card import types
from zkcompliance.claim import (
    CheckResult,
    Claim,
    Equation,
    LogSlot,
    Lookup,
    Parameter,
    Program,
    Public,
    PublicBit,
    Publics,
    Summand,
    SummandKind,
    TableBuilder,
    Tables,
    Unknown,
    Witness,
)
from zkcompliance.quantities import show_integer

# The schema of compute logs as it was when the proofs of tests/vectors were frozen: they bind its digest for ever, and
# what is built in may change.
SCHEMA = schemas.parse_text((Path(__file__).parents[1] / "vectors" / "frozen_schema.txt").read_text(encoding="utf-8"))
PHASES = SCHEMA.column("phase").choices
COUNTED = sum(1 << PHASES.index(name) for name in ("pretraining", "fine_tuning", "reinforcement", "synthetic_data"))
LIMIT_BITS = 112
SLACK_LIMBS = 7


def program() -> Program:
    """Σ counted·flop + slack + 1 = limit, with counted = act·[phase ∈ phases] looked up in a public table."""
    row = TableBuilder()
    act = row.log_column(0)
    phase = row.log_column(SCHEMA.limbs("phase")[0])
    flop = [row.log_column(limb) for limb in SCHEMA.limbs("flop")]
    counted = row.witness_column()
    row.require_16_bits(*flop)
    row.require_in(0, phase, act, counted)
    row.sum_over_rows("total", counted, flop)
    selected = [(m, 1, PublicBit(1, m)) for m in range(len(PHASES))]
    return Program(
        claim="training-compute-below",
        version=1,
        publics=(Public("limit", LIMIT_BITS), Public("phases", len(PHASES))),
        logs=(LogSlot("compute", SCHEMA.digest, SCHEMA.width),),
        lookups=(Lookup((*((m, 0, 0) for m in range(len(PHASES))), *selected)),),
        tables=(row.build(groups=(1,)),),
        unknowns=(Unknown("slack", SLACK_LIMBS),),
        equations=(
            Equation(
                "total below the limit",
                (
                    Summand(SummandKind.SUM, 1, 0, 0),
                    Summand(SummandKind.UNKNOWN, 1, 0),
                    Summand(SummandKind.ONE, 1),
                    Summand(SummandKind.PUBLIC, -1, 0),
                ),
            ),
        ),
    )


def counted_rows(table, phases: int):  # type: ignore[no-untyped-def]
    """(N,) 0/1: real rows whose phase is in the set."""
    import numpy as np

    phase = table[SCHEMA.limbs("phase")[0]]
    chosen = np.array([phases >> m & 1 for m in range(len(PHASES))], np.uint32)
    return chosen[np.minimum(phase, len(PHASES) - 1)] * table[0]


def total(tables: Tables, publics: Publics) -> int:
    """The exact counted FLOP of all segments."""
    result = 0
    for table in tables["compute"]:
        counted = counted_rows(table, publics["phases"]).astype("int64")
        for j, limb in enumerate(SCHEMA.limbs("flop")):
            result += int((table[limb] * counted).sum()) << 16 * j
    return result


def check(tables: Tables, publics: Publics) -> CheckResult:
    """The claim on plain integers."""
    found, limit = total(tables, publics), publics["limit"]
    rows = sum(int(table[0].sum()) for table in tables["compute"])
    holds = found < limit
    margin = f"{show_integer(abs(limit - found))} FLOP {'below' if holds else 'at or over'} the limit"
    details = {"total": str(found), "limit": str(limit), "rows": str(rows)}
    return CheckResult(holds, "total below the limit", margin, details)


CLAIM = Claim(
    id="training-compute-below",
    version=1,
    title="total training compute over the log is below the limit",
    doc=(
        "Every row of the sealed compute log whose phase is one of `phases` counts with its FLOP, exactly. Their sum\n"
        "is below `limit`.\n"
        "An empty log holds with a total of 0. Sources: EU AI Act 51(2); GPAI guidelines C(2025) 7719; SB 53; RAISE."
    ),
    params=(
        Parameter("limit", types.FLOP, 0, (1 << LIMIT_BITS) - 1, "the total must be below this many FLOP"),
        Parameter(
            "phases", types.Type(types.SET, choices=PHASES), 0, (1 << len(PHASES)) - 1, "the phases that count", COUNTED
        ),
    ),
    slots={"compute": SCHEMA},
    build=program,
    check=check,
    witness=lambda tables, publics: Witness(
        [counted_rows(table, publics["phases"])[None].astype("uint32") for table in tables["compute"]],
        [publics["limit"] - 1 - total(tables, publics)],
    ),
)
