"""`zkcompliance fsck DIR`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option


@click.command("fsck")
@click.argument("path", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--deep", is_flag=True, help="Also compute every commitment again.")
@json_option
def command(path: Path, deep: bool, as_json: bool) -> None:
    """Check a log folder: signature, root, entries, rows, seeds, ledgers and permissions. Changes nothing."""
    from zkcompliance.log.fsck import fsck, raise_if_faulty

    with console.progress() as report:
        if deep:
            console.warm_up(report)
        health = fsck(path, deep=deep, progress=report)
    segments = [{"index": index, "rows": str(rows), "proofs_left": left} for index, rows, left in health.segments]
    findings = [{"fault": f.fault, "where": f.where, "what": f.what} for f in health.findings]
    if as_json and health.clean:
        console.print_json(
            {"origin": health.origin, "size": health.size, "clean": True, "segments": segments, "findings": findings}
        )
    elif not as_json:
        rows = [(str(index), f"{count:,}", str(left)) for index, count, left in health.segments]
        console.print_table(f"{health.origin}: {health.size} segment(s)", ("segment", "rows", "proofs left"), rows)
        for finding in health.findings:
            console.print_text(f"{'FAULT' if finding.fault else 'note'}  {finding.where}: {finding.what}")
        console.print_text("clean" if health.clean else "damaged")
    raise_if_faulty(health)
