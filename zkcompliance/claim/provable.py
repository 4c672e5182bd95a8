"""A claim written in the language, as the prover, the verifier's caller and the commands take it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.model import CheckResult, Claim, Publics, Tables, Witness

if TYPE_CHECKING:
    from zkcompliance.claim.compile import Compiled
    from zkcompliance.claim.meaning.brackets import Brackets


def provable(definition: ClaimDefinition, pinned: bytes | None = None) -> Claim:
    """Compiled on first use; CannotCompile, with the claim's line, where no sound program is known.

    pinned: the program's digest, where it is known, so that verifying needs no compiler (nor numpy).
    """

    @cache
    def compiled() -> Compiled:
        from zkcompliance.claim.compile import compile_claim

        return compile_claim(definition)

    def check(tables: Tables, publics: Publics, brackets: Brackets | None = None) -> CheckResult:
        from zkcompliance.claim.meaning.interpret import interpret

        found = interpret(definition, tables, publics, brackets=brackets)
        margins = {
            each.name: ", ".join(filter(None, ("holds" if each.holds else "FAILS", each.margin, each.nearest)))
            for each in found.outcomes
        }
        return CheckResult(
            found.holds,
            found.requirement,
            found.margin,
            found.details,
            margins,
            found.reveals,
            found.totals,
            found.groups,
        )

    def witness(tables: Tables, publics: Publics, brackets: Brackets | None = None) -> Witness:
        return Witness(*compiled().witness(tables, publics, brackets=brackets))

    return Claim(
        id=definition.id,
        version=definition.version,
        title=definition.title,
        doc=definition.doc,
        params=definition.params,
        slots={log.name: log.schema for log in definition.logs},
        build=lambda: compiled().program,
        check=check,
        witness=witness,
        requirements=definition.requirements,
        reveals=definition.reveals,
        pinned=pinned,
    )
