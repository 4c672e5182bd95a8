"""The ledger: durable before it returns, never overspent, torn records counted."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from zkcompliance.errors import BudgetSpent, LogCorrupt, UsageError
from zkcompliance.stark.commit.budget import KEPT_PROOFS, RECORD_BYTES, Budget, ledger_bytes
from zkcompliance.stark.profiles import PROFILES, STANDARD, Profile

ENTRY = bytes(range(99))


def make(path: Path, profile: Profile = STANDARD, k: int = 3) -> Budget:
    if not path.exists():
        path.write_bytes(ledger_bytes(ENTRY))
    return Budget(path, ENTRY, profile, k, profile.capacity(k), "segment 7")


def ids(count: int) -> list[bytes]:
    return [bytes([i % 256, i // 256]) + bytes(30) for i in range(count)]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_capacity_is_that_of_the_specification(tmp_path: Path, profile: Profile) -> None:
    budget = make(tmp_path / "b", profile, 10)
    kappa = profile.capacity(10)
    h = 2**kappa + 2**9 - 2**10 - 256  # κ is 13 or 14
    assert (budget.capacity, budget.spent(), budget.remaining(last=True)) == (h, 6, h - 6)
    assert (
        budget.proofs_left() + KEPT_PROOFS == (h - 6) // (profile.most_queries + 6) >= 64
    )  # some are kept for a refresh


def test_spending_to_the_end_and_one_past_it(tmp_path: Path) -> None:
    budget = make(tmp_path / "b")
    count = budget.proofs_left()
    for proof_id in ids(count):
        budget.reserve(budget.units, proof_id)
    before = (tmp_path / "b").read_bytes()
    with pytest.raises(BudgetSpent, match="segment 7"):
        budget.reserve(budget.units, b"\xff" * 32)
    assert (tmp_path / "b").read_bytes() == before
    budget.reserve(budget.units, ids(count)[0])  # the same bytes again cost nothing
    rest = budget.remaining()
    budget.reserve(rest, b"\xfe" * 32)
    assert (budget.remaining(), make(tmp_path / "b").remaining()) == (0, 0)
    with pytest.raises(BudgetSpent, match="kept for a refresh"):
        budget.reserve(1, b"\xfd" * 32)
    assert budget.remaining(last=True) == KEPT_PROOFS * budget.units
    budget.reserve(KEPT_PROOFS * budget.units, b"\xfc" * 32, last=True)
    with pytest.raises(BudgetSpent):
        budget.reserve(1, b"\xfb" * 32, last=True)


def test_the_same_id_pays_only_what_is_more(tmp_path: Path) -> None:
    budget = make(tmp_path / "b")
    for units in (86, 86, 40, 172, 172):
        budget.reserve(units, bytes(32))
    assert budget.spent() == 6 + 172


def test_torn_records_count_as_spent(tmp_path: Path) -> None:
    path = tmp_path / "b"
    budget = make(path)
    budget.reserve(86, ids(1)[0])
    whole = path.read_bytes()
    for cut in range(1, RECORD_BYTES):
        path.write_bytes(whole[:-cut])
        assert (budget.spent(), budget.torn()) == (6 + 172, 1)
        budget.reserve(86, b"\x01" * 32)
        assert (budget.spent(), budget.torn(), path.stat().st_size % RECORD_BYTES) == (6 + 172 + 86, 1, 0)
        budget.reserve(86, b"\x01" * 32)
        assert budget.spent() == 6 + 172 + 86
    path.write_bytes(whole + bytes(RECORD_BYTES))
    assert budget.spent() == 6 + 86 + 172
    for position in range(RECORD_BYTES, len(whole)):
        altered = bytearray(whole)
        altered[position] ^= 1
        path.write_bytes(altered)
        assert budget.spent() == 6 + 172


def test_a_missing_or_foreign_ledger_is_no_ledger(tmp_path: Path) -> None:
    budget = make(tmp_path / "b")
    other = Budget(tmp_path / "b", bytes(99), STANDARD, 3, STANDARD.capacity(3))
    for broken in (other, Budget(tmp_path / "none", ENTRY, STANDARD, 3, STANDARD.capacity(3))):
        for call in (broken.spent, lambda broken=broken: broken.reserve(1, bytes(32))):
            with pytest.raises(LogCorrupt):
                call()
    (tmp_path / "b").write_bytes(b"")
    with pytest.raises(LogCorrupt):
        budget.reserve(1, bytes(32))
    for units, proof_id in ((0, bytes(32)), (-1, bytes(32)), (1, bytes(31)), (1 << 32, bytes(32))):
        with pytest.raises(UsageError):
            budget.reserve(units, proof_id)


def test_a_reservation_is_synced_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = make(tmp_path / "b")
    seen = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.append(os.fstat(descriptor).st_size))
    budget.reserve(86, bytes(32))
    assert seen == [2 * RECORD_BYTES]


def test_many_at_once_never_overspend(tmp_path: Path) -> None:
    make(tmp_path / "b")
    refused = []

    def spend(worker: int) -> None:
        budget = make(tmp_path / "b")
        for i in range(20):
            try:
                budget.reserve(budget.units, bytes([worker, i]) + bytes(30))
            except BudgetSpent:
                refused.append((worker, i))

    threads = [threading.Thread(target=spend, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    budget = make(tmp_path / "b")
    fit = (budget.capacity - 6) // budget.units - KEPT_PROOFS  # some are kept for a refresh
    assert len(refused) == 160 - fit and budget.spent() == 6 + fit * budget.units and budget.torn() == 0
