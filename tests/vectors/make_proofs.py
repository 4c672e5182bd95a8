"""Makes the frozen proof files anew: `python -m tests.vectors.make_proofs`. See README.md before doing so.

Everything is fixed: rows, seeds and key come from names, so that the same code gives the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.kit import support
from zkcompliance.log.signer import SignerKey

HERE = Path(__file__).resolve().parent
SIGNER = SignerKey("frozen.example", support.seed("frozen key"))
ROWS = {"standard": (100, 7), "fast": (8, 3), "small": (33, 6)}  # real rows, k
LIMIT = 10**24
PROGRAM = replace(support.CLAIM.program, claim="frozen-total")  # a claim of these files alone, not of the catalogue


def rows(count: int) -> list[tuple[int, int]]:
    return [(i % 7, (i + 1) * 10**20 + i) for i in range(count)]


def make(profile: str) -> bytes:
    """One proof file of that profile."""
    count, k = ROWS[profile]
    sealed = support.seal(support.table(rows(count), k), f"frozen {profile}", profile)
    publics = {"limit": LIMIT, "phases": support.COUNTED}
    head = f"frozen {profile}".encode()
    made = support.prover([sealed], publics, program=PROGRAM, head=head, name=f"frozen {profile}")
    return support.prove(made).bundle(SIGNER)


def main() -> None:
    for profile in ROWS:
        (HERE / "proofs" / f"{profile}.zkp").write_bytes(make(profile))


if __name__ == "__main__":
    main()
