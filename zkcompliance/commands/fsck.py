"""`zkcompliance fsck DIR`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.edge.shown import command as say
from zkcompliance.edge.shown import escaped
from zkcompliance.errors import LogEvidence
from zkcompliance.outputs import Outputs, kinds
from zkcompliance.quantities import number_of


@click.command("fsck")
@click.argument("path", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--deep", is_flag=True, help="Also compute every commitment again, and verify the lineage.")
@click.option("--evidence", type=click.Path(path_type=Path), help="Where to write evidence of a fork or rollback.")
@click.option(
    "--count-spent", is_flag=True,
    help="First count as spent what other records say that proofs revealed, where a ledger is older.",
)  # fmt: skip
@json_option
def command(path: Path, deep: bool, evidence: Path | None, count_spent: bool, as_json: bool) -> None:
    """Check a log folder: signature, root, entries, rows, seeds, ledgers and permissions.

    Shows how many more proofs every segment allows. Changes nothing but the log's own note of the newest checkpoint
    that was seen (one that is older, or contradicts it, is evidence against who changed the log: exit status 3), and,
    with --count-spent, the budget ledgers that were put back to an older state.
    """
    outputs = None if evidence is None else Outputs({evidence: kinds.EVIDENCE}, closed=[path])
    if count_spent:
        _count_spent(path)
    try:
        _check(path, deep, as_json)
    except LogEvidence as error:
        if evidence is None or outputs is None:
            raise
        outputs.write({evidence: error.document.encode()})
        raise LogEvidence(
            f"{error.message}; evidence in {evidence}", document=error.document, help=say("cat", evidence)
        ) from error


def _count_spent(path: Path) -> None:
    from zkcompliance.log import open_log

    for segment in open_log(path).segments:
        if units := segment.budget().catch_up():
            console.note(f"segment {segment.index}: {units} units that its ledger lacked are counted as spent")


def _check(path: Path, deep: bool, as_json: bool) -> None:
    from zkcompliance.log.fsck import fsck, raise_if_faulty

    with console.progress() as report:
        if deep:
            console.warm_up(report)
        health = fsck(path, deep=deep, progress=report)
        if deep:
            from zkcompliance.prove.own_lineage import lineage_findings

            health = replace(health, findings=(*health.findings, *lineage_findings(path, report)))
    segments = [{"index": index, "rows": str(rows), "proofs_left": left} for index, rows, left in health.segments]
    findings = [{"fault": f.fault, "where": f.where, "what": f.what} for f in health.findings]
    if as_json and health.clean:
        console.print_json(
            {"origin": health.origin, "size": health.size, "clean": True, "segments": segments, "findings": findings}
        )
    elif not as_json:
        rows = [(str(index), f"{count:,}", str(left)) for index, count, left in health.segments]
        console.print_table(
            f"log {escaped(health.origin)}: {number_of(health.size, 'segment')}",
            ("segment", "rows", "proofs left"),
            rows,
        )
        for finding in health.findings:
            console.print_text(escaped(f"{'FAULT' if finding.fault else 'note'}  {finding.where}: {finding.what}"))
        console.print_text("clean" if health.clean else "damaged")
    raise_if_faulty(health)
