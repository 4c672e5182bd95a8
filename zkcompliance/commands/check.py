"""`zkcompliance check CLAIM --log DIR --param k=v`."""

from __future__ import annotations

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import complete_claims, json_option, log_option, param_option, show_params
from zkcompliance.policy.texts import by_slot, params_of


@click.command("check")
@click.argument("claim_name", metavar="CLAIM", shell_complete=complete_claims)
@log_option
@param_option
@json_option
def command(claim_name: str, logs: tuple[str, ...], params: tuple[str, ...], as_json: bool) -> int:
    """Does CLAIM hold over these logs? Evaluated in plain text, on this machine; prints private figures.

    Exit status 0 when it holds, 1 when it does not.
    """
    from zkcompliance.claim import catalogue
    from zkcompliance.commands.logs import open_for

    claim = catalogue.load(claim_name)
    publics = params_of(claim, params)
    opened = open_for(claim, by_slot(list(claim.slots), logs, "--log"))
    tables = {slot: [segment.load_columns() for segment in log.segments] for slot, log in opened.items()}
    result = claim.check(tables, publics)
    left = {slot: log.proofs_left() for slot, log in opened.items()}
    by_segment = {slot: [segment.budget().proofs_left() for segment in log.segments] for slot, log in opened.items()}
    status = 0 if result.holds else 1
    if as_json:
        console.print_json(
            {
                "claim": claim.id, "version": claim.version, "holds": result.holds, "requirement": result.requirement,
                "margin": result.margin, "params": {name: str(value) for name, value in publics.items()},
                "details": {name: str(value) for name, value in result.details.items()}, "proofs_left": left,
                "segments": {
                    slot: [{"index": index, "proofs_left": count} for index, count in enumerate(counts)]
                    for slot, counts in by_segment.items()
                },
            }
        )  # fmt: skip
        return status
    console.print_fields(
        f"{claim.id} {'HOLDS' if result.holds else 'DOES NOT HOLD'}",
        {
            **show_params(claim, publics),
            "requirement": result.requirement,
            "margin": result.margin,
            **{name: str(value) for name, value in result.details.items() if name not in publics},
            **{f"proofs left ({slot})": _left(counts) for slot, counts in by_segment.items()},
        },
        "bold green" if result.holds else "bold red",
    )
    return status


def _left(counts: list[int]) -> str:
    """`85`, and segment by segment where there are several: `12 (segment 0: 85, segment 1: 12)`."""
    if len(counts) == 1:
        return str(counts[0])
    return f"{min(counts)} ({', '.join(f'segment {index}: {count}' for index, count in enumerate(counts))})"
