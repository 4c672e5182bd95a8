"""What a verifier remembers: first sight, newest, old and rolled back, new keys, kept evidence, and the file itself."""

from __future__ import annotations

import itertools
import json
import os
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from zkcompliance import limits
from zkcompliance.errors import (
    CheckpointMismatch,
    LogCorrupt,
    LogError,
    LogEvidence,
    NewKeyRefused,
    SignatureRejected,
    Undecided,
    ZkComplianceError,
)
from zkcompliance.log import memory, merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import FORK, ROLLBACK, SUCCEEDED, Evidence
from zkcompliance.log.linking import Passed
from zkcompliance.log.memory import Known, Link
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.standing import Clock, Shown, Standing, Word, hold

KEY = SignerKey("lab.example/x", bytes(32))
NEXT = SignerKey("lab.example/x", bytes([1]) * 32)
ENTRIES = [f"entry {i}".encode() for i in range(70)]
OTHER = [*ENTRIES[:2], b"other", *ENTRIES[3:]]
AGAIN = [f"again {i}".encode() for i in range(70)]


def leaves(entries: list[bytes], size: int) -> tuple[bytes, ...]:
    return tuple(map(merkle.leaf_hash, entries[:size]))


def state_of(size: int, entries: list[bytes] = ENTRIES, origin: str = KEY.name, after: Checkpoint | None = None):  # type: ignore[no-untyped-def]
    return Checkpoint(origin, size, merkle.root(entries[:size]), after)


def shown(
    size: int, statement: str, entries: list[bytes] = ENTRIES, *, key: SignerKey = KEY, origin: str = KEY.name,
    after: Checkpoint | None = None, word: Word = Word.NOBODY, whole: bool = True,
) -> Shown:  # fmt: skip
    note = key.sign(state_of(size, entries, origin, after).body)
    digest = sha256(statement.encode()).hexdigest()
    return Shown("compute", note, key.verifier, leaves(entries, size) if whole else None, digest, word)


