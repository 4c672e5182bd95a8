"""`zkcompliance verify A.zkp B.zkp C.zkp --joint cap.toml`: several labs' proofs under one cap."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.errors import RequirementNotShown, UsageError


def verify(files: Sequence[Path], joint: Path, asked: Mapping[str, Any], form: str) -> int:
    """Print the joint verdict; the exit status. asked: the options of a verdict, of which only --at goes with it."""
    from zkcompliance.joint import telling
    from zkcompliance.joint.file import load_joint
    from zkcompliance.joint.judge import judge_joint
    from zkcompliance.policy.proofs import open_proof

    if given := [name for name, value in asked.items() if value and name != "at"]:
        raise UsageError(
            f"--{given[0].replace('_', '-')} does not go with --joint: the joint file says what is asked of each lab"
        )
    if form not in ("text", "json"):
        raise UsageError(f"a joint verdict is printed as text or as json, not as {form}")
    if len(set(files)) != len(files):
        raise UsageError("a file is given twice")
    with contextlib.ExitStack() as stack:
        read = {str(path): stack.enter_context(open_proof(path)) for path in files}
        with console.progress() as report:
            verdict = judge_joint(read, load_joint(joint), clock=int(time.time()), at=asked["at"], progress=report)
    click.echo(telling.document(verdict) if form == "json" else telling.sentences(verdict), nl=False)
    if verdict.accepted:
        return 0
    return console.report_error(next(verdict.errors, RequirementNotShown("not every lab is shown")))
