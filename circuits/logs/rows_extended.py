"""rows-extended-SCHEMA-V-W: the rows of one log are those of another, under a later version of its schema.

It lets a log go on when its schema has new columns or choices (`refresh --schema`): every old column is the same in
every row, in the same order, and every new one has its missing value. What a later version may be, and so for which two
schemas there is this claim, says zkcompliance/schemas/evolution.py; the program follows from the two schemas alone.
As of rows-unchanged, a statement names consecutive segments of either log, and two ranges without rows hold.
"""

from __future__ import annotations

from zkcompliance.claim import CheckResult, Claim, Program, Publics, Tables, same_rows
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import added, check_successor, missing_limbs, places

VACUOUS = same_rows.VACUOUS


def name(old: Schema, new: Schema) -> str:
    """The claim's id: the schema's name with `-` for `_`, and both versions."""
    return f"rows-extended-{old.name.replace('_', '-')}-{old.version}-{new.version}"


def program(old: Schema, new: Schema) -> Program:
    """As rows-unchanged, but over the columns of `old` alone; and on every row of the new log, padding included,

    (act − 1)·c = 0 for each of those columns: padding is zero,
    c − m·act = 0 for each limb c of a new column, m that limb of its missing value.
    """
    kept = places(old, new)[1:]
    after = same_rows.compared(1, kept)
    act = after.log_column(0)
    called = {at: f"{column.name} {limb}" for column in new.columns for limb, at in enumerate(new.limbs(column.name))}
    for at in kept:
        after.require_zero(f"padding: {called[at]}", (act - 1) * after.log_column(at))
    for at, limb in missing_limbs(old, new):
        after.require_zero(f"missing: {called[at]}", after.log_column(at) - act * limb)
    return same_rows.program(name(old, new), (old, new), (same_rows.compared(0, range(1, old.width)), after))


def check(old: Schema, new: Schema, tables: Tables, publics: Publics) -> CheckResult:
    """The claim on plain integers."""
    kept = places(old, new)
    same = same_rows.check({"old": tables["old"], "new": [table[kept] for table in tables["new"]]}, publics)
    if not same.holds:
        return same
    rows = same_rows.real(tables["new"])
    for column, limb in missing_limbs(old, new):
        if (rows[column] != limb).any():
            first = int((rows[column] != limb).argmax()) + 1
            return CheckResult(False, "a new column is missing", f"in row {first} one says something")
    if any(table[1:, table[0] == 0].any() for table in tables["new"]):
        return CheckResult(False, "padding is zero", "a row of padding in the new log is not")
    return same


def change(old: Schema, new: Schema) -> Claim:
    """The claim for logs of these two schemas. NotASuccessor where the second is no later version of the first."""
    check_successor(old, new)
    more = ", ".join(column.name for column in added(old, new)) or "there is none"
    return Claim(
        id=name(old, new),
        version=1,
        title=f"The rows of a log of {old.label} are those of another of {new.label}.",
        doc=(
            "Every real row of the log `old`, over those of its segments that the proof names, in order, is the\n"
            "row of the log `new` at the same place among those that it names of it, in every column that `old`\n"
            "has, and there is no other. In every row, every column that only `new` has is missing:\n"
            f"{more}.\n"
            "The proof says nothing of segments that it does not name."
        ),
        params=same_rows.PARAMS,
        slots={"old": old, "new": new},
        build=lambda: program(old, new),
        check=lambda tables, publics, brackets=None: check(old, new, tables, publics),
        witness=same_rows.witness,
    )
