"""Damaged proofs of several claims over several logs: the one-file verifier says what the installed one does."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit import five_requirements
from tests.kit.agreement import Both
from tests.kit.mutations import MUTATIONS
from tests.kit.policies import HOUR, MODEL, NOW
from zkcompliance.policy.proofs import proofs_in

FEW, MANY, SEEDS, SLOWEST = 120, 1_000, 10, 5_000.0


@dataclass(frozen=True)
class Union:
    """A proof file of five requirements over two logs of two and one segments, one of the same shape, and what is asked
    of it."""

    file: bytes
    other: bytes
    asked: tuple[str, ...]


@pytest.fixture(scope="module")
def union(tmp_path_factory: pytest.TempPathFactory) -> Union:
    folder = tmp_path_factory.mktemp("union")
    (folder / "policy.toml").write_text(five_requirements.text())
    logs = five_requirements.make_logs(folder)
    asked = ["--policy", str(folder / "policy.toml"), "--at", str(NOW + HOUR)]
    asked += ["--subject", f"{MODEL.name}=sha256:{MODEL.digest.hex()}"]
    for name, log in logs.items():
        (folder / f"{name}.pub").write_text(f"{log.vkey}\n")
        asked += ["--log-key", f"{name}={folder / name}.pub"]
    files = []
    for limit in (10**20, 10**20 + 1):
        files.append(five_requirements.prove(logs, limit))
        (proof,) = proofs_in(files[-1])
        assert len(proof.claims) == 5
    return Union(files[0], files[1], tuple(asked))


def test_the_proofs_themselves(both: Both, union: Union, tmp_path: Path) -> None:
    for data in (union.file, union.other):
        (tmp_path / "proof.zkp").write_bytes(data)
        first, second = both.ask([tmp_path / "proof.zkp", *union.asked, "--json"])
        assert first.decision == second.decision == ("0", ""), (first, second)
        assert first.out == second.out


def mutants_agree(both: Both, union: Union, folder: Path, count: int, seed: int) -> Counter[tuple[str, str, str]]:
    """Of `count` mutants how often each kind got each status and code; status, code and every byte of JSON agree."""
    rng, file = random.Random(seed), folder / "mutant.zkp"
    found, pristine, slowest = Counter[tuple[str, str, str]](), (union.file, union.other), 0.0
    while found.total() < count:
        kind = rng.choice(MUTATIONS)
        made = kind(rng, union.file, union.other)
        if made in pristine:
            continue
        file.write_bytes(made)
        installed, alone = both.ask([file, *union.asked, "--json"])
        assert installed.decision == alone.decision and installed.out == alone.out, (kind, installed, alone)
        assert installed.status in ("1", "2") and "ESCAPED" not in installed.err, (kind, installed)
        assert '"internal"' not in installed.out and installed.code not in ("", "internal"), (kind, installed)
        slowest = max(slowest, installed.work, alone.work)
        found[kind.__name__, installed.status, installed.code] += 1
    assert slowest < SLOWEST, slowest
    return found


def test_mutants_of_a_union(both: Both, union: Union, tmp_path: Path) -> None:
    found = mutants_agree(both, union, tmp_path, FEW, seed=12)
    assert len({code for _, _, code in found}) >= 6, found


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEEDS))
def test_ten_thousand_mutants_of_a_union(both: Both, union: Union, tmp_path: Path, seed: int) -> None:
    """A tenth of them each."""
    found = mutants_agree(both, union, tmp_path, MANY, 2026 + seed)
    print(json.dumps({" ".join(key): count for key, count in sorted(found.items())}, indent=1))
    assert len({code for _, _, code in found}) >= 8, found