class Verifier:
    """Someone with a state, on a clock that is told."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state"
        self.now = 1000

    def see(self, *logs: Shown, at: int | None = None, passed: tuple[Passed, ...] = ()) -> Standing:
        self.now += 10
        before = memory.load(self.path)
        return hold(self.path, logs, Clock(self.now, at), passed, before)[0]

    def evidence(self) -> list[Evidence]:
        found = sorted(self.path.parent.glob("state.evidence.*"))
        assert all(path.name == f"state.evidence.{sha256(path.read_bytes()).hexdigest()[:16]}" for path in found)
        return [Evidence.parse(path.read_bytes()) for path in found]

    def accuses(self, kind: str, *logs: Shown, at: int | None = None) -> Evidence:
        before = self.path.read_bytes()
        with pytest.raises(LogEvidence, match=r"evidence in .*state\.evidence\.[0-9a-f]{16}") as caught:
            self.see(*logs, at=at)
        assert self.path.read_bytes() == before and caught.value.exit_status == 3
        found = Evidence.parse(caught.value.document)
        assert found.kind == kind and found in self.evidence()
        return found

    def refuses(self, error: type[ZkComplianceError], *logs: Shown) -> ZkComplianceError:
        before = self.path.read_bytes()
        with pytest.raises(error) as caught:
            self.see(*logs)
        assert type(caught.value) is error and self.path.read_bytes() == before and not self.evidence()
        return caught.value


@pytest.fixture
def verifier(tmp_path: Path) -> Verifier:
    return Verifier(tmp_path)


# Freshness


def test_the_first_sight_says_so_and_the_next_does_not(verifier: Verifier) -> None:
    first = verifier.see(shown(3, "q1"))
    assert first.first and "first seen now" in first.said[0] and "reshness is unknown" in first.said[0]
    for each in (shown(3, "q1"), shown(3, "another statement"), shown(7, "q2")):
        assert verifier.see(each) == Standing(False, False, ())
    assert verifier.path.stat().st_mode & 0o777 == 0o600
    other = SignerKey("lab.example/y", bytes(32))
    assert verifier.see(shown(1, "y", key=other, origin=other.name)).first, "another log"


def test_an_archive_verified_again_accuses_nobody(verifier: Verifier) -> None:
    """Q1, Q2, Q1: this very statement was verified before. Another one over the same checkpoint is a rollback."""
    verifier.see(shown(3, "q1"))
    verifier.see(shown(7, "q2"))
    for each in (shown(3, "q1"), shown(7, "q2"), shown(3, "q1")):
        said = verifier.see(each).said
        assert (len(said) == 1 and "OLD: a checkpoint of 7 segments" in said[0]) == (
            each.statement == shown(3, "q1").statement
        )
    found = verifier.accuses(ROLLBACK, shown(3, "never seen"))
    assert (found.older, found.newer) == (shown(3, "").note, shown(7, "").note)
    verifier.accuses(ROLLBACK, shown(5, "nor this checkpoint"))
    assert len(verifier.evidence()) == 2


def test_judged_as_of_a_time_before_the_newer_was_seen(verifier: Verifier) -> None:
    verifier.see(shown(3, "q1"))  # at 1010
    verifier.see(shown(5, "q2"))  # at 1020
    verifier.see(shown(9, "q3"))  # at 1030
    for at in (0, 1015, 1020):
        said = verifier.see(shown(4, f"an archive, {at}"), at=at).said
        assert len(said) == 1 and "it is judged as of" in said[0]
    for at in (1021, 1029, 1030, 5000):
        verifier.accuses(ROLLBACK, shown(4, f"another, {at}"), at=at)
    assert verifier.see(shown(7, "between"), at=1030).said, "the first that is newer is of 1030"
    verifier.accuses(FORK, shown(4, "an archive of a fork", OTHER), at=0)


@pytest.mark.parametrize("back", [1, 500, 1019])
def test_a_clock_that_goes_back_opens_nothing(verifier: Verifier, back: int) -> None:
    """First sight in the future of the clock: a time of judgement before it excuses nothing."""
    verifier.see(shown(3, "q1"))
    verifier.see(shown(7, "q2"))  # at 1020
    verifier.now = 1020 - back - 10
    for at in (None, 0, 1000, verifier.now + 10, 1020):
        verifier.now = 1020 - back - 10
        verifier.accuses(ROLLBACK, shown(3, "new"), at=at)
    verifier.see(shown(9, "q3"))  # remembered, at a time that is too early: it excuses less, not more
    verifier.now = 3000
    verifier.accuses(ROLLBACK, shown(8, "new"), at=1030)
    assert verifier.see(shown(3, "q1")).said


# Forks


def test_every_order_of_two_histories_is_a_fork(tmp_path: Path) -> None:
    for number, (old, new) in enumerate(itertools.product((3, 4, 9), repeat=2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        verifier = Verifier(folder)
        verifier.see(shown(old, "one"))
        found = verifier.accuses(FORK, shown(new, "other", OTHER))
        assert {found.older, found.newer} == {shown(old, "").note, shown(new, "", OTHER).note}


def test_a_range_does_not_hide_a_fork(verifier: Verifier) -> None:
    """A statement that names some segments only cannot be held against what is smaller: a later whole one is."""
    verifier.see(shown(3, "one"))
    verifier.see(shown(9, "part", OTHER, whole=False))
    verifier.accuses(FORK, shown(11, "whole", OTHER))
    verifier.accuses(FORK, shown(11, "whole"))


def test_evidence_is_kept_and_never_overwritten(verifier: Verifier) -> None:
    """A lab caught forking cannot erase it by showing an old proof."""
    verifier.see(shown(7, "q2"))
    kept = verifier.accuses(FORK, shown(7, "fork", OTHER))
    verifier.accuses(FORK, shown(7, "fork", OTHER))
    assert verifier.evidence() == [kept]
    verifier.accuses(ROLLBACK, shown(3, "old"))
    assert len(verifier.evidence()) == 2 and kept in verifier.evidence()
    (path,) = (p for p in verifier.path.parent.glob("state.evidence.*") if Evidence.parse(p.read_bytes()) == kept)
    path.write_bytes(b"in the way")
    with pytest.raises(LogEvidence) as caught:
        verifier.see(shown(7, "fork", OTHER))
    assert path.read_bytes() == b"in the way"
    assert Path(caught.value.help.removeprefix("zkcompliance evidence ")).read_bytes() == kept.document.encode()


def test_all_logs_of_a_statement_are_remembered_or_none(verifier: Verifier) -> None:
    other = SignerKey("lab.example/y", bytes(32))
    verifier.see(shown(7, "q2"))
    verifier.accuses(ROLLBACK, shown(3, "y", key=other, origin=other.name), shown(3, "old"))
    assert set(memory.load(verifier.path)) == {KEY.name}


# Keys


def test_a_new_key_needs_a_word(verifier: Verifier) -> None:
    verifier.see(shown(3, "q1"))
    for each in (
        shown(3, "a", key=NEXT),
        shown(9, "b", key=NEXT),
        shown(1, "c", OTHER, key=NEXT),
        shown(0, "d", key=NEXT),
    ):
        error = verifier.refuses(NewKeyRefused, each)
        assert NEXT.verifier.text in error.message and KEY.verifier.text in error.message
        assert error.help.endswith("--new-key compute") and error.exit_status == 1
    for word in (Word.POLICY, Word.JUDGE):
        copy = Verifier(verifier.path.parent)
        kept = verifier.path.read_bytes()
        (said,) = copy.see(shown(5, "q2", key=NEXT, word=word)).said
        assert f"signed by a new key, {NEXT.verifier.text}" in said and word.value in said
        assert copy.see(shown(6, "q3", key=NEXT)).said == (), "from now on it is known"
        verifier.path.write_bytes(kept)


def test_a_log_that_begins_anew_under_a_new_key(verifier: Verifier) -> None:
    """The policy's word is not enough for it; that of whoever judges is, and is said aloud."""
    verifier.see(shown(7, "q1"))
    for size, entries in ((9, OTHER), (3, ENTRIES), (7, OTHER)):
        verifier.refuses(CheckpointMismatch, shown(size, "anew", entries, key=NEXT, word=Word.POLICY))
    (said,) = verifier.see(shown(3, "anew", OTHER, key=NEXT, word=Word.JUDGE)).said
    assert "IT BEGINS ANEW" in said
    assert verifier.see(shown(5, "more", OTHER, key=NEXT)).said == ()
    verifier.refuses(SignatureRejected, shown(9, "the old log goes on"))
    assert verifier.see(shown(7, "q1")) is not None, "what was verified before is still so"
    verifier.accuses(FORK, shown(6, "a fork of the new one", ENTRIES, key=NEXT))


