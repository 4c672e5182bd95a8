"""Brackets from anchors, from a log folder to a verdict: each kind of anchor, the quorum, and who cannot check them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.anchored import END, Lab
from zkcompliance.policy.proofs import proofs_in

MINUTE = 60


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def brackets(data: bytes) -> tuple[tuple[int, int], ...]:
    (proof,) = proofs_in(data)
    (log,) = proof.statement.logs
    return tuple(log.bracket(segment) for segment in range(len(log.entries)))


def test_a_cosignature_dates_the_rows_before_it(lab: Lab) -> None:
    lab.seal(kit.rows())
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada")
    proof = lab.prove(policy)
    assert brackets(proof) == ((0, END + 30 * MINUTE),)
    verdict = lab.judge(proof, policy)
    verdict.require()
    (log,) = verdict.findings[0].logs
    assert (log.brackets, log.anchored) == (((0, END + 30 * MINUTE),), ("ada",))
