"""What stands for `zkcompliance.claim.compile` in the one-file verifier, which takes programs by their digests.

A claim of one's own has its digest in the policy that names it (policy/load.py); by itself it has none.
"""

from __future__ import annotations

from typing import NoReturn

from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.errors import Unsupported


def compile_claim(definition: ClaimDefinition) -> NoReturn:
    """Unsupported: verifying needs the program's digest, which only compiling would tell."""
    raise Unsupported(
        f"the claim {definition.id} is none of the catalogue's: what its program is can only be said by compiling it, "
        "and this verifier has no compiler",
        help="zkcompliance verify FILE --claim CLAIM.py --param NAME=VALUE --log-key PUB  # with the package; "
        "here: --policy POLICY.toml --claim-file CLAIM.py",
    )