# Generations


def later(size: int, statement: str, after: Checkpoint, **more: object) -> Shown:
    return shown(size, statement, AGAIN, origin=f"{KEY.name}/g2", after=after, **more)  # type: ignore[arg-type]


def step(after: Checkpoint, size: int = 2, by: SignerKey = KEY, key: SignerKey = KEY, after_entries=ENTRIES) -> Passed:  # type: ignore[no-untyped-def]
    new = state_of(size, AGAIN, f"{KEY.name}/g2", after)
    signed = by.sign(new.body)
    if key is not by:
        signed += key.sign(new.body).rpartition("\n\n")[2]
    link = Link(by.sign(after.body), signed, key.verifier)
    return Passed(link, by.verifier, leaves(after_entries, after.size), leaves(AGAIN, size))


def test_a_generation_without_a_lineage_is_undecided(verifier: Verifier) -> None:
    verifier.see(shown(5, "q1"))
    error = verifier.refuses(Undecided, later(3, "q2", state_of(5)))
    assert error.exit_status == 4 and error.help.endswith("--lineage compute=FILE")
    assert "generation 2" in error.message
    standing = verifier.see(later(3, "q2", state_of(5)), passed=(step(state_of(5)),))
    assert standing == Standing(False, True, ())
    assert verifier.see(later(4, "q3", state_of(5))) == Standing(False, True, ()), "it is remembered"
    assert "OLD" in verifier.see(shown(5, "q1")).said[0]
    assert verifier.accuses(ROLLBACK, shown(5, "new")).kind == ROLLBACK
    assert verifier.accuses(ROLLBACK, shown(4, "new")).kind == ROLLBACK
    assert "OLD" in verifier.see(shown(5, "an archive"), at=1000).said[0]


