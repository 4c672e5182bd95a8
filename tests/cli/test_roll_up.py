"""`roll-up` on real log folders, from the command line: only what is new, and where it was after a kill."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.command_line import ok, run
from tests.kit.rolling import FLOP, ROW, data, parts, roll, said, seal, whole
from zkcompliance.errors import MalformedRollUp, RollUpRejected, UsageError
from zkcompliance.lineage.rollup import read_rollup
from zkcompliance.log import merkle, open_log
from zkcompliance.log.layout import Layout
from zkcompliance.stark.codec import u32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of two segments that is rolled up, then of a third, of another model, that is rolled up too."""
    path = tmp_path_factory.mktemp("rolled")
    for name in ("key", "rolled.key", "other.key", "further.key", "behind.key", "other-rolled.key", "new.key"):
        assert run("keygen", f"lab.example/{name}", "-o", path / name).exit_code == 0
    seal(path, 2)
    seal(path, 3, 2)
    first = roll(path)
    assert (first["segments"], first["sealed"], first["proofs"], first["of"]["size"]) == (1, 1, 1, 2)
    seal(path, 1, 5, model="m")
    again = roll(path)
    assert (again["segments"], again["sealed"], again["proofs"], again["of"]["size"]) == (2, 1, 1, 3)
    return path


def test_only_what_is_new(folder: Path) -> None:
    before = data(folder)
    done = roll(folder)
    assert (done["sealed"], done["proofs"]) == (0, 0) and data(folder) == before
    one, two = said(folder / "rolled")
    assert (int(one["n"]), int(one["flop_sum"]), int(one["flop_max"])) == (5, 5 * FLOP + 10, FLOP + 4)
    assert (int(two["n"]), int(two["flop_sum"])) == (1, FLOP + 5)


def test_it_stands_for_the_log(folder: Path) -> None:
    stands = read_rollup(BytesIO(data(folder)))
    log = open_log(folder / "log").checkpoint
    assert (stands.log.checkpoint.origin, stands.log.checkpoint.size) == (log.origin, 3)
    assert stands.log.checkpoint.root == log.root and stands.proofs == 2 and stands.claim == "rolled-up-compute@1"


def test_killed_between_sealing_and_proving(folder: Path) -> None:
    """The segment is there, and its proof is made where it is missing, of the same segments of the log."""
    proof = Layout(folder / "rolled").rolled_proof(1)
    proof.unlink()
    done = roll(folder)
    assert (done["segments"], done["sealed"], done["proofs"]) == (2, 0, 1)
    assert read_rollup(BytesIO(data(folder))).proofs == 2


def refused(file: bytes) -> str:
    with pytest.raises(RollUpRejected) as caught:
        read_rollup(BytesIO(file))
    return caught.value.message


def test_a_proof_of_other_segments_is_refused(folder: Path) -> None:
    """A segment left out at the beginning, one that is there twice, and the order of the proofs."""
    notes, leaves, proofs = parts(data(folder))
    assert "begins with segment 1" in refused(whole(notes, leaves, [proofs[1], proofs[0]]))
    assert "segment 0 of lab.example/rolled.key, and segment 1 is next" in refused(
        whole(notes, leaves, [proofs[0], proofs[0]])
    )
    assert "segment 1 of lab.example/rolled.key, and segment 0 is next" in refused(
        whole(notes, leaves, [proofs[1], proofs[1]])
    )


def test_a_file_that_ends_early_or_late_is_no_roll_up(folder: Path) -> None:
    notes, leaves, proofs = parts(data(folder))
    for file in (whole(notes, leaves, proofs[:1]), data(folder)[:-1], data(folder) + b"\x00", b"zkcl\x01\x00", b""):
        with pytest.raises(MalformedRollUp):
            read_rollup(BytesIO(file))


def test_the_end_of_the_log_left_out_is_refused(folder: Path) -> None:
    """The roll-up has one entry, and the log's checkpoint three segments."""
    notes, leaves, proofs = parts(data(folder))
    short = u32(1) + leaves[1][4:36]
    assert "whose checkpoint has 2" in refused(whole(notes, [leaves[0], short], proofs[:1]))
    assert "whose checkpoint has 3" in refused(whole(notes, [u32(1) + leaves[0][4:36], leaves[1]], proofs))
    forged = leaves[0][:-1] + bytes([leaves[0][-1] ^ 1])
    assert "do not have the root" in refused(whole(notes, [forged, leaves[1]], proofs))


