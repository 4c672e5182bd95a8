"""Elements of F that are not below p: in every place of a proof, and in rows that a prover has committed to."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import Proved, Prover, refused, without
from zkcompliance.errors import MalformedProof, OpeningMismatch
from zkcompliance.stark.commit.merkle import TreeBuilder
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.stark.prover.columns import salt_label
from zkcompliance.stark.prover.prover import WITNESS_PHASE
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.lanes import Lanes

OVER = (P, P + 1, 2**31, 2**32 - 1)


def elements(proved: Proved) -> list[int]:
    """Where an element of F stands before the openings: terminals, values, final polynomial."""
    made = proved.prover
    heights = 32 * len(made.layout.heights)
    at, found = 2 * heights, []
    for count, after in ((len(made.terminals), heights), (len(made.values), 32 * len(made.layers))):
        found += range(at, at + 24 * count, 4)
        at += 24 * count + after
    return [*found, *range(at, at + 4 * made.final.size, 4)]


def changed(proof: bytes, at: int, value: int) -> bytes:
    return proof[:at] + struct.pack("<I", value) + proof[at + 4 :]


def test_every_element_before_the_openings(honest: Proved) -> None:
    """p, p + 1, 2^31 and 2^32 − 1 at the first and last places of each part, and p + x for x at a sample of all."""
    places = elements(honest)
    made = honest.prover
    assert len(places) == 6 * (len(made.terminals) + len(made.values)) + made.final.size
    sent = [x for part in (made.terminals, made.values) for each in part for x in each]
    sent += made.final.T.reshape(-1).tolist()
    assert [struct.unpack_from("<I", honest.proof, at)[0] for at in places] == sent
    edges = [0, 6 * len(made.terminals) - 1, 6 * len(made.terminals), -1]
    for at in (places[i] for i in edges):
        for value in OVER:
            with pytest.raises(MalformedProof, match="not below p"):
                honest.verify(changed(honest.proof, at, value))
    for at in places[: 6 * (len(made.terminals) + len(made.values)) : 7]:
        (value,) = struct.unpack_from("<I", honest.proof, at)
        with pytest.raises(MalformedProof, match="not below p"):  # the same element, otherwise written
            honest.verify(changed(honest.proof, at, value + P))


class OtherwiseWritten(Prover):
    """Hashes its first witness column with p added to every element: the same elements of F, other bytes."""

    def commit_witness(self) -> None:
        commit = prover_module.commit_columns
        self.wide: dict[int, np.ndarray] = {}

        def wide(phase, kappa, polynomials, profile, stream, needed):  # type: ignore[no-untyped-def]
            committed = commit(phase, kappa, polynomials, profile, stream, needed)
            if phase == WITNESS_PHASE:
                self.wide[kappa] = committed.values.copy()
                self.wide[kappa][:, 0] += np.uint32(P)  # below 2^32: p is below 2^31
                size = 1 << kappa
                builder = TreeBuilder(phase, profile.blowup * size)
                for block in range(profile.blowup):
                    salts = stream.words(salt_label(phase, kappa), 4 * size, block * 4 * size).reshape(4, size)
                    builder.add(block * size, salts, self.wide[kappa][block])
                committed.tree = builder.finish()
            return committed

        with without(prover_module, "commit_columns", wide):
            super().commit_witness()

    def open_positions(self, positions: list[int]) -> list[bytes]:
        for committed in self.witness:
            committed.values = self.wide[committed.kappa]
        return super().open_positions(positions)


def test_committed_rows_of_elements_over_p() -> None:
    """Their hash fits and they stand for what the prover says: refused as malformed, so that a row has one form."""
    made = support.prover([support.seal(support.table(support.ROWS))], kind=OtherwiseWritten)
    proved = refused(MalformedProof, made)

    def reduced(self: Reader, raw: bytes) -> tuple[int, ...]:
        return tuple(value % P for value in struct.unpack(f"<{len(raw) // 4}I", raw))

    with without(Reader, "words", reduced), without(Lanes, "below_p", lambda self, vectors: True):
        proved.verify()  # a verifier that reduces takes a second proof of the same


def test_opened_rows_changed_to_their_other_form(honest: Proved) -> None:
    """Without a new commitment it is the hash that refuses."""
    (table,) = honest.prover.tables
    rows = [table.rows(at, 1)[0] for at in range(1 << table.entry.kappa)]
    first = next(row for row in rows if row in honest.proof)
    at = honest.proof.index(first) + 32
    (value,) = struct.unpack_from("<I", honest.proof, at)
    with pytest.raises(OpeningMismatch):
        honest.verify(changed(honest.proof, at, value + P))