def test_an_older_generation_that_goes_on_after_its_successor(verifier: Verifier) -> None:
    verifier.see(shown(5, "q1"))
    verifier.see(later(3, "q2", state_of(5)), passed=(step(state_of(5)),))
    for each in (shown(6, "more"), shown(5, "other", OTHER), shown(6, "more", OTHER)):
        verifier.accuses(SUCCEEDED, each)
    verifier.accuses(FORK, shown(4, "before it", OTHER))
    verifier.accuses(SUCCEEDED, later(9, "another beginning", state_of(4)))
    verifier.accuses(FORK, later(9, "one that was never seen", state_of(6)))


def test_a_lineage_that_leaves_out_what_was_seen(verifier: Verifier) -> None:
    """Generation 2 succeeds 4 segments, and 5 had been seen of generation 1."""
    verifier.see(shown(5, "q1"))
    found = verifier.accuses(SUCCEEDED, later(3, "q2", state_of(4)))
    assert found.older == shown(5, "").note
    verifier.accuses(SUCCEEDED, later(3, "q2", state_of(5, OTHER)))


def test_a_lineage_leads_to_a_new_key(verifier: Verifier) -> None:
    verifier.see(shown(5, "q1"))
    rotated = step(state_of(5), key=NEXT)
    assert verifier.see(later(3, "q2", state_of(5), key=NEXT), passed=(rotated,)) == Standing(False, True, ())
    assert verifier.see(later(4, "q3", state_of(5), key=NEXT)) == Standing(False, True, ())
    known = memory.load(verifier.path)[KEY.name]
    assert set(known.keys) == {KEY.verifier, NEXT.verifier}
    verifier.accuses(FORK, shown(6, "x", OTHER, key=NEXT, origin=f"{KEY.name}/g2", after=state_of(5)))


def test_a_lineage_by_a_key_that_the_state_does_not_know(verifier: Verifier) -> None:
    verifier.see(shown(5, "q1"))
    stranger = step(state_of(5), by=NEXT, key=NEXT)
    before = verifier.path.read_bytes()
    with pytest.raises(NewKeyRefused):
        verifier.see(later(3, "q2", state_of(5), key=NEXT), passed=(stranger,))
    assert verifier.path.read_bytes() == before


def test_where_the_old_key_is_lost_nothing_links_the_generations(verifier: Verifier) -> None:
    verifier.see(shown(5, "q1"))
    verifier.refuses(NewKeyRefused, later(3, "q2", state_of(5), key=NEXT))
    verifier.refuses(Undecided, later(3, "q2", state_of(5), key=NEXT, word=Word.POLICY))
    standing = verifier.see(later(3, "q2", state_of(5), key=NEXT, word=Word.JUDGE))
    assert not standing.linked and any("nothing here shows" in line for line in standing.said)


# The file