def test_a_roll_up_that_is_behind_its_log_is_refused(folder: Path) -> None:
    """The log went on, and what is new is not rolled up: with its newest checkpoint the file does not stand for it."""
    seal(folder, 1, log="further", key="further.key")
    roll(folder, "further", "behind", "behind.key")
    old = Layout(folder / "behind").rollup.read_bytes()
    seal(folder, 1, 1, log="further", key="further.key")
    log = open_log(folder / "further")
    notes, leaves, proofs = parts(old)
    body = log.checkpoint_note.encode()
    notes[0] = len(body).to_bytes(2, "little") + body
    leaves[0] = u32(2) + b"".join(merkle.leaf_hash(s.entry.encode()) for s in log.segments)
    assert "has the rows of 1 segments" in refused(whole(notes, leaves, proofs))


def test_another_log_is_not_rolled_up_in_it(folder: Path) -> None:
    seal(folder, 2, log="other", key="other.key")
    done = run("roll-up", folder / "other", "--to", folder / "rolled", "--key", folder / "rolled.key")
    roll(folder, "other", "other-rolled", "other-rolled.key")
    notes, leaves, proofs = parts(data(folder))
    _, _, others = parts(Layout(folder / "other-rolled").rollup.read_bytes())
    mixed = refused(whole(notes, leaves, [proofs[0], others[0]]))
    assert "proof 1 of the roll-up is about lab.example/other" in mixed
    assert done.exit_code != 0 and "is no proof about segment 0 of lab.example/other.key" in done.output


def test_a_log_that_is_not_rolled_up(folder: Path) -> None:
    done = run("roll-up", folder / "rolled", "--to", folder / "twice", "--key", folder / "other.key")
    assert done.exit_code == 2 and "logs of compute.rollup@2 are not rolled up" in done.output
    assert not (folder / "twice").exists()


def test_sealed_and_rolled_up_at_once(folder: Path) -> None:
    """`seal --roll-up`: the roll-up stands for all of the log when it is sealed."""
    (folder / "rows.jsonl").write_text(json.dumps({**ROW, "flop": "7"}) + "\n")
    seal_more = ("seal", folder / "rows.jsonl", "--log", folder / "log", "--key", folder / "key")
    assert run(*seal_more, "--roll-up", folder / "rolled").exit_code == 2
    done = ok(*seal_more, "--roll-up", folder / "rolled", "--roll-up-key", folder / "rolled.key")
    assert done["size"] == 4 and Path(done["rollup"]) == Layout(folder / "rolled").rollup
    assert read_rollup(BytesIO(data(folder))).log.checkpoint.size == 4


def test_a_roll_up_is_written_by_roll_up_alone(folder: Path, tmp_path: Path) -> None:
    """By every other way in it is refused before anything is written; cosignatures may still be added."""
    row = tmp_path / "rows.jsonl"
    row.write_text(json.dumps(said(folder / "rolled")[0] | {"start_min": 1, "start_max": 1}, default=str) + "\n")
    before = data(folder), open_log(folder / "rolled").checkpoint
    key = ("--key", folder / "rolled.key")
    for tried in (
        run("seal", row, "--log", folder / "rolled", *key),
        run("seal", "--empty", "--log", folder / "rolled", *key),
        run("seal", row, "--schema", "compute.rollup", "--log", tmp_path / "new", "--key", folder / "new.key"),
        run("refresh", folder / "rolled", "--to", tmp_path / "new", "-o", tmp_path / "l", *key),
        run("compact", folder / "rolled", "--to", tmp_path / "new", "-o", tmp_path / "l", *key),
    ):
        assert tried.exit_code == 2 and "is a roll-up" in tried.output, tried.output
    with zk.open_log(folder / "rolled", key=folder / "rolled.key") as log:
        with pytest.raises(UsageError, match="only roll-up writes them"):
            log.append([{}])
        with pytest.raises(UsageError, match="only roll-up writes them"):
            log.seal(empty=True)
        with pytest.raises(UsageError, match="only roll-up writes them"):  # another process, while the first has it
            zk.open_log(folder / "rolled", key=folder / "rolled.key", spool=True).append([{}])
    assert (data(folder), open_log(folder / "rolled").checkpoint) == before and not (tmp_path / "new").exists()
