"""A log handed over: what goes along, what is refused, and who may do what with the copy."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.quick_logs import SCHEMA, quickly, some_rows
from zkcompliance import schemas
from zkcompliance.errors import (
    BudgetSpent,
    LogCorrupt,
    LogError,
    SignatureRejected,
    UsageError,
    ZkComplianceError,
)
from zkcompliance.live.writer import Live
from zkcompliance.log import handing, keys, merkle, received, shares, spent, texts
from zkcompliance.log.feed import Feed
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.restored import mark
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import api
from zkcompliance.prove.handing import receive
from zkcompliance.prove.reseal import reseal
from zkcompliance.quantities import Exact
from zkcompliance.stark.commit.budget import KEPT_PROOFS, Budget, Share, ledger_bytes
from zkcompliance.stark.profiles import log_mask


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quickly(monkeypatch)
    monkeypatch.setattr(spent, "state_folder", lambda: tmp_path / "state" / "spent")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with a key and a log of two segments that it signs."""
    keys.generate(tmp_path / "key", "cloud.example/jobs")
    create_log(tmp_path / "log", SCHEMA, keys.load_private(tmp_path / "key"))
    sealed(tmp_path, 0, 3)
    sealed(tmp_path, 3, 9)
    return tmp_path


def sealed(folder: Path, first: int, count: int, log: str = "log") -> None:
    with Writer(folder / log, keys.load_private(folder / "key")) as writer:
        writer.seal(some_rows(first, count))


def public(folder: Path):  # type: ignore[no-untyped-def]
    return keys.load_private(folder / "key").verifier


def spend(log: Path, index: int, proofs: int) -> None:
    """As proofs do."""
    segment = SealedLog.open(log).segments[index]
    segment.budget().reserve(proofs * segment.profile.units, os.urandom(32))


def rows_of(log: Path) -> list[int]:
    found = SealedLog.open(log).segments
    return [row["at"] for segment in found for row in schemas.decode_rows(SCHEMA, segment.load_columns())]


