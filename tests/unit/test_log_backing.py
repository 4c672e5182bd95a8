"""The pieces of evidence that a log keeps: numbers, digests, roots, limits, and what a write that was killed leaves."""

from __future__ import annotations

import random
from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit import policies as kit
from zkcompliance.errors import LimitExceeded, LogCorrupt, LogError, UsageError, ZkComplianceError
from zkcompliance.importers import backed
from zkcompliance.log import backing, merkle
from zkcompliance.log.layout import Layout

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(kit.make_log(tmp_path, "c", "lab.example/c", kit.rows()).path)


def test_numbers_are_given_once(layout: Layout) -> None:
    assert backing.planned(layout, [b"a", b"b", b"a"]) == ([1, 2, 1], 2)
    assert backing.keep(layout, [b"a", b"b", b"a"]) == [1, 2, 1]
    assert backing.planned(layout, [b"c", b"b"]) == ([3, 2], 3)
    assert backing.keep(layout, [b"c", b"b"]) == [3, 2]
    assert [backing.load(layout, number) for number in (1, 2, 3)] == [b"a", b"b", b"c"]
    found = [sha256(piece).digest() for piece in (b"a", b"b", b"c")]
    for count in range(1, 4):
        tree = merkle.root(found[:count])
        assert backing.root(layout, count) == sha256(b"\x17" + count.to_bytes(4, "little") + tree).digest()
        for number in range(1, count + 1):
            path = backing.inclusion(layout, count, number)
            assert merkle.root_from_inclusion(number - 1, count, found[number - 1], path) == tree
    assert backing.root(layout, 0) == bytes(32)
    for wrong in (0, 4):
        with pytest.raises(LogError):
            backing.load(layout, wrong)
        with pytest.raises(LogError):
            backing.inclusion(layout, 3, wrong)
    with pytest.raises(LogCorrupt):
        backing.root(layout, 4)


def test_a_piece_whose_digest_was_not_written_yet(layout: Layout) -> None:
    """Killed in between: the next piece takes its number and its place."""
    backing.keep(layout, [b"a"])
    layout.piece(2).write_bytes(b"half of")
    layout.piece(2).chmod(0o600)
    assert backing.keep(layout, [b"b"]) == [2] and backing.load(layout, 2) == b"b"


def test_limits(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backing, "MAX_EVIDENCE_PIECES", 2)
    monkeypatch.setattr(backing, "MAX_EVIDENCE_BYTES", 3)
    with pytest.raises(LimitExceeded):
        backing.keep(layout, [b"four"])
    assert backing.keep(layout, [b"abc", b"b"]) == [1, 2]
    with pytest.raises(LimitExceeded):
        backing.keep(layout, [b"c"])
    assert backing.keep(layout, [b"b"]) == [2]


def test_files_that_are_damaged(layout: Layout) -> None:
    backing.keep(layout, [b"a", b"b"])
    good = layout.digests.read_bytes()
    for data in (good[:-1], good + good[:32]):
        layout.digests.write_bytes(data)
        with pytest.raises(LogCorrupt):
            backing.digests(layout)
    layout.digests.write_bytes(good)
    paths = layout.segment(0)
    for text in ("", "0\n", "1", "01\n", "x\n", "1\n\n"):
        paths.evidence.write_text(text)
        paths.evidence.chmod(0o600)
        with pytest.raises(LogCorrupt):
            backing.count_of(paths)


def test_any_bytes_are_refused_with_an_error_of_ours(tmp_path: Path) -> None:
    """Evidence of every kind, cut, changed, and of no kind at all."""
    trust = [DATA / "tokens" / "jwks.json", DATA / "cloudtrail" / "keys.json", DATA / "sigstore" / "proof.pub.pem"]
    trusted = backed.Trusted.read(trust)
    kinds = (
        "nvidia/hopper_evidence.json",
        "tokens/bundle.json",
        "cloudtrail/trail.zip",
        "sigstore/proof.sigstore.json",
    )
    choose = random.Random(6)
    path = tmp_path / "piece"
    for name in kinds:
        good = (DATA / name).read_bytes()
        path.write_bytes(good)
        (found,) = backed.read([path], trusted, 1_764_400_000)
        assert found.piece == good
        for _ in range(40):
            data = bytearray(good[: choose.randrange(len(good))])
            for _ in range(choose.randrange(3)):
                data[choose.randrange(len(data) or 1) : 1] = choose.randbytes(2)
            path.write_bytes(bytes(data))
            with pytest.raises(ZkComplianceError):
                backed.read([path], trusted, 1_764_400_000)
    for data in (b"", b"[", b"{}", b"[[", b"[5]", b"PK", choose.randbytes(200)):
        path.write_bytes(data)
        with pytest.raises(ZkComplianceError):
            backed.read([path], trusted, 1_764_400_000)


def test_files_of_trust_are_told_apart(tmp_path: Path) -> None:
    for data in (b"{}", b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN PUBLIC KEY-----\n"):
        (tmp_path / "trust").write_bytes(data)
        with pytest.raises(ZkComplianceError, match="trust"):
            backed.Trusted.read([tmp_path / "trust"])
    with pytest.raises(UsageError):
        backed.Trusted.read([tmp_path / "none"])
