"""The refusal of a claim that cannot be compiled soundly: never a weaker program in its place."""

from __future__ import annotations

from zkcompliance.claim.meaning.source import NOWHERE, Line
from zkcompliance.errors import ClaimDefinitionError


class CannotCompile(ClaimDefinitionError):
    """The compiler has no sound and affordable circuit for a node of the claim; the message shows its line."""

    code = "claim-not-compiled"


def cannot(what: str, line: Line = NOWHERE, remedy: str = "") -> CannotCompile:
    text = f"{what}\n  at {line}"
    return CannotCompile(f"{text}\n  {remedy}" if remedy else text)
