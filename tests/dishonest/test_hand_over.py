"""What is accepted of a log that was handed over where one check is absent."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

import zkcompliance as zk
from zkcompliance.errors import BudgetSpent, InternalError, LogCorrupt, LogError, ZkComplianceError
from zkcompliance.log import fsck as checking
from zkcompliance.log import keys, received, rows
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.prove import handing
from zkcompliance.stark.commit.budget import Budget
from zkcompliance.stark.profiles import EXTENSION_DEGREE, log_mask

T = 1767225600
CLAIM = "training-compute-below"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A log whose holder is to hand it over."""
    zk.keygen(tmp_path / "key", "cloud.example/jobs")
    with zk.open_log(tmp_path / "log", key=tmp_path / "key", schema=zk.schemas.compute, profile="small") as log:
        row = {"start": T, "end": T + 1, "run": "r", "phase": "pretraining", "flop": 10**9, "method": "hardware"}
        log.append([row, row | {"flop": 10**12}])
        log.seal()
    return tmp_path


def spend_all(log: Path) -> int:
    """As proofs do, until it is refused; how many units."""
    segment, units = SealedLog.open(log).segments[0], 0
    with pytest.raises(BudgetSpent):
        while True:
            segment.budget().reserve(segment.profile.units, os.urandom(32))
            units += segment.profile.units
    return units


@pytest.mark.parametrize("reduced", [True, False])
def test_a_share_that_is_not_spent_where_it_came_from(
    lab: Path, monkeypatch: pytest.MonkeyPatch, reduced: bool
) -> None:
    """Without that both spend it, and reveal more than the masks hide; with it they never do."""
    if not reduced:
        monkeypatch.setattr(Budget, "hand_over", lambda self, share: None)
    zk.hand_over(lab / "log", lab / "copy", share="1/1")
    zk.receive(lab / "copy", key=lab / "key.pub")
    segment = SealedLog.open(lab / "log").segments[0]
    whole = log_mask(segment.entry.k, segment.entry.kappa)
    assert (EXTENSION_DEGREE + spend_all(lab / "log") + spend_all(lab / "copy") <= whole) is reduced


def doctored(copy: Path) -> None:
    """A row of less FLOP, under a digest of its own."""
    paths = Layout(copy).segment(0)
    meta = rows.Meta.load(paths.meta)
    segment = SealedLog.open(copy).segments[0]
    columns = segment.load_columns()[:, :2].copy()
    for limb in segment.schema.limbs("flop"):
        columns[limb, 1] = 0
    with open(paths.rows, "r+b") as file:  # noqa: PTH123
        rows.write(file.fileno(), segment.schema, columns)
    digest = hashlib.sha256(paths.rows.read_bytes()).digest()
    paths.meta.write_bytes(rows.Meta(digest, meta.entry, meta.first, meta.count).encode())


def test_rows_that_are_not_those_that_were_sealed(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by their commitment. Taken without it, they are shown to whoever looks, and no proof of them is made."""
    zk.hand_over(lab / "log", lab / "copy", share="1/2")
    doctored(lab / "copy")
    with pytest.raises(LogCorrupt, match="do not give its commitment"):
        zk.receive(lab / "copy", key=lab / "key.pub")
    monkeypatch.setattr(handing, "fsck", lambda path, **asked: checking.fsck(path))
    zk.receive(lab / "copy", key=lab / "key.pub")
    assert [row["flop"] for row in zk.read_rows(lab / "copy")] == [10**9, 0]
    with pytest.raises((LogCorrupt, InternalError)):
        zk.prove(CLAIM, {"compute": lab / "copy"}, limit=10**10)


def test_a_log_under_a_key_of_somebody_elses(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole in itself: that it is not the cloud's is known by the key alone, which whoever receives it gives."""
    (lab / "other").mkdir()
    zk.keygen(lab / "other" / "key", "cloud.example/jobs")
    zk.hand_over(lab / "log", lab / "copy", share="1/2")
    with pytest.raises(zk.errors.SignatureRejected):
        zk.receive(lab / "copy", key=lab / "other" / "key.pub")
    zk.receive(lab / "copy", key=lab / "key.pub")


def test_a_copy_without_its_mark(lab: Path) -> None:
    """It is no log of whoever has the key: its ledgers are of shares, and it has no id that a key knows."""
    zk.hand_over(lab / "log", lab / "copy", share="1/2")
    zk.receive(lab / "copy", key=lab / "key.pub")
    copy = Layout(lab / "copy")
    copy.received.unlink()
    with pytest.raises(LogError):
        zk.open_log(copy.root, key=lab / "key")
    copy.segment(0).share.unlink()
    with pytest.raises(LogCorrupt, match="does not belong to this segment"):
        SealedLog.open(copy.root).segments[0].budget().reserve(1, os.urandom(32))


def test_proved_before_it_is_checked(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused; without that, units of a share are spent over rows that nobody has held against their commitment."""
    zk.hand_over(lab / "log", lab / "copy", share="1/2")
    with pytest.raises(LogError, match="not checked yet"):
        zk.prove(CLAIM, {"compute": lab / "copy"}, limit=10**13)
    monkeypatch.setattr(received, "require_checked", lambda log: None)
    zk.prove(CLAIM, {"compute": lab / "copy"}, limit=10**13)
    assert keys.load_public(lab / "key.pub").name == SealedLog.open(lab / "copy").origin


def test_a_roll_up_is_handed_over_and_of_a_copy_one_is_made(lab: Path) -> None:
    """Both work, under keys of their makers, and spend of their own shares; a copy of a roll-up gets no groups."""
    zk.keygen(lab / "rolled.key", "cloud.example/rolled")
    zk.roll_up(lab / "log", lab / "rolled", key=lab / "rolled.key")
    zk.hand_over(lab / "rolled", lab / "groups", share="1/2")
    zk.receive(lab / "groups", key=lab / "rolled.key.pub")
    zk.prove(f"{CLAIM}-rolled-up", {"compute": lab / "groups"}, limit=10**13)
    with pytest.raises(ZkComplianceError):
        zk.roll_up(lab / "log", lab / "groups", key=lab / "rolled.key")
    zk.hand_over(lab / "log", lab / "copy", share="1/2")
    zk.keygen(lab / "mine.key", "lab.example/rolled")
    with pytest.raises(LogError, match="not checked yet"):
        zk.roll_up(lab / "copy", lab / "mine", key=lab / "mine.key")
    zk.receive(lab / "copy", key=lab / "key.pub")
    before = SealedLog.open(lab / "copy").proofs_left()
    zk.roll_up(lab / "copy", lab / "mine", key=lab / "mine.key")
    assert SealedLog.open(lab / "copy").proofs_left() == (before or 0) - 1
