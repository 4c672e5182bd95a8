"""How a demo speaks: each step and each refusal, aligned on the screen or not at all."""

from __future__ import annotations

from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.errors import (
    BudgetSpent,
    ClaimDoesNotHold,
    InternalError,
    MalformedPolicy,
    NoteRefused,
    VerificationError,
    ZkComplianceError,
)


class Narrator:
    """The demo's lines on stdout; nothing when quiet."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    def heading(self, text: str) -> None:
        if not self._quiet:
            console.print_text(f"\n{text}")

    def step(self, verb: str, text: str) -> None:
        if not self._quiet:
            click.secho(f"{verb:>8}  ", nl=False, bold=True)
            console.print_text(text)

    def done(self, text: str) -> None:
        if not self._quiet:
            click.secho(f"{'':>8}  {console.clean(text)}", fg="green")

    def refused(self, error: ZkComplianceError) -> None:
        if not self._quiet:
            click.secho(f"{'':>8}  error[{error.code}] ", nl=False, fg="red")
            console.print_text(error.message)


def refused(name: str, case: Any, scene: Any, say: Narrator) -> dict[str, str]:
    """Run one case, which must end in one of our refusals."""
    say.step("refuse", name)
    try:
        case(scene)
    except (VerificationError, ClaimDoesNotHold, BudgetSpent, NoteRefused, MalformedPolicy) as error:
        say.refused(error)
        return {"case": name, "code": error.code, "message": error.message}
    raise InternalError(f"the demo case {name!r} was not refused")