def test_the_form_is_canonical_and_checked(verifier: Verifier) -> None:
    verifier.see(shown(5, "q1"), passed=(step(state_of(5), key=NEXT),))
    data = verifier.path.read_bytes()
    assert memory.encode(memory.load(verifier.path)) == data
    document = json.loads(data)
    log = document["logs"][KEY.name]

    def written(change) -> bytes:  # type: ignore[no-untyped-def]
        made = json.loads(data)
        change(made["logs"][KEY.name])
        return (json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()

    seen = log["generations"][KEY.name]["seen"][0]
    assert written(lambda log: None) == data and seen["at"] == 1010
    for bad in (
        b"", b"[]", b"{}", data[:-2], data + b" ", b"[" * 5000, data.replace(b'"at": 1010', b'"at": 1010.0'),
        data.replace(b'"at": 1010', b'"at": true'), data.replace(b"zkcompliance-state-1", b"zkcompliance-state-9"),
        written(lambda log: log.update(more=1)), written(lambda log: log.pop("left")),
        written(lambda log: log["generations"][KEY.name]["seen"][0].update(at=-1)),
        written(lambda log: log["generations"][KEY.name]["seen"][0].update(at=1 << 48)),
        written(lambda log: log["generations"][KEY.name]["seen"][0].update(statements=["00"])),
        written(lambda log: log["generations"][KEY.name]["seen"][0].update(note="x")),
        written(lambda log: log["generations"][KEY.name]["leaves"].pop()),
        written(lambda log: log["generations"].update({"lab.example/z": log["generations"][KEY.name]})),
        written(lambda log: log["left"].append(SignerKey("lab.example/x", bytes([7]) * 32).verifier.text)),
        written(lambda log: log["links"][0].update(key="x")),
        written(lambda log: log["links"][0].update(old=log["links"][0]["old"].replace("lab.example/x", "other"))),
    ):  # fmt: skip
        verifier.path.write_bytes(bad)
        with pytest.raises(LogCorrupt, match="damaged") as caught:
            verifier.see(shown(5, "q1"))
        assert "restore" in caught.value.help and verifier.path.read_bytes() == bad


def test_a_forged_note_in_the_state_accuses_nobody(verifier: Verifier) -> None:
    verifier.see(shown(3, "q1"))
    data = verifier.path.read_bytes()
    forged = data.replace(b"lab.example/x\\n3\\n", b"lab.example/x\\n9\\n")
    assert forged != data
    known = json.loads(forged)
    known["logs"][KEY.name]["generations"][KEY.name]["leaves"] = []
    verifier.path.write_bytes((json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode())
    with pytest.raises(LogCorrupt, match="damaged"):
        verifier.see(shown(3, "q2"))
    assert not verifier.evidence()


def test_an_earlier_version_and_what_is_too_long_say_what_to_do(verifier: Verifier, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    verifier.path.write_text(json.dumps({"format": "zkcompliance-seen-1", "logs": {}}, indent=1) + "\n")
    with pytest.raises(LogCorrupt, match="earlier version") as caught:
        verifier.see(shown(3, "q1"))
    assert "--state state.2" in caught.value.help
    verifier.path.unlink()
    verifier.see(shown(3, "q1"))
    size = verifier.path.stat().st_size
    monkeypatch.setattr(limits, "MAX_STATE_BYTES", size)
    assert verifier.see(shown(3, "q1"))
    kept = verifier.path.read_bytes()
    with pytest.raises(LogError, match="at most") as full:
        verifier.see(shown(3, "one more"))
    assert verifier.path.read_bytes() == kept and "--state" in full.value.help
    monkeypatch.setattr(limits, "MAX_STATE_BYTES", size - 1)
    with pytest.raises(LogError, match="at most"):
        verifier.see(shown(3, "q1"))


def test_one_at_a_time_and_nothing_is_lost(verifier: Verifier) -> None:
    verifier.see(shown(3, "q1"))

    def look(number: int) -> None:
        hold(verifier.path, [shown(3, f"by {number}")], Clock(2000))

    threads = [threading.Thread(target=look, args=(i,)) for i in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (seen,) = memory.load(verifier.path)[KEY.name].generations[KEY.name].seen
    assert len(seen.statements) == 9 and seen.at == 1010


def test_a_failed_write_changes_nothing(verifier: Verifier, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    verifier.see(shown(3, "q1"))
    kept = verifier.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LogError, match="No space left"):
        verifier.see(shown(7, "q2"))
    assert verifier.path.read_bytes() == kept and Known() == Known()