def test_a_share_of_what_is_left(given: Path) -> None:
    """Units of whole proofs, spent by the one before the other has them; together no more than one would have."""
    spend(given / "log", 0, 5)
    before = [segment.budget().proofs_left() for segment in SealedLog.open(given / "log").segments]
    made = handing.hand_over(given / "log", given / "copy", "1/3")
    receive(given / "copy", public(given))
    theirs = [segment.budget().proofs_left() for segment in SealedLog.open(given / "copy").segments]
    mine = [segment.budget().proofs_left() for segment in SealedLog.open(given / "log").segments]
    assert theirs == [left // 3 for left in before] and sorted(made.shares) == [0, 1]
    for segment, all_before, left, other in zip(
        SealedLog.open(given / "log").segments, before, mine, theirs, strict=True
    ):
        units = segment.profile.units
        assert left == all_before - other
        whole = log_mask(segment.entry.k, segment.entry.kappa)
        assert segment.budget().spent() + (left + KEPT_PROOFS) * units <= whole
    assert rows_of(given / "copy") == rows_of(given / "log") == list(range(12))
    for segment, copy in zip(
        SealedLog.open(given / "log").segments, SealedLog.open(given / "copy").segments, strict=True
    ):
        assert (segment.seed, segment.entry) == (copy.seed, copy.entry)
    assert fsck(given / "copy", deep=True).clean and fsck(given / "log", deep=True).clean


def test_a_share_is_spent_to_its_end_and_not_beyond(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    budget = SealedLog.open(given / "copy").segments[0].budget()
    spend(given / "copy", 0, budget.proofs_left())
    assert (budget.remaining(), budget.remaining(last=True)) == (
        0,
        0,
    )  # none is kept for a refresh, which is not theirs
    with pytest.raises(BudgetSpent, match="in the share that was handed over") as refused:
        budget.reserve(1, os.urandom(32), last=True)
    assert "by who handed it over" in (refused.value.help or "")


def test_what_stays(given: Path) -> None:
    """Digests of inputs and records, pending rows, the log's id, what was spent, and texts of ids of no handed row."""
    with Writer(given / "log", keys.load_private(given / "key")) as writer:
        writer.append_rows(some_rows(12, 1))
    handing.hand_over(given / "log", given / "copy", "1/2")
    there = sorted(str(p.relative_to(given / "copy")) for p in (given / "copy").rglob("*") if p.is_file())
    own = {"rows", "seed", "meta", "budget", "share"}
    segments = {f"secret/segments/{index:08d}/{name}" for index in range(2) for name in own}
    assert set(there) == segments | {
        "settings", "schema", "entries", "checkpoint", "secret/received", "secret/seen", "secret/writer.lock"
    }  # fmt: skip
    modes = {p.stat().st_mode & 0o077 for p in (given / "copy" / "secret").rglob("*")}
    assert modes == {0}


def test_texts_of_the_rows_that_go_along(given: Path) -> None:
    keys.generate(given / "key2", "cloud.example/named")
    schema = schemas.parse_text("zkc-schema v2\nnamed@1\nat time\nwho id\n")
    create_log(given / "named", schema, keys.load_private(given / "key2"))
    for who in ("anna", "bert"):
        with Writer(given / "named", keys.load_private(given / "key2")) as writer:
            writer.seal([{"at": Exact(5), "who": who}])
        if who == "anna":
            texts.keep(Layout(given / "named"), ["anna", "bert", "unsealed"])
            handing.hand_over(given / "named", given / "copy", "1/2")
            assert texts.load(Layout(given / "copy")) == {"anna"}
    handing.hand_over(given / "named", given / "copy", "1/2")
    assert texts.load(Layout(given / "copy")) == {"anna", "bert"}


def test_nothing_is_proved_before_it_is_checked(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    with pytest.raises(LogError, match="not checked yet") as refused:
        api.require_open([SealedLog.open(given / "copy")])
    assert "receive" in (refused.value.help or "")
    taken = receive(given / "copy", public(given))
    assert (taken.new, taken.brought) == (2, 0)
    api.require_open([SealedLog.open(given / "copy")])


# Once


def test_a_segment_is_handed_over_once(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    before = [segment.budget().spent() for segment in SealedLog.open(given / "log").segments]
    for place in (given / "copy", given / "other"):
        with pytest.raises(UsageError, match="was handed over before"):
            handing.hand_over(given / "log", place, "1/2")
    shutil.rmtree(given / "copy")
    with pytest.raises(UsageError, match="was handed over before"):
        handing.hand_over(given / "log", given / "copy", "1/2")
    assert [segment.budget().spent() for segment in SealedLog.open(given / "log").segments] == before
    budget = SealedLog.open(given / "log").segments[0].budget()
    with pytest.raises(LogError, match="done once"):
        budget.hand_over(Share(bytes(32), budget.units))


@pytest.mark.parametrize("part", ["0/1", "2/1", "1/0", "1", "50%", "½", "1/2 ", "-1/2", "1/2000000", "01/2", ""])
def test_what_is_no_share(given: Path, part: str) -> None:
    with pytest.raises(UsageError, match="is no share"):
        handing.hand_over(given / "log", given / "copy", part)


def test_a_share_of_less_than_one_proof(given: Path) -> None:
    with pytest.raises(BudgetSpent, match="less than one"):
        handing.hand_over(given / "log", given / "copy", "1/999999")
    assert not (given / "copy").exists() and not Layout(given / "log").handing.exists()


def test_all_of_it(given: Path) -> None:
    """A meterer who never proves gives all; what is kept for the refresh stays."""
    handing.hand_over(given / "log", given / "copy", "1/1")
    segment = SealedLog.open(given / "log").segments[0]
    assert segment.budget().remaining() < segment.profile.units
    assert segment.budget().remaining(last=True) >= KEPT_PROOFS * segment.profile.units


# Later


def test_later_segments_to_the_same_folder(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    spend(given / "copy", 0, 2)
    left = SealedLog.open(given / "copy").segments[0].budget().proofs_left()
    sealed(given, 12, 2)
    made = handing.hand_over(given / "log", given / "copy", "1/4")
    assert sorted(made.shares) == [2]
    with pytest.raises(LogError, match="not checked yet"):
        api.require_open([SealedLog.open(given / "copy")])
    assert receive(given / "copy", public(given)).new == 1
    log = SealedLog.open(given / "copy")
    assert rows_of(given / "copy") == list(range(14)) and log.segments[0].budget().proofs_left() == left
    ids = {shares.load(segment.paths).share.id for segment in log.segments}  # type: ignore[union-attr]
    assert len(ids) == 2 and fsck(given / "copy", deep=True).clean


def test_later_segments_to_a_new_folder(given: Path) -> None:
    """Its holder puts the two together: the earlier copy's segments go on in the new one, with what is left."""
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    spend(given / "copy", 1, 3)
    left = SealedLog.open(given / "copy").segments[1].budget().proofs_left()
    sealed(given, 12, 2)
    handing.hand_over(given / "log", given / "new", "1/2")
    with pytest.raises(LogError, match="handed over before, in another folder") as refused:
        receive(given / "new", public(given))
    assert "--earlier" in (refused.value.help or "")
    taken = receive(given / "new", public(given), [given / "copy"])
    assert (taken.new, taken.brought) == (3, 2) and rows_of(given / "new") == list(range(14))
    assert SealedLog.open(given / "new").segments[1].budget().proofs_left() == left
    with pytest.raises(BudgetSpent, match="has moved to the folder that was received after"):
        spend(given / "copy", 1, 1)
    with pytest.raises(LogError, match="went on in another copy"):
        api.require_open([SealedLog.open(given / "copy")])
    assert str(given / "new") in " ".join(finding.what for finding in fsck(given / "copy").findings)
    sealed(given, 14, 1)
    handing.hand_over(given / "log", given / "new", "1/2")  # and goes on in that one
    receive(given / "new", public(given))
    assert rows_of(given / "new") == list(range(15))


def test_an_earlier_copy_goes_to_one_place(given: Path) -> None:
    """Two copies of the folder that came later do not both get what the first one has left."""
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    sealed(given, 12, 2)
    handing.hand_over(given / "log", given / "new", "1/2")
    shutil.copytree(given / "new", given / "double")
    receive(given / "new", public(given), [given / "copy"])
    with pytest.raises(ZkComplianceError):
        receive(given / "double", public(given), [given / "copy"])
    with pytest.raises(LogError, match="not checked yet"):
        api.require_open([SealedLog.open(given / "double")])
    with pytest.raises(LogError, match="is the copy itself"):
        receive(given / "new", public(given), [given / "new"])
    with pytest.raises(LogError, match="no copy that was handed over"):
        receive(given / "new", public(given), [given / "log"])


# What a copy is not for


def test_nothing_is_sealed_in_a_copy(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    key = keys.load_private(given / "key")
    for attempt in (
        lambda: Writer(given / "copy", key),
        lambda: SpoolingWriter(given / "copy", key),
        lambda: Feed(given / "copy"),
        lambda: zk.open_log(given / "copy", key=given / "key"),
        lambda: Live(given / "copy"),
        lambda: reseal(given / "copy", given / "next", key, merge=False),
        lambda: reseal(given / "copy", given / "next", key, merge=True),
    ):
        with pytest.raises(LogError, match="was handed over by whoever seals the log"):
            attempt()
    assert not (given / "next").exists()


def test_a_copy_put_back_from_a_backup(given: Path) -> None:
    """On the machine that proved it is noticed; marked as restored, nothing is proved over it any more."""
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    shutil.copytree(given / "copy", given / "backup")
    spend(given / "copy", 0, 4)
    shutil.rmtree(given / "copy")
    shutil.copytree(given / "backup", given / "copy")
    with pytest.raises(LogCorrupt, match="older than what was proved"):
        spend(given / "copy", 0, 1)
    segment = SealedLog.open(given / "copy").segments[0]
    assert segment.budget().catch_up() == 4 * segment.profile.units
    mark(given / "copy")
    with pytest.raises(LogError, match="handed over, and then put back from a backup") as refused:
        api.require_open([SealedLog.open(given / "copy")])
    assert "next generation" in (refused.value.help or "")


def test_a_log_put_back_from_before_the_hand_over(given: Path) -> None:
    """Its ledgers know less than the records: nothing is proved or handed over before that is counted."""
    shutil.copytree(given / "log", given / "backup")
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    shutil.rmtree(given / "log")
    shutil.copytree(given / "backup", given / "log")
    for attempt in (
        lambda: spend(given / "log", 0, 1),
        lambda: handing.hand_over(given / "log", given / "other", "1/2"),
    ):
        with pytest.raises(LogCorrupt, match="older than what was proved"):
            attempt()
    log = SealedLog.open(given / "log")
    copy = SealedLog.open(given / "copy")
    for segment, theirs in zip(log.segments, copy.segments, strict=True):
        assert segment.budget().catch_up() == theirs.budget().capacity
    mark(given / "log")
    with pytest.raises(LogError, match="put back from a backup"):
        handing.hand_over(given / "log", given / "other", "1/2")


def test_two_copies_of_a_copy_share_its_share(given: Path) -> None:
    """On one machine: what one of them spent, the other one's ledger does not know, and is too old for."""
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    shutil.copytree(given / "copy", given / "twin")
    spend(given / "copy", 0, 1)
    with pytest.raises(LogCorrupt, match="older than what was proved"):
        spend(given / "twin", 0, 1)
    spend(given / "log", 0, 1)  # who handed it over is not in their way, and has a ledger of its own


def test_a_share_of_a_share(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    with pytest.raises(LogError, match="not checked yet"):
        handing.hand_over(given / "copy", given / "third", "1/2")
    receive(given / "copy", public(given))
    before = SealedLog.open(given / "copy").segments[0].budget().proofs_left()
    handing.hand_over(given / "copy", given / "third", "1/2")
    receive(given / "third", public(given))
    second, third = (SealedLog.open(given / name).segments[0].budget() for name in ("copy", "third"))
    assert third.proofs_left() == before // 2 and second.proofs_left() == before - before // 2
    with pytest.raises(UsageError, match="was handed over before"):
        handing.hand_over(given / "copy", given / "fourth", "1/2")


def test_the_next_generation(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sealed again is handed over anew; what was carried over is not, and comes from the earlier copy."""
    from zkcompliance.prove import handing as taking
    from zkcompliance.prove import reseal as resealing

    monkeypatch.setattr(resealing, "get_ready", lambda *arguments, **rest: None)
    monkeypatch.setattr(resealing, "make", lambda ready, progress: b"stand-in")
    monkeypatch.setattr(resealing, "_fits", lambda log, settings, claim: lambda first, count, new: count + new <= 60)
    monkeypatch.setattr(taking, "lineage_findings", lambda path, progress: [])
    Layout(given / "log").segment(1).tier.write_text("1\n")
    Layout(given / "log").segment(1).tier.chmod(0o600)
    sealed(given, 12, 1)
    sealed(given, 13, 1)
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    left = [segment.budget().proofs_left() for segment in SealedLog.open(given / "copy").segments]
    made = reseal(given / "log", given / "next", keys.load_private(given / "key"), merge=True)
    assert 0 < made.carried < len(made.log.segments)
    with pytest.raises(LogError, match="goes on as"):
        handing.hand_over(given / "log", given / "more", "1/2")
    there = handing.hand_over(given / "next", given / "new", "1/2")
    assert len(there.shares) == len(made.log.segments) - made.carried
    taken = receive(given / "new", public(given), [given / "copy"])
    assert taken.brought == made.carried and sorted(rows_of(given / "new")) == list(range(14))
    assert max(segment.budget().proofs_left() for segment in SealedLog.open(given / "new").segments) >= min(left)


# Damaged, forged


def test_another_key(given: Path, tmp_path: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    other = keys.generate(given / "other.key", "cloud.example/jobs")
    with pytest.raises(SignatureRejected, match="not by the key that is given"):
        receive(given / "copy", other)
    with pytest.raises(LogError, match="no copy that was handed over"):
        receive(given / "log", public(given))


def forged_rows(copy: Layout) -> None:
    """Other rows under a digest of their own, as a forger would: only the commitment tells."""
    paths = copy.segment(0)
    data = bytearray(paths.rows.read_bytes())
    data[-1] ^= 1
    import hashlib

    from zkcompliance.log import rows

    meta = rows.Meta.load(paths.meta)
    paths.rows.write_bytes(data)
    digest = hashlib.sha256(data).digest()
    paths.meta.write_bytes(rows.Meta(digest, meta.entry, meta.first, meta.count).encode())


def other_seed(copy: Layout) -> None:
    copy.segment(1).seed.write_bytes(bytes(32))


def greater_share(copy: Layout) -> None:
    """More units, with a ledger of them: the part does not add up."""
    paths = copy.segment(0)
    handed = shares.load(paths)
    assert handed is not None
    more = Share(handed.share.id, handed.share.units * 2)
    _write_share(copy, shares.Handed(more, handed.part, handed.left))


def greater_whole(copy: Layout) -> None:
    """More units of more that was left: the segment never had so many."""
    handed = shares.load(copy.segment(0))
    assert handed is not None
    more = Share(handed.share.id, handed.share.units * 4)
    _write_share(copy, shares.Handed(more, handed.part, handed.left * 4))


def _write_share(copy: Layout, handed: shares.Handed) -> None:
    paths = copy.segment(0)
    paths.share.write_bytes(handed.encode())
    paths.budget.write_bytes(ledger_bytes(SealedLog.open(copy.root).segments[0].entry.encode(), handed.share))


def share_alone(copy: Layout) -> None:
    """Another part, that adds up, without a ledger of it."""
    handed = shares.load(copy.segment(0))
    assert handed is not None
    units = shares.units_of("2/3", handed.left, SealedLog.open(copy.root).segments[0].profile.units)
    copy.segment(0).share.write_bytes(shares.Handed(Share(handed.share.id, units), "2/3", handed.left).encode())


def no_share(copy: Layout) -> None:
    """The ledger of a whole budget in its place."""
    copy.segment(0).share.unlink()
    copy.segment(0).budget.write_bytes(ledger_bytes(SealedLog.open(copy.root).segments[0].entry.encode()))


def cut_share(copy: Layout) -> None:
    copy.segment(0).share.write_bytes(copy.segment(0).share.read_bytes()[:-2])


def no_rows(copy: Layout) -> None:
    copy.segment(1).rows.unlink()


def left_out(copy: Layout) -> None:
    shutil.rmtree(copy.segment(1).folder)


def exchanged(copy: Layout) -> None:
    """One segment's folder in the place of another's."""
    shutil.rmtree(copy.segment(1).folder)
    shutil.copytree(copy.segment(0).folder, copy.segment(1).folder)


def entries_changed(copy: Layout) -> None:
    data = bytearray(copy.entries.read_bytes())
    data[100] ^= 1
    copy.entries.write_bytes(data)


def note_changed(copy: Layout) -> None:
    text = copy.checkpoint.read_text()
    copy.checkpoint.write_text(text.replace("\n2\n", "\n1\n", 1))


def readable(copy: Layout) -> None:
    copy.segment(0).seed.chmod(0o644)


def accepted_already(copy: Layout) -> None:
    """A mark that says all of it was checked, over entries that are not these."""
    copy.received.write_bytes(received.Received("0" * 32, 2, merkle.root([b"x", b"y"])).encode())
    other_seed(copy)


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (forged_rows, "do not give its commitment"),
        (other_seed, "do not give its commitment"),
        (accepted_already, "do not give its commitment"),
        (greater_share, "not the part that it says"),
        (greater_whole, "more than a segment of"),
        (share_alone, "does not belong to this segment"),
        (no_share, "missing: share"),
        (cut_share, "is damaged"),
        (no_rows, "missing: rows"),
        (left_out, "handed over before, in another folder"),
        (exchanged, "names another seal"),
        (entries_changed, "does not have the root"),
        (note_changed, "checkpoint"),
        (readable, "others have access"),
    ],
)
def test_forged(given: Path, forge, said: str) -> None:  # type: ignore[no-untyped-def]
    handing.hand_over(given / "log", given / "copy", "1/2")
    copy = Layout(given / "copy")
    forge(copy)
    with pytest.raises(ZkComplianceError, match=said) as refused:
        receive(given / "copy", public(given))
    assert refused.value.exit_status in (1, 2)
    with pytest.raises(ZkComplianceError):
        api.require_open([SealedLog.open(given / "copy")])


def test_what_is_in_the_way(given: Path) -> None:
    (given / "taken").mkdir()
    for place in (given / "taken", given / "log", given / "key"):
        with pytest.raises(LogError, match="is no copy that this log was handed over to"):
            handing.hand_over(given / "log", place, "1/2")
    with pytest.raises(UsageError, match="is not a folder"):
        handing.hand_over(given / "log", given / "none" / "copy", "1/2")
    with pytest.raises(UsageError, match="inside the log"):
        handing.hand_over(given / "log", given / "log" / "copy", "1/2")
    keys.generate(given / "key3", "cloud.example/empty")
    create_log(given / "empty", SCHEMA, keys.load_private(given / "key3"))
    with pytest.raises(UsageError, match="no sealed segment yet"):
        handing.hand_over(given / "empty", given / "copy", "1/2")
    rows = Layout(given / "log").segment(0).rows
    rows.write_bytes(rows.read_bytes()[:-1])
    with pytest.raises(LogCorrupt):
        handing.hand_over(given / "log", given / "copy", "1/2")
    assert not (given / "copy").exists() and not Layout(given / "log").handing.exists()
    assert SealedLog.open(given / "log").segments[1].budget().handed_over() == {}


# At the command line


def test_the_verbs(given: Path) -> None:
    """What they say; and what all verbs say of a copy."""
    made = run("hand-over", given / "log", "--to", given / "copy", "--share", "1/2")
    assert made.exit_code == 0 and "1/2 of what was left" in made.stdout, made.output
    refused = run("check", "log-floor-compute", "--log", given / "copy", "-p", "rows=1", "-p", "sources=signed")
    assert refused.exit_code == 2 and "not checked yet" in " ".join(refused.stderr.split()), refused.output
    assert "receive" in refused.stderr
    found = run("fsck", given / "copy")
    assert found.exit_code == 0 and "0 of 2 checked" in " ".join(found.stdout.split()), found.output
    taken = run("receive", given / "copy", "--key", given / "key.pub", "--json")
    assert json.loads(taken.stdout) | {"key": "", "log": "", "proofs_left": 0} == {
        "origin": "cloud.example/jobs", "schema": SCHEMA.label, "segments": 2, "new": 2, "brought": 0, "key": "",
        "log": "", "proofs_left": 0,
    }  # fmt: skip
    for verb in (
        ("seal", given / "none.csv", "--log", given / "copy", "--key", given / "key"),
        ("refresh", given / "copy", "--to", given / "x", "--key", given / "key", "-o", given / "l"),
        ("compact", given / "copy", "--to", given / "x", "--key", given / "key", "-o", given / "l"),
        ("log", "retire", given / "copy"),
    ):
        (given / "none.csv").write_text("at,flop\n1767225600,1\n")
        done = run(*verb)
        assert done.exit_code == 2 and "was handed over by whoever seals" in " ".join(done.stderr.split()), done.output
    noted = run("fsck", given / "log")
    assert noted.exit_code == 0 and "segments 0 to 1 were handed over" in " ".join(noted.stdout.split())
    wrong = run("receive", given / "copy", "--key", given / "key")
    assert wrong.exit_code == 2 and "private key" in wrong.stderr
    marked = run("log", "restored", given / "copy")
    assert marked.exit_code == 0 and "ask who handed it over" in marked.stdout
    assert run("hand-over", given / "log", "--to", given / "new", "--share", "half").exit_code == 2


def test_one_that_was_interrupted_comes_first(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another hand-over, and a refresh, say so; the same goes on, with the very share that was spent before."""

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(handing.copying, "whole", full)
        with pytest.raises(LogError, match="No space left"):
            handing.hand_over(given / "log", given / "copy", "1/2")
    spent_then = [segment.budget().spent() for segment in SealedLog.open(given / "log").segments]
    for attempt in (
        lambda: handing.hand_over(given / "log", given / "other", "1/2"),
        lambda: handing.hand_over(given / "log", given / "copy", "1/3"),
        lambda: reseal(given / "log", given / "next", keys.load_private(given / "key"), merge=False),
    ):
        with pytest.raises(LogError, match="was interrupted, and comes first") as refused:
            attempt()
        assert "hand-over" in (refused.value.help or "") and "1/2" in (refused.value.help or "")
    assert any("interrupted" in finding.what for finding in fsck(given / "log").findings)
    handing.hand_over(given / "log", given / "copy", "1/2")
    assert [segment.budget().spent() for segment in SealedLog.open(given / "log").segments] == spent_then
    assert receive(given / "copy", public(given)).new == 2


def test_a_copy_whose_segments_went_on_gets_no_more(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    sealed(given, 12, 2)
    handing.hand_over(given / "log", given / "new", "1/2")
    receive(given / "new", public(given), [given / "copy"])
    sealed(given, 14, 2)
    with pytest.raises(LogError, match="is no copy that this log was handed over to"):
        handing.hand_over(given / "log", given / "copy", "1/2")


def test_proved_over_between_the_plan_and_the_share(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who goes on hands over a part of what is left then, of segments whose share was not spent before."""
    real = Budget.hand_over

    def raced(self: Budget, share: Share) -> None:
        if self._name == "segment 1":
            spend(given / "log", 1, self.proofs_left() - 4)
        real(self, share)

    with monkeypatch.context() as patch:
        patch.setattr(Budget, "hand_over", raced)
        with pytest.raises(BudgetSpent):
            handing.hand_over(given / "log", given / "copy", "1/2")
    first = SealedLog.open(given / "log").segments[0].budget().handed_over()
    made = handing.hand_over(given / "log", given / "copy", "1/2")
    assert made.shares[0].share.units == sum(first.values())
    assert made.shares[1].share.units == 2 * SealedLog.open(given / "log").segments[1].profile.units
    assert receive(given / "copy", public(given)).new == 2


def test_public_folders_go_along(given: Path) -> None:
    """With what is new and what was changed in them since."""
    rolled = given / "log" / "rolled"
    rolled.mkdir()
    (rolled / "one").write_bytes(b"one")
    (rolled / ".hidden").write_bytes(b"of who was killed")
    handing.hand_over(given / "log", given / "copy", "1/2")
    assert [path.name for path in (given / "copy" / "rolled").iterdir()] == ["one"]
    (rolled / "one").write_bytes(b"more of it")
    (rolled / "two").write_bytes(b"two")
    sealed(given, 12, 1)
    handing.hand_over(given / "log", given / "copy", "1/2")
    there = {path.name: path.read_bytes() for path in (given / "copy" / "rolled").iterdir()}
    assert there == {"one": b"more of it", "two": b"two"}
    (rolled / "three").symlink_to(given / "key")
    sealed(given, 13, 1)
    with pytest.raises(LogError):
        handing.hand_over(given / "log", given / "other", "1/2")
